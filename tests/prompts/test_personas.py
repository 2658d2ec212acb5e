from pathlib import Path

import pytest
from retake.errors import ConfigError
from retake.prompts.personas import load_persona, markers_path, persona_files
from retake.verify.persona import persona_score
from workspace import ROOT

SHIPPED = ["marvin_flexible", "data_flexible", "johnny5_flexible"]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_persona_has_text_and_markers(name: str) -> None:
    persona = load_persona(f"personas/{name}.txt", root=ROOT)
    assert persona.name == name
    assert persona.markers is not None
    assert len(persona.text) > 500


@pytest.mark.parametrize("name", SHIPPED)
def test_a_persona_scores_its_own_example_styles_above_those_of_the_others(name: str) -> None:
    persona = load_persona(f"personas/{name}.txt", root=ROOT)
    scores = {}
    for other in SHIPPED:
        text = (ROOT / f"personas/{other}.txt").read_text("utf-8")
        examples = [line.removeprefix("- ").strip('"') for line in text.splitlines() if line.startswith('- "')]
        found = [persona_score(example, persona.markers).score or 0.0 for example in examples if len(example) > 30]
        scores[other] = sum(found) / len(found)
    assert max(scores, key=scores.__getitem__) == name, scores
    assert scores[name] > 0.5


@pytest.mark.parametrize(
    ("path", "content", "told"),
    [
        ("personas/marvim.txt", None, "Did you mean personas/marvin.txt"),
        ("../secret.txt", None, "inside the project"),
        ("/etc/hostname", None, "inside the project"),
        ("personas/empty.txt", b"  \n\t\n", "Write the persona"),
        ("personas/latin.txt", b"caf\xe9 " * 4, "UTF-8"),
    ],
    ids=["misspelt", "escape", "absolute", "empty", "not-utf8"],
)
def test_a_persona_that_cannot_be_used_is_one_clear_error(
    tmp_path: Path, path: str, content: bytes | None, told: str
) -> None:
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas/marvin.txt").write_text("You are Marvin.")
    if content is not None:
        (tmp_path / path).write_bytes(content)
    with pytest.raises(ConfigError, match=told):
        load_persona(path, root=tmp_path)


def test_a_link_that_leads_out_of_the_project_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "project"
    (root / "personas").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("a secret")
    (root / "personas/link.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(ConfigError, match="inside the project"):
        load_persona("personas/link.txt", root=root)


@pytest.mark.parametrize(
    ("yaml", "told"),
    [
        ("markers: [{name: a, pattern: '('}]", "not a regular expression"),
        ("markers: [{name: a}]", "needs phrases or a pattern"),
        ("markers: [{name: a, phrases: [x], over: y}]", "belongs to a choice"),
        ("markers: [{name: a, phrases: [x]}, {name: a, phrases: [y]}]", "must differ"),
        ("markers: [{name: a, phrases: [x], wieght: 2}]", "wieght"),
        ("markers: []", "markers"),
        ("markers: [", "YAML"),
        ("about: a\nabout: b\nmarkers: [{name: a, phrases: [x]}]", "twice"),
    ],
)
def test_a_bad_markers_file_names_its_fault(tmp_path: Path, yaml: str, told: str) -> None:
    (tmp_path / "p.txt").write_text("A voice.")
    (tmp_path / "p.markers.yaml").write_text(yaml)
    with pytest.raises(ConfigError, match=told):
        load_persona("p.txt", root=tmp_path)


def test_the_files_of_a_persona_are_its_text_and_its_markers_where_there_are_any(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("A voice.")
    assert persona_files("p.txt", root=tmp_path) == ["p.txt"]
    (tmp_path / "p.markers.yaml").write_text("markers: [{name: a, phrases: [x]}]")
    assert persona_files("p.txt", root=tmp_path) == ["p.txt", markers_path("p.txt")]


def test_the_captain_of_the_readme_can_be_measured() -> None:
    import yaml
    from retake.prompts.markers import parse_markers

    readme = (ROOT / "personas/README.md").read_text("utf-8")
    markers = parse_markers(yaml.safe_load(readme.split("```yaml\n")[1].split("```")[0]), file="README.md")
    hail = persona_score("Ahoye! 'Tis twelve fathoms deep on the starboard side.", markers)
    assert hail.score == 1
    assert persona_score("It's twelve. Let's circle back.", markers).score == 0
