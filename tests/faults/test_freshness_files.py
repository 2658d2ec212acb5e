"""Every file that a result depends on, edited after a finished run: what is planned, and what is asked; and what changes nothing."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from servers.provider import FakeProvider
from workshop import Workshop, differing
from zygote import Zygote

MIXED, PLAIN = "test/mixed", "test/plain"
TABLES = (f"results/{MIXED}.parquet", f"results/{PLAIN}.parquet")
Edit = Callable[[str], str]
Plan = dict[str, dict[str, int]]


def longer(text: str) -> str:
    """Add a comment, which a digest cannot tell from meaning."""
    return text + "\n# edited\n"


def swap(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert old in text, old
        return text.replace(old, new, 1)

    return edit


def mixed(**rules: int) -> Plan:
    return {MIXED: {**rules, "merge": 1}}


def plain(**rules: int) -> Plan:
    return {PLAIN: {**rules, "merge": 1}}


@dataclass(frozen=True)
class Case:
    """An edit of a file and what it plans (samples apart)."""

    file: str
    edit: Edit
    plan: Plan


EVERY = mixed(generate_x2=3, trace_x2=1, verify_x2=3) | plain(generate_x2=3, verify_x2=3)
CODE = "scripts/retake"
CASES: dict[str, Case] = {
    "the math verifier": Case(f"{CODE}/verify/math/compare.py", longer, mixed(verify_x2=1) | plain(verify_x2=3)),
    "the code verifier": Case(f"{CODE}/verify/code/extract.py", longer, mixed(verify_x2=1)),
    "the refusal markers": Case(f"{CODE}/verify/refusal_words.py", longer, mixed(verify_x2=3) | plain(verify_x2=3)),
    "the judge's prompt": Case(f"{CODE}/verify/judge_prompts.py", longer, mixed(verify_x2=3) | plain(verify_x2=3)),
    "the mocks of a tool that was used": Case(
        f"{CODE}/tools/families/weather.py", longer, mixed(trace_x2=1, verify_x2=1)
    ),
    "the mocks of a tool that was not used": Case(f"{CODE}/tools/families/money.py", longer, {}),
    "what all mocks share": Case(f"{CODE}/tools/world.py", longer, mixed(trace_x2=1, verify_x2=1)),
    "the conversation": Case(f"{CODE}/answer/trace.py", longer, mixed(trace_x2=1, verify_x2=1)),
    "the opening messages": Case(f"{CODE}/prompts/opening.py", longer, EVERY),
    "the selection of rows": Case(f"{CODE}/samples/selection.py", longer, EVERY),
    "the merge": Case(f"{CODE}/merge/schema.py", longer, mixed() | plain()),
    "the report": Case(f"{CODE}/look/report.py", longer, {}),
    "the console": Case(f"{CODE}/calls/progress.py", longer, {}),
    "a persona": Case(
        "personas/marvin_flexible.txt",
        swap("Marvin", "Marvin, the tired"),
        mixed(generate_x2=3, trace_x2=1, verify_x2=3),
    ),
    "another persona": Case("personas/data_flexible.txt", longer, {}),
    "a persona's markers": Case(
        "personas/marvin_flexible.markers.yaml", swap("enough: 2", "enough: 3"), mixed(verify_x2=3)
    ),
    "a variant's file": Case(
        "variants/pressure.yaml", swap("urgent", "very urgent"), plain(generate_x2=1, verify_x2=1)
    ),
    "a variant's function": Case(
        "variants/question_twice.py", swap("Read it again", "Once more"), plain(generate_x2=1, verify_x2=1)
    ),
    "a variant's description": Case("variants/pressure.yaml", swap("Much depends", "All depends"), {}),
    "a variant written out": Case(
        "experiments/test/plain.yaml", swap("Shout it.", "Whisper it."), plain(generate_x2=1, verify_x2=1)
    ),
    "a row of a data file": Case("data/mine.jsonl", swap("2 + 3", "2 + 4"), plain(generate_x2=3, verify_x2=3)),
    "a row of an embedded set": Case(
        "config/data/basics/math.jsonl", swap("first 20 positive", "first 20"), mixed(generate_x2=1, verify_x2=1)
    ),
    "a model's facts": Case(
        "config/models.yaml",
        swap("gpt-4.1-mini: { efforts: []", "gpt-4.1-mini: { seed: false, efforts: []"),
        EVERY,
    ),
    "the platform's judge": Case(
        "config/models.yaml", swap("judge: gpt-6-luna", "judge: gpt-6-sol"), mixed(verify_x2=3)
    ),
    "a date in the facts": Case("config/models.yaml", swap("checked: 2026-11-20", "checked: 2026-11-19"), {}),
    "the sandbox's limits": Case(
        "config/config.yaml", swap("experiments: []", "experiments: []\nsandbox: {cpu_s: 5}"), mixed(verify_x2=1)
    ),
    "the README": Case("personas/README.md", longer, {}),
    "the profile": Case("profiles/default/profile.yaml", swap("cores: 128", "cores: 64"), {}),
}


@pytest.fixture(scope="module")
def server() -> Iterator[FakeProvider]:
    with FakeProvider() as running:
        yield running


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, zygote: Zygote, server: FakeProvider) -> Workshop:
    """A workspace with a package of its own and two finished experiments of three units x 2 candidates."""
    place = Workshop(tmp_path_factory.mktemp("files") / "project", zygote, url=server.url, own_package=True)
    place.verbose()
    place.write("data/mine.jsonl", '{"question": "What is 2 + 3?", "answer": "5", "id": "one"}\n')
    place.experiment(
        MIXED,
        dataset="embedded:basics",
        splits=["math", "code", "tool_calling"],
        max_queries=1,
        persona="personas/marvin_flexible.txt",
        llm_judge_fallback=True,
    )
    shout = {"name": "shout", "text": "Shout it."}
    place.experiment(PLAIN, dataset="data/mine.jsonl", max_queries=1, variants=["pressure", "question_twice", shout])
    place.build(*TABLES)
    return place


def edited(place: Workshop, name: str) -> Callable[[], None]:
    """Do a case's edit; return what undoes it."""
    file = place.path(CASES[name].file)
    before = file.read_text()
    file.write_text(CASES[name].edit(before))
    return lambda: file.write_text(before) and None


