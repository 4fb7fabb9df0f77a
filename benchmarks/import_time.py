"""What ``import kosdata`` costs beside ``import pandas``, and with everything that a first call loads."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

STATEMENTS = {
    "import pandas": "import pandas",
    "import kosdata": "import pandas, kosdata",
    "first function": "import pandas, kosdata; kosdata.fetch",
}
ROUNDS = 11


def seconds(statement: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - began


def main() -> None:
    taken: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    empty = statistics.median(seconds("pass") for _ in range(ROUNDS))
    for _ in range(ROUNDS):
        for name, statement in STATEMENTS.items():
            taken[name].append(seconds(statement) - empty)
    base = statistics.median(taken["import pandas"])
    for name, found in taken.items():
        median = statistics.median(found)
        print(f"{name:16} {median * 1000:6.0f} ms  {median / base:5.2f} x import pandas")


if __name__ == "__main__":
    main()
