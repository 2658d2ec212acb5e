"""The verdict on one candidate: what every verifier returns and every verification file holds."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Check:
    """What one method said: `outcome` is True, False, or None where it could not say; `confidence` is in [0, 1]."""

    method: str
    outcome: bool | None
    confidence: float
    detail: str = ""


@dataclass(frozen=True)
class Verdict:
    """Whether a candidate is right: True, False, or None (ungraded, with `error` or the reason in `explanation`).

    `score` in [0, 1] is how right it is (share of tests passed; None where ungraded), `confidence` in [0, 1] is how sure
    the verifier is. `explanation` is one sentence that a person understands. `error` is None or
    `{"type": ..., "message": ...}`. `checks` are the methods asked, in order. `judge` is None or the judge's evidence:
    verdict, confidence, reasoning, evidence, model, request_digest. `extras` holds what one verifier alone records.
    """

    is_verified: bool | None
    confidence: float
    verifier_name: str
    explanation: str
    score: float | None = None
    extracted_answer: str | None = None
    error: dict[str, str] | None = None
    checks: tuple[Check, ...] = ()
    judge: dict[str, Any] | None = None
    extras: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict as plain data, as the verification file holds it."""
        return asdict(self)


def ungraded(verifier_name: str, explanation: str, *, error: BaseException | None = None, **more: Any) -> Verdict:
    """Return the verdict of a verifier that could not judge, with the error kept; its confidence is 0."""
    told = {"type": type(error).__name__, "message": str(error)} if error is not None else None
    return Verdict(None, 0.0, verifier_name, explanation, error=told, **more)
