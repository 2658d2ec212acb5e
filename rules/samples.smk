# Samples: dataset rows in one form, in blocks of 100 that experiments share.


rule samples:
    """Write one block of samples of a dataset's split."""
    input:
        sources=bind.sources,
    output:
        block="results/datasets/{dataset}/{split}/{block}.jsonl",
    log:
        "logs/datasets/{dataset}/{split}/{block}.log",
    benchmark:
        "logs/datasets/{dataset}/{split}/{block}.tsv"
    params:
        spec=bind.samples_spec,
    run:
        stages.write_samples(output.block, wildcards, log[0])
