"""Check results and the call store, and say what mends them."""

import sys

from retake.commands.doctor import main

if __name__ == "__main__":
    sys.exit(main())
