"""The errors of retake: one place that names every way in which it can fail."""

from __future__ import annotations


class RetakeError(Exception):
    """A failure whose message is written for the user: what happened, where, and what to do next."""


class ConfigError(RetakeError, ValueError):
    """An experiment, persona, variant or configuration file that cannot be used as it is written."""

    def __init__(self, file: str, key: str, *, got: object, allowed: str, remedy: str) -> None:
        self.file, self.key, self.got, self.allowed, self.remedy = file, key, got, allowed, remedy
        where = f"{file}: {key}" if key else file
        super().__init__(f"{where}: got {shown(got)}; allowed: {allowed}. {remedy}")


class DataError(RetakeError, ValueError):
    """A dataset, or a row of one, that cannot be read or does not hold what was asked of it."""


class DamagedFile(RetakeError, ValueError):
    """A file of ours whose bytes are not those that were written: truncated, emptied, or altered."""


class CallError(RetakeError):
    """A request to a model that got no usable answer.

    `kind` classes it for people and rows; `is_transient` says that asking again may help;
    `is_fatal` says that no later request of this experiment can succeed either.
    """

    kind = "error"
    is_transient = False
    is_fatal = False

    def __init__(self, message: str, *, status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s


class RateLimited(CallError):
    """The provider says that requests come too fast (HTTP 429)."""

    kind, is_transient = "rate_limited", True


class Overloaded(CallError):
    """The provider is overloaded or failing (HTTP 5xx, 529)."""

    kind, is_transient = "overloaded", True


class ConnectionFailed(CallError, ConnectionError):
    """No connection, or one that broke before the whole answer had come."""

    kind, is_transient = "connection", True


class TimedOut(CallError, TimeoutError):
    """No answer within the request's time limit."""

    kind, is_transient = "timeout", True


class MalformedReply(CallError):
    """A reply that is not what the provider's protocol promises (HTML, half a body, no choice in it)."""

    kind, is_transient = "malformed_reply", True


class Refused(CallError):
    """The provider refuses this one request (HTTP 400, 404, 413, 422)."""

    kind = "bad_request"


class TooLong(Refused):
    """The prompt does not fit into the model's context: this request's own fault, which says nothing of the others."""

    kind = "too_long"


class NotAuthorised(CallError, PermissionError):
    """The key is missing, wrong, or not allowed to do this (HTTP 401, 402, 403)."""

    kind, is_fatal = "not_authorised", True


class BudgetReached(CallError):
    """The run has spent its `budget_usd`; no new call starts."""

    kind, is_fatal = "budget_reached", True


class Interrupted(CallError):
    """The run was told to stop; what was answered is kept."""

    kind, is_fatal = "interrupted", True


class VerifierFailed(RetakeError):
    """A verifier could not judge: it crashed, timed out, or lacks its engine. The candidate is ungraded, never wrong."""


def shown(value: object, *, width: int = 120) -> str:
    """Return `value` as a short one-line literal for a message."""
    text = repr(value)
    return text if len(text) <= width else text[: width - 1] + "…"
