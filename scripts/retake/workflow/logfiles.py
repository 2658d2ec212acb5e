"""Log files on a disk that refuses them."""

from __future__ import annotations

import logging
import sys


def forgive_refused_lines() -> None:
    """Have a line that the disk refuses to a log file be lost, without a traceback: what matters fails by itself, and says so."""
    told = logging.FileHandler.handleError

    def handle(self: logging.FileHandler, record: logging.LogRecord) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            told(self, record)

    logging.FileHandler.handleError = handle  # type: ignore[method-assign]
