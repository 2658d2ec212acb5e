"""Answer one worker's share of an experiment, as `rule answer` does: python scripts/answer.py --experiment E --worker 1."""

import sys

from retake.commands.answer import main

if __name__ == "__main__":
    sys.exit(main())
