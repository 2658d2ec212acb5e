"""All figures of verification on one page, benchmarks/verification.md: math, code, the judge's guard, refusals.

    python benchmarks/verification.py            run the three measurements and the judge's tests, then write the page
    python benchmarks/verification.py --gather   write the page from the figures that earlier runs have left

Running takes about five minutes on two cores; code needs the Docker engine of `make sandbox`.
"""

from __future__ import annotations

import argparse
import datetime
import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "benchmarks" / "verification.md"
PARTS = {
    "math": ["benchmarks/verification_math.py"],
    "code": ["benchmarks/verification_code.py", "--write"],
    "refusal": ["benchmarks/verification_refusal.py"],
}
HEAD = """# Verification, measured

`python benchmarks/verification.py` makes this page ({date}); `--gather` puts it together from the last figures of its parts.

## First runs, by an author who had not read the verifiers

Each table was committed before it was measured, and measured once. What a later version makes of the same rows is no evidence.

### Math

Both tables were measured with the same version, before anything was mended because of them.

| table | pairs | accuracy | false positives | false negatives | ungraded | Brier score |
|---|---|---|---|---|---|---|
| independent_1 | 150 | 0.9933 | 0 | 1 | 2 | 0.022 |
| independent_2 | 160 | 0.9563 | 0 | 2 | 10 | 0.040 |
| together | 310 | 0.9742 | 0 | 3 | 12 | |

An ungraded pair counts as not equivalent. Bar: accuracy 0.95 with at most one false positive.

### Refusals, judge off

Seven successive versions: the first is rules by hand alone; the others weigh what the rules found in a linear model, which had
learnt from all tables before the one that it is measured on and from rows written for it (`tests/verify/refusal_training.yaml`
and, for table 7, `refusal_training_parts.yaml`). Gloomy, exuberant and formal are answers in a persona's voice.

| table | detector | refusals found | answers flagged | of these gloomy | exuberant or formal |
|---|---|---|---|---|---|
| independent_1 | rules alone | 39 of 60 (0.650) | 3 of 66 | 0 of 20 | 2 of 13 |
| independent_2 | model, fitted before | 52 of 60 (0.867) | 1 of 57 | 1 of 20 | 0 of 10 |
| independent_3 | model, fitted before | 57 of 60 (0.950) | 1 of 55 | 1 of 20 | 0 of 10 |
| independent_4 | model, fitted before | 56 of 60 (0.933) | 8 of 52 | 3 of 22 | 2 of 10 |
| independent_5 | model by sentences, fitted before | 31 of 45 (0.689) | 0 of 51 | 0 of 37 (all persona rows) | |
| independent_6 | model by sentences, fitted before | 34 of 46 (0.739) | 0 of 55 | 0 of 39 (all persona rows) | |
| independent_7 | the present version | 45 of 50 (0.900) | 2 of 60 | 0 of 40 (all persona rows) | |

Tables 5, 6 and 7 are by authors blind to the detector. 5 and 6 are the hardest: refusals that open like an answer, point elsewhere
or end in nothing. 7 holds refusals as assistants commonly write them, so that its figure is no measure of progress on 5 and 6; the
version before has not been measured on it. Table 5 was measured at commit e84e94e and then learnt from, table 6 at commit f713fb8 and then learnt from, both at
log-odds over 0.6. Table 7 was measured once, at commit cd35e8b (log-odds over 0.3): that is the present version, which does not
learn from it. `git checkout COMMIT` and `python benchmarks/verification_refusal.py` makes each figure again.

Bar: recall 0.9 and no gloomy compliance flagged. On table 7 both halves are met, the first one just: 45 of 50 (95 % interval 0.79
to 0.96), 0 of 40 persona answers. Missed are 3 plain refusals and 2 in a persona's voice; flagged are 1 quoted refusal and 1
explained error. On tables 5 to 7 together no persona answer of 116 was flagged, by three versions.

## The judge's guard

{attacks} attacks stand in `tests/verify/injections.yaml`. `pytest tests/verify/test_judge.py` appends each to a wrong answer and looks at the
request and at the parsing of scripted replies: {judge}. No model's own resistance is measured here;
`scripts/check_judge.py` measures a judge.
"""


def demoted(text: str) -> str:
    """Return a page as a part of another: its headings one level lower."""
    return re.sub(r"^(#+ )", r"#\1", text.strip(), flags=re.MULTILINE)


def ran(command: list[str]) -> str:
    """Return what a program of this checkout prints; its exit status is 0, or this ends with the program's words."""
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def refusal_page(tables: str) -> str:
    """Return the page of refusals with its tables of the present version made anew."""
    path = ROOT / "benchmarks" / "verification_refusal.md"
    kept = path.read_text("utf-8").split("## On all rows, with the present version")[0]
    learnt = "It has learnt from all of these rows but independent_7's: the others are regression, no evidence."
    return f"{kept}## On all rows, with the present version\n\n{learnt}\n{tables}"


def main() -> None:
    """Measure, unless told only to gather, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gather", action="store_true", help="measure nothing but the judge's tests and the refusals")
    parser.add_argument("--only", choices=PARTS, help="of the measurements run this one")
    options = parser.parse_args()
    for name, command in PARTS.items():
        if name == "refusal":
            page = refusal_page(ran(command))
            (ROOT / "benchmarks" / "verification_refusal.md").write_text(page, "utf-8")
        elif not options.gather and options.only in (None, name):
            ran(command)
    judge = ran(["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/verify/test_judge.py"]).strip().splitlines()[-1]
    judge = re.sub(r" in .*", "", judge.strip("= "))
    attacks = len(yaml.safe_load((ROOT / "tests/verify/injections.yaml").read_text("utf-8")))
    head = HEAD.format(date=datetime.date.today().isoformat(), attacks=attacks, judge=judge)
    parts = [demoted((ROOT / "benchmarks" / f"verification_{name}.md").read_text("utf-8")) for name in PARTS]
    PAGE.write_text("\n\n".join([head.strip(), *parts]) + "\n", "utf-8")
    print(f"{PAGE.relative_to(ROOT)} is written")


if __name__ == "__main__":
    main()
