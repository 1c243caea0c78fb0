"""How long diagnostics take while somebody types: `python -m benchmarks.typing_time` prints the milliseconds of each keystroke."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from typing import Final

from benchmarks.bulk import lines
from requite.dsl.editing import Editor

LINES: Final = 500
PLACE: Final = "check duplicate "
TYPED: Final = """check long_day_case "A day case that stayed overnight" for each spell
  requires admission is day_case
  needs line is known
  flag when stay > 0 days
  overcharge billed
  reason "stayed {stay} as a day case"
  challenge provider answers within answer_time, otherwise lapsed

"""
"""What is typed, in front of another check in the middle of the file; then a word of it is taken back and typed again."""

TAKEN_BACK: Final = 40


def texts() -> Iterator[str]:
    """The file after each keystroke."""
    whole = lines(LINES)
    place = whole.index(PLACE)
    before, after = whole[:place], whole[place:]
    for end in range(1, len(TYPED) + 1):
        yield before + TYPED[:end] + after
    for end in (*range(len(TYPED) - 1, len(TYPED) - TAKEN_BACK, -1), *range(len(TYPED) - TAKEN_BACK, len(TYPED) + 1)):
        yield before + TYPED[:end] + after


def keystrokes() -> list[float]:
    """Milliseconds from each keystroke to its diagnostics, the file having been opened before."""
    editor = Editor("workload.requite")
    editor.update(lines(LINES))
    took: list[float] = []
    for text in texts():
        started = time.perf_counter()
        editor.update(text)
        took.append((time.perf_counter() - started) * 1000)
    return took


if __name__ == "__main__":
    sys.stdout.write(json.dumps(keystrokes()))
