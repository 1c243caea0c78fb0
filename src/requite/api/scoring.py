"""Laying a run's findings beside a list of what is truly wrong: what was found, what was missed, what was flagged for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import reduce
from pathlib import Path
from typing import Any, Final

import duckdb

from requite.api.truth import read_truth
from requite.engine.columnar.reading.names import reading_path
from requite.engine.exporting.runs import finished_run
from requite.engine.reading.problems import problem

MOST_LISTED: Final = 100
EXACT: Final = Context(prec=100)
"""Sums of many amounts of 38 digits, without rounding."""

PART: Final = 10**18
"""Whole pounds are summed in two parts, above this and below, since their sum may be longer than a number of the database."""


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
    return Decimal(int(Fraction(part) * 10**digits / Fraction(whole))) / Decimal(10**digits)


def score(run: str, truth: str) -> Scores:
    """Score a run against a truth file; DataError where either cannot be read, or the results are not as the run wrote them."""
    ran = finished_run(Path(run).expanduser())
    checks = [rule["rule"] for rule in ran.manifest["rules"] if rule["kind"] == "check"]
    if not checks:
        raise problem("not-a-run", f"{run} is a run without checks, so there is nothing to score", file=run)
    with duckdb.connect() as connection:
        read_truth(connection, Path(truth).expanduser(), truth)
        _read_findings(connection, ran.path("findings"))
        connection.execute("CREATE TABLE asked (check_name VARCHAR, place BIGINT)")
        connection.executemany("INSERT INTO asked VALUES (?, ?)", [(check, place) for place, check in enumerate(checks)])
        connection.execute(PAIRS)
        return _scores(connection)


def _read_findings(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    try:
        connection.execute(
            """CREATE TABLE finding AS
            SELECT "check" AS check_name, record, key, overcharge::DECIMAL(38, 2) AS amount FROM read_parquet($path)""",
            {"path": reading_path(path)},
        )
    except duckdb.Error as error:
        raise problem("unreadable-file", f"{path} cannot be read", file=str(path), help="Run the ruleset again.") from error


PAIRS: Final = """
CREATE TABLE pair AS
SELECT
  check_name, record, key, truth.kind,
  truth.key IS NOT NULL AS is_true,
  finding.key IS NOT NULL AS is_found,
  truth.amount AS true_amount,
  finding.amount AS found_amount,
  -- Of what was found, the part that is true: nothing where one is too much and the other too little.
  CASE WHEN sign(truth.amount) = sign(finding.amount) THEN least(abs(truth.amount), abs(finding.amount)) ELSE 0 END AS right_amount
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


def _sum(amount: str, where: str = "true") -> str:
    """The sum of amounts that are not negative, in parts that are whole numbers of pounds, and the pence."""
    whole = f"trunc({amount})::HUGEINT"
    parts = {"high": f"{whole} // {PART}", "low": f"{whole} % {PART}", "pence": f"({amount} - trunc({amount}))::DECIMAL(38, 2)"}
    sums = (f"{name} := coalesce(sum({part}) FILTER ({where}), 0)" for name, part in parts.items())
    return f"struct_pack({', '.join(sums)})"


def _amount(parts: Mapping[str, int | Decimal]) -> Decimal:
    return EXACT.add(Decimal(int(parts["high"]) * PART + int(parts["low"])), Decimal(parts["pence"]))


BY_CHECK: Final = f"""
SELECT check_name, count(*) FILTER (is_true), count(*) FILTER (is_true AND is_found), count(*) FILTER (is_found AND NOT is_true),
  count(*) FILTER (is_true AND is_found AND true_amount <> found_amount),
  {_sum("abs(true_amount)", "is_true")}, {_sum("abs(found_amount)", "is_found")}, {_sum("right_amount")}
FROM asked LEFT JOIN pair USING (check_name)
GROUP BY check_name, place ORDER BY place
"""

BY_KIND: Final = f"""
SELECT kind, CASE WHEN count(DISTINCT what) = 1 THEN min(what) ELSE '' END, count(*), count(*) FILTER (is_found),
  {_sum("amount")}, {_sum("right_amount")}
FROM error WHERE {{which}}
GROUP BY kind ORDER BY length(kind), kind
"""


def _scores(connection: duckdb.DuckDBPyConnection) -> Scores:
    found = connection.execute(BY_CHECK).fetchall()
    checks = tuple(CheckScore(*row[:5], *map(_amount, row[5:])) for row in found)

    def kinds(which: str) -> tuple[KindScore, ...]:
        found = connection.execute(BY_KIND.format(which=which)).fetchall()
        return tuple(KindScore(*row[:4], *map(_amount, row[4:])) for row in found)

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
        _all(one.true_amount for one in checks),
        _all(one.found_amount for one in checks),
        _all(one.right_amount for one in checks),
    )


def _all(amounts: Iterable[Decimal]) -> Decimal:
    return reduce(EXACT.add, amounts, Decimal(0))


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
