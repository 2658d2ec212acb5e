"""Say what a run would do and cost before it is made; without a target, the state of all experiments."""

import sys

from retake.commands.plan import main

if __name__ == "__main__":
    sys.exit(main())
