"""The general algebra system, in a child process of its own: math-verify (SymPy) on wrapped text, never on code.

Only LaTeX extraction is asked for: math-verify's plain-expression reader calls SymPy's `parse_expr`, which runs code that it
finds in a text, and is never reached from here.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal

CPU_SECONDS = 8  # of one comparison; 15 s is the slowest that math-verify was seen to need, 0.7 s its 99th percentile
MEMORY_BYTES = 3 << 30
_PR_SET_PDEATHSIG = 1


def prepare() -> None:
    """Make this child safe to lose: it dies with its parent, has a memory limit, and leaves Ctrl-C to its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1:
        os._exit(0)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _warm()


def _warm() -> None:
    import logging

    logging.getLogger("math_verify").setLevel(logging.CRITICAL)
    logging.getLogger("latex2sympy2_extended").setLevel(logging.CRITICAL)
    import math_verify  # noqa: F401


def _limit_cpu(seconds: int) -> None:
    """Let this process use `seconds` more of CPU time; SIGXCPU ends it then, whatever it is in (time of waiting is free)."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + seconds + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (until, hard))


def compare(gold: str, answer: str, cpu_seconds: int = CPU_SECONDS) -> bool | None:
    """Return whether math-verify takes two cleaned answers for equal; None where it reads no expression in one of them."""
    from math_verify import LatexExtractionConfig, parse, verify

    _limit_cpu(cpu_seconds)
    config = (LatexExtractionConfig(),)
    read = [parse(f"${text}$", config, fallback_mode="no_fallback", parsing_timeout=None) for text in (gold, answer)]
    if not read[0] or not read[1]:
        return None
    return bool(verify(read[0], read[1], timeout_seconds=None))
