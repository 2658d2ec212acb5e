"""A persona's markers: what in an answer shows its voice, so that the voice can be counted."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from retake.errors import ConfigError


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Marker(_Strict):
    """One measurable trait: `shows` the voice, is `unlike` it, or is a `choice` between two ways of saying a thing."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_]*$", description="Name, a key of the counts.")
    about: str = Field("", description="What the marker stands for.")
    kind: Literal["shows", "unlike", "choice"] = Field(
        "shows",
        description="shows: each use speaks for the persona; unlike: each use speaks against it; choice: the share of "
        "`over` in `phrases` + `over` speaks against it.",
    )
    phrases: tuple[str, ...] = Field((), description="Words and phrases, found whole whatever their case.")
    pattern: str | None = Field(None, description="A regular expression, instead of or besides the phrases.")
    over: str | None = Field(None, description="Of a choice: the regular expression that the persona avoids.")
    case_sensitive: bool = Field(False, description="Tell INPUT from input.")
    weight: float = Field(
        1.0, gt=0, le=10, description="How much one use counts (of a choice: its share of the score)."
    )
    at_most: int = Field(1, ge=1, le=100, description="Uses that count; more than these add nothing.")

    @field_validator("pattern", "over")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        try:
            return value if value is None else (re.compile(value) and value)
        except re.error as error:
            raise ValueError(f"not a regular expression ({error})") from error

    @model_validator(mode="after")
    def _says_something(self) -> Marker:
        if not (self.phrases or self.pattern):
            raise ValueError("needs phrases or a pattern")
        if (self.kind == "choice") != (self.over is not None):
            raise ValueError("`over` belongs to a choice, and a choice needs it")
        return self

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """What is counted: any of the phrases, or the pattern."""
        phrases = [rf"(?<!\w){re.escape(phrase)}(?!\w)" for phrase in self.phrases]
        return self._compiled("|".join([*phrases, *([self.pattern] if self.pattern else [])]))

    @cached_property
    def avoided(self) -> re.Pattern[str] | None:
        """What the persona avoids, of a choice."""
        return self._compiled(self.over) if self.over else None

    def _compiled(self, pattern: str) -> re.Pattern[str]:
        return re.compile(pattern, 0 if self.case_sensitive else re.IGNORECASE)


class Markers(_Strict):
    """A persona's markers file, `personas/<name>.markers.yaml`."""

    about: str = Field("", description="The voice in one sentence.")
    enough: float = Field(2.0, gt=0, le=100, description="Weight of shown markers that makes a full score.")
    markers: tuple[Marker, ...] = Field(min_length=1, description="The markers.")

    @model_validator(mode="after")
    def _names_differ(self) -> Markers:
        names = [marker.name for marker in self.markers]
        if len(set(names)) < len(names):
            raise ValueError(f"marker names must differ, got {names}")
        return self


def parse_markers(body: Any, *, file: str) -> Markers:
    """Return the markers in the parsed YAML `body` of `file`.

    Raises:
        ConfigError: naming the first key that is not as it must be.
    """
    try:
        return Markers.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            file, key, got=first["input"], allowed=first["msg"], remedy="personas/README.md describes the keys."
        ) from error
