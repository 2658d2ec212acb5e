from pathlib import Path
from typing import Any

import pytest
from retake.errors import ConfigError
from retake.experiment.model import Experiment, Variant
from retake.prompts.variants import function_of, load_variants, variant_digest
from workspace import ROOT

NAMES = sorted(found.stem for found in (ROOT / "variants").glob("*.yaml"))
MODULE = """
from retake.prompts.variants import variant_function

@variant_function("{name}")
def change(messages):
    return {body}
"""


def experiment(*variants: Any) -> Experiment:
    return Experiment(dataset="d", splits="math", generator="local", variants=variants)


def test_every_shipped_variant_loads_and_only_control_changes_nothing() -> None:
    variants = load_variants(experiment(*NAMES), root=ROOT)
    assert [variant.name for variant in variants] == NAMES
    assert [v.name for v in variants if not v.text and not v.function] == ["control"]
    assert {"control", "frustration", "pressure", "encouragement"} <= set(NAMES)


def test_control_is_there_without_a_file_and_inline_variants_stand_beside_names(tmp_path: Path) -> None:
    inline = {"name": "calm", "text": "Breathe.", "placement": "suffix"}
    control, calm = load_variants(experiment("control", inline), root=tmp_path)
    assert (control.text, calm.text, calm.placement) == ("", "Breathe.", "suffix")


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        (["frustation"], "Did you mean frustration"),
        (["control", "control"], "each name once"),
        (["control", {"name": "control", "text": "x"}], "each name once"),
        (["../secret"], "variants"),
        ([{"name": "f", "function": "nobody_registers_this"}], "variant_function"),
    ],
)
def test_a_variant_that_cannot_be_used_is_one_clear_error(entries: list[Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load_variants(experiment(*entries), root=ROOT)


@pytest.mark.parametrize(
    ("yaml", "told"),
    [
        ("txt: hello", "txt"),
        ("- a", "key: value"),
        ("text: a\ntext: b", "twice"),
        ("text: [", "YAML"),
        ("name: other\ntext: x", "other"),
        ("placement: middle", "placement"),
    ],
)
def test_a_bad_variant_file_names_its_fault(tmp_path: Path, yaml: str, told: str) -> None:
    (tmp_path / "variants").mkdir()
    (tmp_path / "variants/mine.yaml").write_text(yaml)
    with pytest.raises(ConfigError, match=told):
        load_variants(experiment("mine"), root=tmp_path)


def test_a_module_in_variants_that_fails_is_named(tmp_path: Path) -> None:
    (tmp_path / "variants").mkdir()
    (tmp_path / "variants/broken.py").write_text("def f(:\n")
    with pytest.raises(ConfigError, match=r"variants/broken\.py.*SyntaxError"):
        load_variants(experiment({"name": "f", "function": "anything"}), root=tmp_path)


def test_the_digest_of_a_variant_changes_with_its_text_and_its_functions_code_but_not_its_description(
    tmp_path: Path,
) -> None:
    (tmp_path / "variants").mkdir()
    module = tmp_path / "variants/mine.py"
    module.write_text(MODULE.format(name="mine_digest", body="messages"))
    variant = Variant(name="mine", function="mine_digest")
    assert function_of(variant, root=tmp_path) is not None
    first = variant_digest(variant, root=tmp_path)
    assert variant_digest(Variant(name="mine", function="mine_digest", description="d"), root=tmp_path) == first
    module.write_text(MODULE.format(name="mine_digest", body="messages * 2"))
    assert variant_digest(variant, root=tmp_path) != first
    text = Variant(name="t", text="a")
    assert variant_digest(text, root=tmp_path) != variant_digest(Variant(name="t", text="b"), root=tmp_path)
