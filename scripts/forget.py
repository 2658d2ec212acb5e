"""Drop the calls behind candidate files, to draw them afresh: python scripts/forget.py results/.../raw/.../3.json ..."""

import sys

from retake.commands.forget import main

if __name__ == "__main__":
    sys.exit(main())
