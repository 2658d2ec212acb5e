# Answer: bulk answering into the call store, by GPU workers or the provider's batch API, before generate reads it.
# The only rule that a cluster's profile submits; `bind.local_rules` names the others.


workflow.localrules(*bind.local_rules(project))


rule answer:
    """Answer one worker's share of an experiment, and write down which calls it came to."""
    input:
        blocks=bind.worker_blocks,
        wave=bind.wave,
    output:
        manifest="results/{experiment}/answer/{worker}.json",
    log:
        "logs/{experiment}/answer/{worker}.log",
    resources:
        gpu=bind.gpus,
        constraint=bind.constraint,
        vastai_query=bind.offer,
    params:
        spec=bind.stage_spec("answer"),
    run:
        stages.answer(output.manifest, wildcards, log[0])
