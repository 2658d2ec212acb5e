# Generate: the first answer of each candidate. One rule for each number of candidates in use: output lists are static.
# All jobs share one process, so a benchmark file a job would measure its neighbours: there is none here, in trace and in verify.

for N, names in project.counts.items():

    rule:
        """Ask for all candidates of one sample and variant, and write their first answers."""
        name:
            f"generate_x{N}"
        input:
            block=bind.block,
            persona=bind.persona_files,
            answered=bind.answered,
        output:
            expand(
                "results/{{experiment}}/raw/{{variant}}/{{sample}}/{candidate}.json",
                candidate=range(N),
            ),
        log:
            "logs/{experiment}/raw/{variant}/{sample}.log",
        wildcard_constraints:
            experiment=project.pattern(names),
        params:
            spec=bind.generate_spec,
        run:
            stages.generate(output, input.block, wildcards, log[0])
