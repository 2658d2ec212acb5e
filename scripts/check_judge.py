"""Measure an experiment's judge on labelled rows: accuracy, error rates and Cohen's kappa, as a small Markdown report."""

import sys

from retake.commands.check_judge import main

if __name__ == "__main__":
    sys.exit(main())
