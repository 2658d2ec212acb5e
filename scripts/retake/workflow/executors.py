"""Executors that a profile wants and this environment lacks: Snakemake would say `invalid choice`, below a page of options."""

from __future__ import annotations

import os
import pkgutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

PREFIX = "snakemake_executor_plugin_"
BUILT_IN = ("local", "dryrun", "touch")


def missing_executor(words: Sequence[str]) -> str | None:
    """Return what to tell the user of a Snakemake command line (without its first word) whose executor is not installed.

    None where it is, and where no other than Snakemake's own is wanted.
    """
    wanted = [("", name) for name in _said(words, "--executor", "-e")[:1]] or list(_of_profiles(words))
    if all(name in BUILT_IN for _, name in wanted):
        return None
    there = {module.name for module in pkgutil.iter_modules()}
    for profile, name in wanted:
        if name not in BUILT_IN and f"{PREFIX}{name.replace('-', '_')}" not in there:
            return _message(profile, name, words)
    return None


def _message(profile: str, name: str, words: Sequence[str]) -> str:
    pins = Path("requirements") / f"{name}.txt"
    source = f"-r {pins}" if pins.exists() else f"snakemake-executor-plugin-{name}"
    by = f"profile {profile} wants" if profile else "this command wants"
    targets = " ".join(word for word in words if word.startswith("results/")) or "results/<group>/<name>.parquet"
    return (
        f"{by} the executor {name}, which is not installed. Install it: pip install {source}\n"
        f"The same plan without it: snakemake -n {targets}"
    )


def _said(words: Sequence[str], *options: str) -> list[str]:
    """Return the words that follow an option, up to the next option."""
    found: list[str] = []
    is_ours = False
    for word in words:
        name, sign, value = word.partition("=")
        if word.startswith("-"):
            is_ours = name in options
            found += [value] if is_ours and sign else []
        elif is_ours:
            found.append(word)
    return found


def _of_profiles(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield (profile, its executor) of the profiles that a command line or the environment names."""
    from snakemake.cli import get_profile_dir

    named = _said(words, "--profile", "--workflow-profile") or os.environ.get("SNAKEMAKE_PROFILE", "").split(",")
    for profile in named:
        found = get_profile_dir(profile) if profile and profile != "none" else None
        if found is None:
            continue
        try:
            keys = yaml.safe_load(Path(found[1]).read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError):
            continue
        if isinstance(keys, dict) and isinstance(keys.get("executor"), str):
            yield profile, keys["executor"]
