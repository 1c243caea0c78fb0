"""How long a ruleset takes from text to SQL, everything loaded: `python -m benchmarks.compile_time FILE` prints the seconds."""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path

from requite.dsl.load import load_program
from requite.engine.columnar.showing import show_sql


def seconds(file: Path, engine: str = "duckdb") -> float:
    """To parse and check a file and to write all statements of a run down; garbage is left alone, as by the command line."""
    gc.disable()
    started = time.perf_counter()
    program, diagnostics = load_program(file)
    if program is None:
        raise SystemExit(str(diagnostics))
    show_sql(program, engine)
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.stdout.write(f"{seconds(Path(sys.argv[1]), *sys.argv[2:]):.3f}")
