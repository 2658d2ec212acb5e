"""The same programs in gVisor (`runtime: runsc`), where the engine has registered it: a second kernel around the candidate."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from retake.samples.sample import Sample
from retake.verify.code.verifier import CodeVerifier
from verify.code.containers import LIMITS, ours
from verify.code.honest import HONEST, TESTS
from verify.code.hostile import FAMILIES, MARK

pytestmark = pytest.mark.docker
GVISOR = replace(LIMITS, runtime="runsc", parallel=1, ready=1, memory_mb=512)
PROGRAMS = (
    "01_exit_at_import",
    "13_int_subclass",
    "64_network",
    "64_docker_socket",
    "64_core_pattern",
    "64_write_host",
)


@pytest.fixture(scope="module")
def gvisor(client: object) -> Iterator[CodeVerifier]:
    if "runsc" not in client.api.info().get("Runtimes", {}):
        pytest.skip(
            "the Docker engine has no runtime runsc (Debian's package runsc, then make sandbox on a fresh engine)"
        )
    made = CodeVerifier(settings=GVISOR)
    yield made
    made.close()
    assert ours(client) == []


def verdict_on(verifier: CodeVerifier, form: str, code: str) -> tuple[bool | None, str]:
    found = verifier.verify(f"```python\n{code}\n```", Sample("code", 1, "q", "Return twice n.", tests=TESTS[form]))
    return found.is_verified, f"{found.explanation} {found.error}"


@pytest.mark.parametrize("form", HONEST)
def test_an_honest_program_passes_in_gvisor(form: str, gvisor: CodeVerifier) -> None:
    verified, why = verdict_on(gvisor, form, HONEST[form])
    assert verified is True, why


def test_the_candidate_runs_under_gvisors_kernel_and_not_the_hosts(gvisor: CodeVerifier) -> None:
    code = "def solve(n):\n    return 2 * n if 'Linux version 4.4.0' in open('/proc/version').read() else 99"
    assert verdict_on(gvisor, "call", code)[0] is True
    assert "Linux version 4.4.0" not in Path("/proc/version").read_text()


def test_no_hostile_program_passes_in_gvisor(gvisor: CodeVerifier) -> None:
    chosen = [entry for family in FAMILIES.values() for entry in family if entry[0] in PROGRAMS]
    assert {entry[0] for entry in chosen} == set(PROGRAMS)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda entry: (entry[0], *verdict_on(gvisor, entry[1], entry[2])), chosen))
    assert [each for each in found if each[1] is True] == []
    assert not any((Path(folder) / MARK).exists() for folder in ("/", "/tmp", "/etc", "/var/tmp", "/root", "/usr"))


def test_what_gvisor_grants_to_a_candidate_has_no_effect_outside_it(gvisor: CodeVerifier) -> None:
    """gVisor lets any user make a user namespace and chroot in it; the candidate gains neither root, a mount nor the clock."""
    code = (
        "import ctypes, os, time\ndef solve(n):\n    c = ctypes.CDLL(None, use_errno=True)\n    c.unshare(0x10000000)\n"
        "    won = [c.mount(b'none', b'/tmp', b'tmpfs', 0, 0) == 0, c.ptrace(16, 1, 0, 0) == 0, c.setuid(0) == 0,\n"
        "        c.syscall(321, 0, 0, 0) >= 0, c.syscall(227, 0, 0) == 0, os.getuid() == 0]\n"
        f"    try: open('/{MARK}', 'w').write('x')\n    except OSError: pass\n    else: won.append(True)\n"
        "    return 2 * n if any(won) else 99"
    )
    verified, why = verdict_on(gvisor, "asserts", code)
    assert verified is False, why
    assert not (Path("/") / MARK).exists()
