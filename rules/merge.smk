# Merge: one row a candidate, the selected candidates' folders, and the copy at `output`.


rule merge:
    """Write the table of an experiment and its metadata."""
    input:
        raw=bind.all_files("raw"),
        trace=bind.all_files("trace"),
        verification=bind.all_files("verification"),
        blocks=bind.blocks,
        stamp=bind.stamp,
    output:
        table="results/{experiment}.parquet",
        metadata="results/{experiment}/metadata.json",
    log:
        "logs/{experiment}/merge.log",
    benchmark:
        "logs/{experiment}/merge.tsv"
    params:
        spec=bind.merge_spec,
    run:
        stages.merge(output.table, output.metadata, wildcards, log[0])


rule trajectories:
    """Write a folder a sample and variant: conversation, state and sample of the selected candidate, and of all."""
    input:
        table="results/{experiment}.parquet",
    output:
        index="results/{experiment}/trajectories/index.json",
    log:
        "logs/{experiment}/trajectories.log",
    benchmark:
        "logs/{experiment}/trajectories.tsv"
    params:
        spec=bind.stage_spec("trajectories"),
    run:
        stages.trajectories(output.index, input.table, wildcards, log[0])


for EXPERIMENT, COPY in bind.copies(project).items():

    rule:
        """Copy an experiment's table to the path that its key `output` names."""
        name:
            f"copy_{EXPERIMENT.replace('/', '@')}"
        input:
            table=f"results/{EXPERIMENT}.parquet",
        output:
            COPY,
        log:
            f"logs/{EXPERIMENT}/copy.log",
        shell:
            "cp {input.table:q} {output:q} 2> {log:q}"
