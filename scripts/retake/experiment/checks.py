"""The checks of an experiment that need more than one key, and what it says that has no effect."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import urlsplit

from retake import paths
from retake.errors import ConfigError
from retake.experiment.model import Experiment, Variant
from retake.experiment.model_errors import did_you_mean

FileOf = Callable[[str], str]


def check_experiment(experiment: Experiment, experiment_id: str, *, file_of: FileOf, root: Path) -> None:
    """Refuse what each key allows but the keys together do not; `file_of(key)` names where a key was set.

    Raises:
        ConfigError: for the first thing found.
    """

    def refuse(key: str, *, got: object, allowed: str, remedy: str) -> ConfigError:
        return ConfigError(
            file_of(key.partition(".")[0].partition("[")[0]), key, got=got, allowed=allowed, remedy=remedy
        )

    for check in (_splits, _variants, _endpoints, _model, _transport, _names, _datasets):
        for key, got, allowed, remedy in check(experiment):
            raise refuse(key, got=got, allowed=allowed, remedy=remedy)
    _check_persona(experiment, refuse, root)
    _check_output(experiment, experiment_id, refuse, root)


Complaint = tuple[str, object, str, str]


def _splits(experiment: Experiment) -> Iterable[Complaint]:
    pattern = "lower-case letters, digits and _, as in math or tool_calling"
    for split in experiment.splits:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_]*", split):
            yield "splits", split, pattern, "Name the split as the dataset does, in lower case."
        if experiment.splits.count(split) > 1:
            yield "splits", split, "each split once", "Remove one of them."
    for split in experiment.split_datasets:
        if split not in experiment.splits:
            remedy = did_you_mean(split, experiment.splits)
            yield (
                f"split_datasets.{split}",
                split,
                f"a split of this experiment: {', '.join(experiment.splits)}",
                remedy,
            )


def variant_names(experiment: Experiment) -> tuple[str, ...]:
    """Return the names of the experiment's variants, in its order."""
    return tuple(v.name if isinstance(v, Variant) else v for v in experiment.variants)


def _variants(experiment: Experiment) -> Iterable[Complaint]:
    names = variant_names(experiment)
    for index, name in enumerate(names):
        if not re.fullmatch(paths.VARIANT, name):
            yield (
                f"variants[{index}]",
                name,
                "lower-case letters, digits and _",
                "Name a file of variants/, without .yaml.",
            )
        if names.count(name) > 1:
            yield "variants", name, "each variant once", "Remove one of them, or name it differently."
    for index, variant in enumerate(experiment.variants):
        if isinstance(variant, Variant) and variant.text and variant.function:
            yield f"variants[{index}].function", variant.function, "text or function, not both", "Remove one."
        if isinstance(variant, Variant) and variant.name == "control" and (variant.text or variant.function):
            yield f"variants[{index}].name", "control", "a variant that changes nothing", "Give it another name."


def _model(experiment: Experiment) -> Iterable[Complaint]:
    served = experiment.base_url or experiment.base_urls or experiment.workers
    if not experiment.model and (experiment.generator != "local" or experiment.base_url or experiment.base_urls):
        yield "model", "nothing", "the model's name, as its provider spells it", "Add the line `model: ...`."
    if experiment.model is not None and not experiment.model.strip():
        yield "model", experiment.model, "the model's name", "Name a model, or leave the key out for the embedded one."
    for key, other in (("judge", experiment.judge), ("tool_mock", experiment.tool_mock)):
        if other.provider == "vllm" and experiment.generator != "vllm" and not (other.model and other.base_url):
            yield key, "provider: vllm", "model and base_url beside it", f"Add {key}.model and {key}.base_url."
    if experiment.generator == "vllm" and not served:
        remedy = "Add base_url for a server that runs, or workers for servers that this experiment starts."
        yield "base_url", "nothing", "an endpoint, or workers: 1 or more", remedy


def _endpoints(experiment: Experiment) -> Iterable[Complaint]:
    if experiment.base_url and experiment.base_urls:
        yield "base_url", experiment.base_url, "one of base_url and base_urls", "Put all endpoints into base_urls."
    if len(set(experiment.base_urls)) < len(experiment.base_urls):
        yield "base_urls", list(experiment.base_urls), "each endpoint once", "Remove the repeated one."
    urls = [("base_url", experiment.base_url), ("judge.base_url", experiment.judge.base_url)]
    urls += [("tool_mock.base_url", experiment.tool_mock.base_url)]
    urls += [(f"base_urls[{i}]", url) for i, url in enumerate(experiment.base_urls)]
    for key, url in urls:
        if url is not None:
            yield from _endpoint(key, url)


def _endpoint(key: str, url: str) -> Iterable[Complaint]:
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        parts, is_whole = None, False
    if not is_whole or parts is None:
        yield key, url, "a URL, http://host:port/v1", "Write scheme and host out."
    elif parts.username or parts.password:
        yield (
            key,
            f"{parts.scheme}://…@{parts.hostname}",
            "a URL without a user or key",
            "Put the key into the environment.",
        )


def _transport(experiment: Experiment) -> Iterable[Complaint]:
    if experiment.transport == "batch" and experiment.generator in ("vllm", "local"):
        remedy = "Remove transport; for bulk answering on your own machines set workers."
        yield "transport", "batch", f"live, with generator: {experiment.generator}", remedy


