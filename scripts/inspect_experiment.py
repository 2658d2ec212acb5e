"""Show what happened in an experiment, or compare several: rates with intervals, best of N, differences, costs."""

import sys

from retake.commands.inspect_experiment import main

if __name__ == "__main__":
    sys.exit(main())
