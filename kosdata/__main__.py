"""Run the command line: ``python -m kosdata``."""

from __future__ import annotations

import sys

from kosdata.cli import main

if __name__ == "__main__":
    sys.exit(main())
