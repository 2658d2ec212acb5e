"""Make an experiment of your own from one that ships: python scripts/new_experiment.py mine/first --persona personas/mine.txt."""

import sys

from retake.commands.new_experiment import main

if __name__ == "__main__":
    sys.exit(main())
