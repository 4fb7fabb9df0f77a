"""The command line: a thin door to the public functions.

Data goes to standard output, and nothing else does; whatever is said about it goes to standard error.
"""

from __future__ import annotations

from collections.abc import Sequence

from kosdata.cli.exits import Exit

__all__ = ["Exit", "main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        What follows the name of the program.

    Returns
    -------
    int
        One of `Exit`.
    """
    try:
        # Much is loaded here, and whoever is in a hurry may press Ctrl-C.
        from kosdata.cli.program import run

        return run(argv)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
