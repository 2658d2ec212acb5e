"""Adapters, one layout a file: each module here says which rows it reads (`fits`) and what they mean (`read`).

A new layout is a new file: `ORDER` (a lower one is asked first), `fits(row) -> bool`, `read(row, split=...) -> list[Draft]`
(several where a row stands for several questions). `generic.py` comes last and is the one to copy.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Protocol

from retake.errors import DataError
from retake.extensions import modules_of
from retake.samples.draft import Draft, Row


class Adapter(Protocol):
    """A module of this folder."""

    __name__: str
    ORDER: int

    def fits(self, row: Row) -> bool:
        """Return whether the row has this layout."""

    def read(self, row: Row, *, split: str) -> list[Draft]:
        """Return what the row says.

        Raises:
            DataError: where the row breaks its layout.
        """


@cache
def adapters() -> tuple[Adapter, ...]:
    """Return all adapters, in the order in which they are asked.

    Raises:
        ConfigError: for a file that is none.
    """
    modules = modules_of(sys.modules[__name__], needs=("ORDER", "fits", "read"))
    return tuple(sorted(modules, key=lambda module: (module.ORDER, module.__name__)))


def adapter_for(row: Row) -> Adapter:
    """Return the adapter that reads such a row.

    Raises:
        DataError: where none does; it lists the columns that the row has.
    """
    for adapter in adapters():
        if adapter.fits(row):
            return adapter
    raise DataError(
        f"no adapter reads a row with the columns {', '.join(map(str, row)) or 'none'}: it needs a question "
        "(question, problem, prompt or messages). Rename a column, or add a file to scripts/retake/samples/adapters/."
    )
