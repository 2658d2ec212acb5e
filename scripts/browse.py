"""Serve the report page and its reading room over any number of tables, on this machine alone."""

import sys

from retake.commands.browse import main

if __name__ == "__main__":
    sys.exit(main())
