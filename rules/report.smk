# Report: the page that people look at, made from the table alone.


rule report:
    """Write the report, one page that works offline."""
    input:
        table="results/{experiment}.parquet",
    output:
        page=report(
            "results/{experiment}/report.html",
            category="Reports",
            labels={"experiment": "{experiment}"},
        ),
    log:
        "logs/{experiment}/report.log",
    benchmark:
        "logs/{experiment}/report.tsv"
    params:
        spec=bind.stage_spec("report"),
    run:
        stages.report(output.page, input.table, log[0])


rule figures:
    """Write rates and best-of-k curve as tables and charts, for Snakemake's own report."""
    input:
        table="results/{experiment}.parquet",
    output:
        rates=report(
            "results/{experiment}/figures/rates.csv",
            caption="../docs/captions/rates.rst",
            category="{experiment}",
        ),
        curve=report(
            "results/{experiment}/figures/best_of_k.csv",
            caption="../docs/captions/curve.rst",
            category="{experiment}",
        ),
        rates_chart=report(
            "results/{experiment}/figures/rates.svg",
            caption="../docs/captions/rates.rst",
            category="{experiment}",
        ),
        curve_chart=report(
            "results/{experiment}/figures/best_of_k.svg",
            caption="../docs/captions/curve.rst",
            category="{experiment}",
        ),
    log:
        "logs/{experiment}/figures.log",
    benchmark:
        "logs/{experiment}/figures.tsv"
    params:
        spec=bind.stage_spec("report"),
    run:
        stages.figures(output, input.table, log[0])
