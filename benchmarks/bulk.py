"""Rulesets of any number of checks, and a text of any number of lines: `python -m benchmarks.bulk 1000 FOLDER`."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from benchmarks.requite_peer import WORKLOAD

CHECKS_BEGIN: Final = "# --- the twelve checks ---"
IN_ONE_FILE: Final = 500
KINDS: Final = {"day_case": "base", "elective": "price", "non_elective": "price"}


def ruleset(checks: int, folder: Path) -> Path:
    """Writes so many checks, each with a limit of its own, over work that they share: the line of the price table, the price.

    One file cannot hold a thousand: each holds some, and the first names the others.
    """
    head, _, _ = WORKLOAD.read_text(encoding="utf-8").partition(CHECKS_BEGIN)
    folder.mkdir(parents=True, exist_ok=True)
    first = folder / f"checks_{checks}.requite"
    own, *others = [range(start, min(start + IN_ONE_FILE, checks)) for start in range(0, checks, IN_ONE_FILE)]
    uses = []
    for numbers in others:
        name = f"checks_{checks}_from_{numbers.start}.requite"
        (folder / name).write_text(f'use "{first.name}"\n\n' + _checks(numbers), encoding="utf-8")
        uses.append(f'use "{name}"\n')
    first.write_text(head + "".join(uses) + "\n" * bool(uses) + _checks(own), encoding="utf-8")
    return first


def _checks(numbers: Iterable[int]) -> str:
    return "\n".join(check(number) for number in numbers)


def check(number: int) -> str:
    """One check; few claims pass so far beyond their price that it flags them."""
    kind, price = list(KINDS.items())[number % len(KINDS)]
    return f"""check dear_{number} "More than £{4000 + 5 * number:,} above the price" for each spell
  cites annex_a
  requires admission is {kind}
  needs line is known
  needs {price} is known
  expected {price}
  tolerance £{4000 + 5 * number:,}
  flag when billed > expected + tolerance
  reason "billed {{billed}} for {{hrg}}; the price is {{expected}}"
"""


def lines(number: int) -> str:
    """The workload, with further checks behind it up to so many lines."""
    text = WORKLOAD.read_text(encoding="utf-8").rstrip("\n").split("\n")
    further = 0
    while len(text) < number:
        text += ["", *check(further).rstrip("\n").split("\n")]
        further += 1
    return "\n".join(text[:number]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checks", type=int)
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    ruleset(asked.checks, asked.folder)


if __name__ == "__main__":
    main()
