"""A storm of mixed faults: every row is there at the end, nothing answered is asked again, and the counts are exact."""

from __future__ import annotations

from collections import Counter

import pytest
from servers.faults import Fault
from servers.provider import FakeProvider
from workshop import Workshop

NAME = "test/storm"
STORM = [
    Fault("hang", ordinals=[7, 19, 23]),
    Fault("rate_limit", share=0.06, retry_after_s=0.2),
    Fault("rate_limit", share=0.04, seed=1),
    Fault("server_error", share=0.04),
    Fault("overloaded", share=0.04),
    Fault("drop", share=0.04),
    Fault("half_body", share=0.04),
    Fault("html", share=0.04),
    Fault("not_json", share=0.02),
    Fault("no_choices", share=0.02),
]


def weather(place: Workshop, server: FakeProvider, *, samples: int, candidates: int) -> None:
    """Run through the storm, and check what is on disk against what the server saw."""
    place.write("data/sums.jsonl", "".join(f'{{"question": "What is {n} + {n}?", "answer": "{2 * n}"}}\n' for n in range(1, samples + 1)))  # fmt: skip
    place.experiment(
        NAME,
        dataset="data/sums.jsonl",
        max_queries=samples,
        num_candidates=candidates,
        concurrency=64,
        request_timeout_s=30,
        max_tries=20,
    )
    server.plan(*STORM)
    place.build(f"results/{NAME}.parquet")
    rows = place.rows(NAME)
    assert len(rows) == samples * candidates
    assert not [row for row in rows if row["error_type"]]
    raws = [place.body(str(file)) for file in place.path(f"results/{NAME}/raw").rglob("*.json")]
    tries = Counter(one["kind"] for raw in raws for one in raw["tries"])
    seen = server.counts()
    outcomes = Counter(seen["by_outcome"])
    print(dict(tries), dict(outcomes))
    assert place.stored() == samples * candidates
    assert seen["asked"] == samples * candidates + tries.total()
    assert seen["most_answers_to_one_body"] == 1
    assert tries["rate_limited"] == outcomes["http 429"]
    assert tries["overloaded"] == outcomes["http 500"] + outcomes["http 529"]
    assert tries["timeout"] == 3
    assert place.plan(f"results/{NAME}.parquet") == {}


def test_a_storm_over_eighty_candidates(place: Workshop, server: FakeProvider) -> None:
    weather(place, server, samples=20, candidates=4)


@pytest.mark.long
def test_a_storm_over_eight_hundred_candidates(place: Workshop, server: FakeProvider) -> None:
    weather(place, server, samples=100, candidates=8)
