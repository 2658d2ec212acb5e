# Verify: the verdict on each candidate, with its evidence.

for N, names in project.counts.items():

    rule:
        """Judge all candidates of one sample and variant."""
        name:
            f"verify_x{N}"
        input:
            answers=bind.answers,
            block=bind.block,
            markers=bind.marker_files,
        output:
            expand(
                "results/{{experiment}}/verification/{{variant}}/{{sample}}/{candidate}.json",
                candidate=range(N),
            ),
        log:
            "logs/{experiment}/verification/{variant}/{sample}.log",
        wildcard_constraints:
            experiment=project.pattern(names),
        params:
            spec=bind.verify_spec,
        run:
            stages.verify(output, input.block, wildcards, log[0])
