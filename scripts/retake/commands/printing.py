"""Text on standard output, whatever reads it."""

from __future__ import annotations

import os
import sys

from retake.files import encoded


def print_whole(text: str) -> int:
    """Write `text` as UTF-8 whatever the terminal's encoding, and return 0; a reader that closes early (`| head`) is no error."""
    try:
        sys.stdout.buffer.write(encoded(text))
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
