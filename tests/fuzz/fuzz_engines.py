"""Programs and data at random on two engines, for as long as is said.

    python -m tests.fuzz.fuzz_engines --seconds 600

compares the columnar engine with the interpreter. A difference is made smaller and left in `--folder` as a program and its
data, where the tests try it ever after; of those that look alike only the first.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from random import SystemRandom

from tests.engines.agreement.compare import columnar
from tests.engines.agreement.kept import REGRESSIONS, keep
from tests.engines.agreement.reduce import signature
from tests.engines.agreement.strategies import seeded
from tests.engines.agreement.trying import Tally, smaller, tried

SEEDS = 10**9


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="how long to go on")
    parser.add_argument("--database", choices=("duckdb", "spark"), default="duckdb")
    parser.add_argument("--folder", type=Path, default=REGRESSIONS, help="where differences are kept")
    parser.add_argument("--seed", type=int, default=0, help="where to begin; 0 begins anywhere")
    parser.add_argument("--most", type=int, default=5, help="how many kinds of difference to find before giving up")
    parser.add_argument("--reduce", type=int, default=60, help="how many seconds to spend on making one of them smaller")
    chosen = parser.parse_args()
    engine, tally, kinds = columnar(chosen.database), Tally(), dict[str, Path]()
    first = chosen.seed or SystemRandom().randrange(1, SEEDS)
    number, until = first, time.monotonic() + chosen.seconds
    while time.monotonic() < until and len(kinds) < chosen.most:
        case = seeded(number)
        found = tried(case, engine, tally) if case is not None else None
        if found is not None and signature(found.differences[0]) not in kinds:
            kind = signature(found.differences[0])
            print(f"seed {number}: {found.differences[0]}", flush=True)
            found = smaller(found, engine, chosen.reduce)
            kinds[kind] = keep(found.text, found.drawn, f"found_{number}", chosen.folder)
            print(f"seed {number}: the engines differ\n{found}\n", flush=True)
        number += 1
    print(f"seeds {first} to {number - 1}: {tally}")
    for kind, path in kinds.items():
        print(f"{path}: {kind}")
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
