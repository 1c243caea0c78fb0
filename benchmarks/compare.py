"""Whether two ways of running the workload came to the same: `python -m benchmarks.compare ONE OTHER`.

Every finding, count and payment, to the penny, in both directions.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import duckdb

COLUMNS: Final = {
    "findings": ('"check"', "key", "billed", "expected", "overcharge", "penalty", "respondent", "challenged", "challenged_as"),
    "not_assessable": ("rule", "key"),
    "counts": ("rule", "read", "assessed", "not_assessable", "out_of_scope"),
    "payments": ("key", "payee", "amount"),
}
"""What every peer says. The words of a reason that no rule prescribes are each one's own."""

MONEY: Final = frozenset({"billed", "expected", "overcharge", "penalty", "amount"})


class DifferentError(Exception):
    """Two peers do not agree; the message shows some of the rows."""


def require_equal(ours: Path, theirs: Path, reasons: bool = False) -> None:
    """DifferentError where the results in two folders differ; with `reasons`, in the findings' words or the order of rows, too."""
    with duckdb.connect(config={"threads": 2, "memory_limit": "4GB", "temp_directory": str(theirs.parent / "tmp")}) as session:
        session.execute("SET enable_progress_bar = false")
        for name, columns in COLUMNS.items():
            wanted = (*columns, "reason") if reasons and name == "findings" else columns
            for one, other in ((ours, theirs), (theirs, ours)):
                left, right = (_rows(folder / f"{name}.parquet", wanted) for folder in (one, other))
                found = session.execute(f"FROM (({left}) EXCEPT ALL ({right})) ORDER BY ALL LIMIT 5").fetchall()
                if found:
                    rows = "\n".join(str(row) for row in found)
                    raise DifferentError(f"{name}: only in {one}, not in {other}:\n{rows}")
            if reasons:
                _require_order(session, name, ours, theirs)


def _rows(file: Path, columns: tuple[str, ...]) -> str:
    """The rows of a file, money as whole pence."""
    shown = [f"round({c} * 100)::HUGEINT AS {c}" if c in MONEY else f"coalesce({c}::VARCHAR, '') AS {c}" for c in columns]
    return f"SELECT {', '.join(shown)} FROM read_parquet('{file}')"


def _require_order(session: duckdb.DuckDBPyConnection, name: str, ours: Path, theirs: Path) -> None:
    key = {"findings": '"check", key', "not_assessable": "rule, key", "counts": "rule", "payments": "key"}[name]
    rows = (
        f"SELECT file_row_number AS place, {key} FROM read_parquet('{folder / name}.parquet', file_row_number = true)"
        for folder in (ours, theirs)
    )
    one, other = rows
    if session.execute(f"FROM (({one}) EXCEPT ({other})) LIMIT 1").fetchall():
        raise DifferentError(f"{name}: the rows of {ours} and {theirs} stand in another order")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("--reasons", action="store_true", help="the findings' words and the order of rows as well")
    asked = parser.parse_args()
    try:
        require_equal(asked.one, asked.other, asked.reasons)
    except DifferentError as different:
        raise SystemExit(str(different)) from None


if __name__ == "__main__":
    main()