def _names(experiment: Experiment) -> Iterable[Complaint]:
    places = {"dataset": experiment.dataset, "model": experiment.model, "revision": experiment.revision}
    places |= {f"split_datasets.{split}": name for split, name in experiment.split_datasets.items()}
    for key, text in places.items():
        if text is not None and (not text.strip() or any(ord(c) < 32 for c in text)):
            yield key, text, "one line of text", "Give it a name, or leave the key out."
        elif text is not None and key != "model" and re.search(r"[{}*]", text):
            yield key, text, "a name without {, } and *", "Write the name out."


def _datasets(experiment: Experiment) -> Iterable[Complaint]:
    allowed = "embedded:<name>, reasoning_gym:<task>, a hub's <owner>/<name>, or a path of files"
    places = {"dataset": experiment.dataset}
    places |= {f"split_datasets.{split}": name for split, name in experiment.split_datasets.items()}
    for key, name in places.items():
        kind, colon, rest = name.partition(":")
        if colon and kind in ("embedded", "reasoning_gym"):
            if not re.fullmatch(paths.NAME, rest):
                yield key, name, allowed, f"Name the {kind} data after the colon, in letters, digits, _, - and ."
        elif not is_local_dataset(name) and not re.fullmatch(r"[\w.-]+(?:/[\w.-]+)?", name, re.ASCII):
            yield key, name, allowed, "A page's address is no name: for a hub give its <owner>/<name>."


def _check_persona(experiment: Experiment, refuse: Callable[..., ConfigError], root: Path) -> None:
    if experiment.persona is None:
        return
    name = experiment.persona
    allowed = "a text file in the project, personas/<name>.txt"
    known = sorted(path.relative_to(root).as_posix() for path in (root / "personas").glob("*.txt"))
    path = Path(name)
    if not name.strip() or path.is_absolute() or ".." in path.parts or re.search(r"[{}*\x00-\x1f]", name):
        raise refuse("persona", got=name, allowed=allowed, remedy=did_you_mean(name, known))
    if not (root / path).is_file():
        raise refuse("persona", got=f"{name}, which is no file", allowed=allowed, remedy=did_you_mean(name, known))


def _check_output(experiment: Experiment, experiment_id: str, refuse: Callable[..., ConfigError], root: Path) -> None:
    output = experiment.output
    if output is None:
        return
    path = Path(output)
    if path.suffix != ".parquet" or ".." in path.parts or re.search(r"[{}*\x00-\x1f]", output):
        raise refuse("output", got=output, allowed="a path that ends in .parquet, without ..", remedy="Name a file.")
    if path.as_posix() == paths.parquet_path(experiment_id):
        raise refuse("output", got=output, allowed="another path", remedy="Remove output: that file is made anyway.")
    owner = _owner_of(path, root)
    if owner is not None and (root / paths.experiment_file(owner)).is_file():
        raise refuse("output", got=output, allowed=f"a path that is not {owner}'s", remedy="Name a file elsewhere.")


def _owner_of(path: Path, root: Path) -> str | None:
    """Return the experiment under whose name a path under results/ lies; None for another path."""
    place, base = (root / path).absolute(), root.absolute()
    inside = place.relative_to(base).as_posix() if place.is_relative_to(base) else ""
    match = re.match(r"^results/([^/]+/[^/]+?)(?:\.parquet$|/)", inside)
    return match[1] if match else None


def notices(experiment: Experiment) -> list[str]:
    """Return a sentence for each key that the experiment sets and that has no effect as things stand."""
    said = experiment.model_fields_set
    is_own = experiment.generator in ("vllm", "local")
    idle: list[tuple[str, bool, str]] = [
        (
            "workers",
            experiment.workers > 0 and not is_own,
            f"generator: {experiment.generator} answers live or by batch",
        ),
        ("vllm_config", not (experiment.generator == "vllm" and experiment.workers), "no worker starts vLLM"),
        ("allow_partial", not experiment.workers and experiment.transport == "live", "there is no bulk answering"),
        ("local", not _starts_embedded(experiment), "the embedded server is not started"),
        ("budget_usd", experiment.budget_usd is not None and is_own, "answers of your own servers cost nothing here"),
        ("reasoning_effort", experiment.reasoning_effort is not None and is_own, "only openai and claude take it"),
        ("judge", _asks_no_judge(experiment), "llm_judge_fallback is false"),
        ("judge_threshold", _asks_no_judge(experiment), "llm_judge_fallback is false"),
        ("tool_mock", "tool_calling" not in experiment.splits, "no split is tool_calling"),
        ("max_tool_turns", "tool_calling" not in experiment.splits, "no split is tool_calling"),
        (
            "revision",
            experiment.revision is not None and is_local_dataset(experiment.dataset),
            "the dataset is no hub's",
        ),
        ("streaming", is_local_dataset(experiment.dataset), "the dataset is no hub's"),
    ]
    return [f"{key} has no effect: {why}." for key, is_idle, why in idle if key in said and is_idle]


def _starts_embedded(experiment: Experiment) -> bool:
    return experiment.generator == "local" and not experiment.base_url and not experiment.base_urls


def _asks_no_judge(experiment: Experiment) -> bool:
    return not experiment.llm_judge_fallback and not {"code", "tool_calling"} & set(experiment.splits)


def is_local_dataset(dataset: str) -> bool:
    """Return whether a dataset's name means files or a generator of this machine rather than a hub's dataset."""
    if dataset.startswith(("embedded:", "reasoning_gym:", "/", "./", "../", "~")):
        return True
    if "://" in dataset:
        return False
    return dataset.endswith((".jsonl", ".jsonl.gz", ".parquet")) or dataset.count("/") > 1
