# Trace: the tool conversation that follows a first answer, against mocked tools. Only samples with tools have one.

for N, names in project.counts.items():

    rule:
        """Hold the tool conversation of each candidate of one sample and variant."""
        name:
            f"trace_x{N}"
        input:
            raw=expand(
                "results/{{experiment}}/raw/{{variant}}/{{sample}}/{candidate}.json",
                candidate=range(N),
            ),
            block=bind.block,
            mocks=bind.mocks,
        output:
            expand(
                "results/{{experiment}}/trace/{{variant}}/{{sample}}/{candidate}.json",
                candidate=range(N),
            ),
        log:
            "logs/{experiment}/trace/{variant}/{sample}.log",
        wildcard_constraints:
            experiment=project.pattern(names),
            sample=bind.TOOL_SAMPLE,
        params:
            spec=bind.trace_spec,
        run:
            stages.trace(output, input.raw, input.block, wildcards, log[0])
