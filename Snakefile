# retake: from an experiment file to verified candidates, a table and a report. See README.md.
#
# What reruns when (README.md has the whole table): each rule has one param, `spec`, a canonical JSON string of
# all that changes its result and is no input file: settings of the experiment and a digest of the stage's own code.
# Everything else that matters is an input, compared by content. Answers live in .retake/calls, so no call is paid for twice.


include: "rules/common.smk"
include: "rules/samples.smk"
include: "rules/answer.smk"
include: "rules/generate.smk"
include: "rules/trace.smk"
include: "rules/verify.smk"
include: "rules/merge.smk"
include: "rules/report.smk"
include: "rules/exports.smk"


rule all:
    """Build table, trajectories and report of the experiments that config/config.yaml lists."""
    default_target: True
    input:
        bind.default_targets,
    localrule: True
