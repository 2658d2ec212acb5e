# Binds the package's helpers to the names that the rules use; holds no rule and no logic.
from retake.workflow import bind

project, stages = bind.open_project(config)


wildcard_constraints:
    experiment=project.pattern_of_all,
    variant=bind.VARIANT,
    sample=bind.SAMPLE,
    split=bind.SPLIT,
    block=r"\d+",
    worker=r"\d+",
