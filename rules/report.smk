# Report: the page that people look at, made from the table alone.


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
