# Exports: training data and logs for other tools, each made from the table alone and carrying its digest.


rule exports:
    """Write training data and a dataset card."""
    input:
        table="results/{experiment}.parquet",
    output:
        sft="results/{experiment}/sft.jsonl",
        preferences="results/{experiment}/preferences.jsonl",
        card="results/{experiment}/dataset_card.md",
    log:
        "logs/{experiment}/exports.log",
    benchmark:
        "logs/{experiment}/exports.tsv"
    params:
        spec=bind.stage_spec("exports"),
    run:
        stages.exports(output, input.table, log[0])


rule inspect_log:
    """Write an experiment as logs that Inspect AI's viewer opens, one a variant."""
    input:
        table="results/{experiment}.parquet",
    output:
        folder=directory("results/{experiment}/inspect_log"),
    log:
        "logs/{experiment}/inspect_log.log",
    benchmark:
        "logs/{experiment}/inspect_log.tsv"
    params:
        spec=bind.stage_spec("inspect_log"),
    run:
        stages.inspect_log(output.folder, input.table, log[0])
