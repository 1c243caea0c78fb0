"""Laying a run's findings beside a list of what is truly wrong: what was found, what was missed, what was flagged for nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb

from requite.engine.manifest import read_manifest
from requite.engine.reading.problems import problem

COLUMNS: Final = ("kind", "record", "key", "check", "overcharge")
"""The columns that a truth file has; others, such as words for people, are left alone."""

CSV: Final = """read_csv($path, all_varchar = true, header = true, delim = ',', quote = '"', escape = '"')"""
MOST_LISTED: Final = 100
NONE: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class CheckScore:
    """What one check found of what it should: numbers of findings, and amounts whatever their sign.

    `right_amount` is what was found and is true; it is at most `true_amount` and at most `found_amount`.
    """

    check: str
    planted: int
    found: int
    false: int
    differing: int
    true_amount: Decimal
    found_amount: Decimal
    right_amount: Decimal

    @property
    def missed(self) -> int:
        return self.planted - self.found


@dataclass(frozen=True, slots=True)
class KindScore:
    """What became of one kind of error. One that several checks find is one error, with the largest of their amounts."""

    kind: str
    what: str
    errors: int
    found: int
    amount: Decimal
    found_amount: Decimal


@dataclass(frozen=True, slots=True)
class Pair:
    """A check and a claim: missed, flagged for nothing, or flagged with another amount."""

    check: str
    record: str
    key: str
    kind: str
    true_amount: Decimal | None
    found_amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Scores:
    """How a run did. `sought` are the kinds that one of its checks looks for; `unfindable` those that none can find, and
    `not_asked` those that only checks outside this run look for."""

    checks: tuple[CheckScore, ...]
    total: CheckScore
    sought: tuple[KindScore, ...]
    unfindable: tuple[KindScore, ...]
    not_asked: tuple[KindScore, ...]
    missed: tuple[Pair, ...]
    false: tuple[Pair, ...]
    differing: tuple[Pair, ...]


def ratio(part: int | Decimal, whole: int | Decimal, digits: int = 4) -> Decimal | None:
    """A share with so many decimals, rounded down so that only what is whole is 1; none of nothing."""
    if not whole:
        return None
    unit = 10**digits
    return Decimal(int(Decimal(part) * unit / Decimal(whole))) / Decimal(unit)


def score(run: str, truth: str) -> Scores:
    """Score a run against a truth file; DataError where either cannot be read."""
    folder, file = Path(run).expanduser(), Path(truth).expanduser()
    manifest = read_manifest(folder)
    checks = [rule["rule"] for rule in manifest["rules"] if rule["kind"] == "check"]
    if not checks:
        raise problem("not-a-run", f"{run} is a run without checks, so there is nothing to score", file=run)
    with duckdb.connect() as connection:
        _read_truth(connection, file, truth)
        _read_findings(connection, folder, run)
        connection.execute("CREATE TABLE asked (check_name VARCHAR, place BIGINT)")
        connection.executemany("INSERT INTO asked VALUES (?, ?)", [(check, place) for place, check in enumerate(checks)])
        connection.execute(PAIRS)
        return _scores(connection)


def _read_truth(connection: duckdb.DuckDBPyConnection, file: Path, name: str) -> None:
    if not file.is_file():
        raise problem("not-found", f"there is no file {name}", file=name, help="requite sample writes one, named truth.csv.")
    with _reading(name, "A truth file is a CSV file in UTF-8."):
        given = connection.sql(f"SELECT * FROM {CSV}", params={"path": str(file)})
        missing = [column for column in COLUMNS if column not in given.columns]
        if missing:
            message = f"{name} has no column {', '.join(missing)}"
            raise problem("missing-columns", message, file=name, help=f"A truth file has {', '.join(COLUMNS)}.", missing=missing)
        what = "what" if "what" in given.columns else "''"
        connection.execute(
            f"""CREATE TABLE truth AS
            SELECT kind, record, key, nullif(trim("check"), '') AS check_name, nullif(trim(overcharge), '') AS said,
              TRY_CAST(nullif(trim(overcharge), '') AS DECIMAL(38, 2)) AS amount, {what} AS what
            FROM {CSV}""",
            {"path": str(file)},
        )
    row = connection.execute("SELECT said, key FROM truth WHERE said IS NOT NULL AND amount IS NULL LIMIT 1").fetchone()
    if row:
        message = f"{name}: {row[0]}, the overcharge of {row[1]}, is not an amount"
        raise problem("unreadable-file", message, file=name, help="Write it like 1234.50.")
    row = connection.execute("SELECT count(*) FROM truth WHERE kind IS NULL OR record IS NULL OR key IS NULL").fetchone()
    if row and row[0]:
        lack = f"{row[0]:,} rows lack" if row[0] > 1 else "1 row lacks"
        raise problem("unreadable-file", f"{name}: {lack} a kind, a record or a key", file=name)
    row = connection.execute(
        "SELECT check_name, key FROM truth WHERE check_name IS NOT NULL "
        "GROUP BY check_name, record, key HAVING count(*) > 1 LIMIT 1"
    ).fetchone()
    if row:
        message = f"{name} lists {row[1]} twice for the check {row[0]}"
        raise problem("unreadable-file", message, file=name, help="A check finds a claim once.")


def _read_findings(connection: duckdb.DuckDBPyConnection, folder: Path, name: str) -> None:
    path = folder / "findings.parquet"
    if not path.is_file():
        raise problem("not-a-run", f"{name} has no findings.parquet", file=name, help="Run the ruleset again.")
    with _reading(str(path), "Run the ruleset again."):
        connection.execute(
            """CREATE TABLE finding AS
            SELECT "check" AS check_name, record, key, overcharge::DECIMAL(38, 2) AS amount FROM read_parquet($path)""",
            {"path": str(path)},
        )


@contextmanager
def _reading(name: str, help: str) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise problem("unreadable-file", f"{name} cannot be read: {str(error).splitlines()[0]}", file=name, help=help) from error


PAIRS: Final = """
CREATE TABLE pair AS
SELECT
  check_name, record, key, truth.kind,
  truth.key IS NOT NULL AS is_true,
  finding.key IS NOT NULL AS is_found,
  truth.amount AS true_amount,
  finding.amount AS found_amount,
  -- Of what was found, the part that is true: nothing where one is too much and the other too little.
  CASE WHEN truth.amount * sign(finding.amount) > 0 THEN least(abs(truth.amount), abs(finding.amount)) ELSE 0 END AS right_amount