def sent_by(place: Workshop, server: FakeProvider) -> Counter[str]:
    """Build both tables; return how many requests each model got."""
    before = server.counts()["live"]
    place.build(*TABLES)
    return Counter(record["model"] for record in server.requests()[before:])


@pytest.mark.parametrize("name", CASES)
def test_an_edited_file_plans_exactly_what_it_affects(built: Workshop, name: str) -> None:
    undo = edited(built, name)
    try:
        assert {name: rules for name, rules in built.jobs(*TABLES).items() if name} == CASES[name].plan
    finally:
        undo()


def test_edits_ask_exactly_what_is_new(built: Workshop, server: FakeProvider) -> None:
    """One edit after another, each built: of verifiers, mocks and markers; of prompts; of data; and all undone."""
    before = built.outputs()
    unpaid = ["the math verifier", "the code verifier", "the refusal markers", "the mocks of a tool that was used"]
    undo = [edited(built, name) for name in [*unpaid, "a persona's markers"]]
    assert sent_by(built, server) == {}
    prompts = ["a persona", "a variant's file", "a variant's function", "a variant written out"]
    undo += [edited(built, name) for name in prompts]
    assert sent_by(built, server)["gpt-4.1-mini"] == 8 + 2 + 2 + 2
    rows = built.rows(MIXED) + built.rows(PLAIN)
    assert all("the tired" in row["input_messages"] for row in built.rows(MIXED))
    told = {row["variant"]: row["input_messages"] for row in built.rows(PLAIN)}
    assert "very urgent" in told["pressure"]
    assert "Once more" in told["question_twice"]
    assert "Whisper it." in told["shout"]
    undo.append(edited(built, "a row of a data file"))
    assert sent_by(built, server) == {"gpt-4.1-mini": 6}
    assert all("2 + 4" in row["input_messages"] for row in built.rows(PLAIN))
    assert not {r["request_digest"] for r in built.rows(PLAIN)} & {r["request_digest"] for r in rows}
    for back in undo:
        back()
    assert sent_by(built, server) == {}
    assert [file for file in differing(built.outputs(), before) if "/verdicts/" not in file] == []


def test_a_change_of_the_judges_prompt_asks_the_judge_alone(built: Workshop, server: FakeProvider) -> None:
    file = built.path(f"{CODE}/verify/judge_prompts.py")
    before = file.read_text()
    file.write_text(swap("You ", "You, a judge, ")(before))
    try:
        assert sent_by(built, server).keys() == {"gpt-6-luna"}
    finally:
        file.write_text(before)
        built.build(*TABLES)


@pytest.mark.parametrize("when", [pytest.param(978_300_000, id="2001"), pytest.param(2_200_000_000, id="2039")])
def test_another_machines_clock_changes_nothing(built: Workshop, when: int) -> None:
    ours = ("results", ".snakemake", ".retake", "logs")
    for file in built.folder.rglob("*"):
        if file.is_file() and file.relative_to(built.folder).parts[0] not in ours:
            os.utime(file, (when, when))
    assert built.jobs(*TABLES) == {}


def test_a_fresh_checkout_elsewhere_with_its_results_changes_nothing(built: Workshop, tmp_path: Path) -> None:
    """The copy's files are all new, in no order of time; only contents are the same."""
    folder = tmp_path / "somewhere else"
    shutil.copytree(built.folder, folder, copy_function=shutil.copyfile)
    copy = Workshop.__new__(Workshop)
    copy.folder, copy.zygote = folder, built.zygote
    copy.env = {**built.env, "PYTHONPATH": str(folder / "scripts")}
    assert copy.jobs(*TABLES) == {}
    copy.build(*TABLES)
    assert copy.outputs() == built.outputs()
