"""Print one conversation of an experiment with its verdict, its evidence, and where it came from."""

import sys

from retake.commands.show import main

if __name__ == "__main__":
    sys.exit(main())