FROM (SELECT * FROM truth WHERE check_name IN (SELECT check_name FROM asked)) AS truth
FULL JOIN finding USING (check_name, record, key);

CREATE VIEW error AS
SELECT
  truth.kind, truth.record, truth.key,
  min(truth.what) AS what,
  max(abs(truth.amount)) AS amount,
  max(pair.right_amount) AS right_amount,
  coalesce(bool_or(pair.is_found), false) AS is_found,
  count(truth.check_name) AS checks,
  count(asked.check_name) AS asked
FROM truth
LEFT JOIN asked USING (check_name)
LEFT JOIN pair USING (check_name, record, key)
GROUP BY ALL
"""

BY_CHECK: Final = """
SELECT check_name, count(*) FILTER (is_true), count(*) FILTER (is_true AND is_found), count(*) FILTER (is_found AND NOT is_true),
  count(*) FILTER (is_true AND is_found AND true_amount <> found_amount),
  coalesce(sum(abs(true_amount)) FILTER (is_true), 0), coalesce(sum(abs(found_amount)) FILTER (is_found), 0),
  coalesce(sum(right_amount), 0)
FROM asked LEFT JOIN pair USING (check_name)
GROUP BY check_name, place ORDER BY place
"""

BY_KIND: Final = """
SELECT kind, CASE WHEN count(DISTINCT what) = 1 THEN min(what) ELSE '' END, count(*), count(*) FILTER (is_found),
  coalesce(sum(amount), 0), coalesce(sum(right_amount), 0)
FROM error WHERE {which}
GROUP BY kind ORDER BY length(kind), kind
"""


def _scores(connection: duckdb.DuckDBPyConnection) -> Scores:
    checks = tuple(CheckScore(*row) for row in connection.execute(BY_CHECK).fetchall())

    def kinds(which: str) -> tuple[KindScore, ...]:
        return tuple(KindScore(*row) for row in connection.execute(BY_KIND.format(which=which)).fetchall())

    def pairs(which: str) -> tuple[Pair, ...]:
        query = f"""SELECT check_name, record, key, coalesce(kind, ''), true_amount, found_amount FROM pair WHERE {which}
          ORDER BY check_name, record, key LIMIT {MOST_LISTED}"""
        return tuple(Pair(*row) for row in connection.execute(query).fetchall())

    return Scores(
        checks,
        _together(checks),
        kinds("asked > 0"),
        kinds("checks = 0"),
        kinds("checks > 0 AND asked = 0"),
        pairs("is_true AND NOT is_found"),
        pairs("is_found AND NOT is_true"),
        pairs("is_true AND is_found AND true_amount <> found_amount"),
    )


def _together(checks: Sequence[CheckScore]) -> CheckScore:
    return CheckScore(
        "total",
        sum(one.planted for one in checks),
        sum(one.found for one in checks),
        sum(one.false for one in checks),
        sum(one.differing for one in checks),
        sum((one.true_amount for one in checks), NONE),
        sum((one.found_amount for one in checks), NONE),
        sum((one.right_amount for one in checks), NONE),
    )


# --- as data ------------------------------------------------------------------------------------------------------------


def check_json(one: CheckScore) -> Mapping[str, Any]:
    """The score of a check as JSON; amounts and shares are texts."""
    return {
        "check": one.check,
        "planted": one.planted,
        "found": one.found,
        "missed": one.missed,
        "false": one.false,
        "differing": one.differing,
        "precision": _text(ratio(one.found, one.found + one.false)),
        "recall": _text(ratio(one.found, one.planted)),
        "overcharge": str(one.true_amount),
        "overcharge_found": str(one.found_amount),
        "overcharge_right": str(one.right_amount),
        "precision_by_pound": _text(ratio(one.right_amount, one.found_amount)),
        "recall_by_pound": _text(ratio(one.right_amount, one.true_amount)),
    }


def kind_json(one: KindScore) -> Mapping[str, Any]:
    """The score of a kind as JSON."""
    return {
        "kind": one.kind,
        "what": one.what,
        "errors": one.errors,
        "found": one.found,
        "missed": one.errors - one.found,
        "recall": _text(ratio(one.found, one.errors)),
        "overcharge": str(one.amount),
        "overcharge_right": str(one.found_amount),
        "recall_by_pound": _text(ratio(one.found_amount, one.amount)),
    }


def pair_json(one: Pair) -> Mapping[str, Any]:
    """A check and a claim as JSON."""
    return {
        "check": one.check,
        "record": one.record,
        "key": one.key,
        "kind": one.kind,
        "overcharge": _text(one.true_amount),
        "overcharge_found": _text(one.found_amount),
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
