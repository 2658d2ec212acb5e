# Report: pages and exports, each from the table alone.


rule report:
    """Write the report, one page that works offline."""
    input:
        table="results/{experiment}.parquet",
    output:
        page=report("results/{experiment}/report.html", category="Reports", labels={"experiment": "{experiment}"}),
    params:
        spec=bind.stage_spec("report"),
    log:
        "logs/{experiment}/report.log",
    benchmark:
        "logs/{experiment}/report.tsv"
    run:
        stages.report(output.page, input.table, log[0])


rule exports:
    """Write training data, a dataset card and an Inspect log of an experiment."""
    input:
        table="results/{experiment}.parquet",
    output:
        sft="results/{experiment}/sft.jsonl",
        preferences="results/{experiment}/preferences.jsonl",
        card="results/{experiment}/dataset_card.md",
        inspect_log="results/{experiment}/inspect_log/log.json",
    params:
        spec=bind.stage_spec("exports"),
    log:
        "logs/{experiment}/exports.log",
    run:
        stages.exports(output, input.table, log[0])
