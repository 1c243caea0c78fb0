"""The benchmark compares like with like: on a few claims all its peers come to the same pennies."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from benchmarks import durable_peer, hand_sql, openfisca_peer, pandas_columns, pandas_rows, zen_peer
from benchmarks.compare import DifferentError, require_equal
from benchmarks.generate import Size, generate, inputs
from benchmarks.peer import CHECKS, SAVINGS, Task
from benchmarks.requite_peer import KNOWN, WORKLOAD

from requite.dsl.load import load_program
from requite.engine.run import run

CLAIMS = 2000
PEERS = {
    "pandas_columns": pandas_columns.decide,
    "openfisca": openfisca_peer.decide,
    "pandas_rows": pandas_rows.decide,
    "zen": zen_peer.decide,
    "durable_rules": durable_peer.decide,
}


@pytest.fixture(scope="module")
def claims(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(Size(CLAIMS), tmp_path_factory.mktemp("claims"))


@pytest.fixture(scope="module")
def requite(claims: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("requite") / "out"
    program, _ = load_program(WORKLOAD)
    assert program is not None
    run(program, inputs(claims), out, known=date.fromisoformat(KNOWN))
    return out


def rows(query: str) -> list[Any]:
    with duckdb.connect() as session:
        return session.execute(query).fetchall()


def test_every_rule_has_something_to_say(requite: Path) -> None:
    counts = rows(f"SELECT rule, assessed, not_assessable FROM read_parquet('{requite}/counts.parquet')")
    assert [rule for rule, _, _ in counts] == [SAVINGS, *CHECKS]
    assert all(assessed > 0 for _, assessed, _ in counts)
    assert {rule for rule, _, lacking in counts if lacking} >= {*CHECKS[:6], "coherence"}
    found = rows(f"SELECT DISTINCT \"check\" FROM read_parquet('{requite}/findings.parquet')")
    assert {name for (name,) in found} == set(CHECKS)


def test_hand_written_sql_to_the_word(claims: Path, requite: Path, tmp_path: Path) -> None:
    hand_sql.decide(Task(claims, tmp_path))
    require_equal(requite, tmp_path, reasons=True)


@pytest.mark.parametrize("peer", PEERS)
def test_peer(peer: str, claims: Path, requite: Path, tmp_path: Path) -> None:
    PEERS[peer](Task(claims, tmp_path))
    require_equal(requite, tmp_path)


def test_a_penny_is_seen(claims: Path, requite: Path, tmp_path: Path) -> None:
    pandas_columns.decide(Task(claims, tmp_path))
    findings = tmp_path / "findings.parquet"
    duckdb.sql(f"""COPY (SELECT * REPLACE (overcharge + 0.01 AS overcharge) FROM read_parquet('{findings}') ORDER BY key)
        TO '{tmp_path}/changed.parquet'""")
    (tmp_path / "changed.parquet").replace(findings)
    with pytest.raises(DifferentError, match="findings: only in"):
        require_equal(requite, tmp_path)


def test_one_seed_one_content(claims: Path, tmp_path: Path) -> None:
    again, other = generate(Size(CLAIMS), tmp_path / "again"), generate(Size(CLAIMS, seed=2), tmp_path / "other")
    for name in ("practice", "patient", "estimate", "spell"):
        same = (folder / f"{name}.parquet" for folder in (claims, again))
        first, second = (rows(f"FROM read_parquet('{file}')") for file in same)
        assert first == second
    spells = (rows(f"FROM read_parquet('{folder}/spell.parquet')") for folder in (claims, other))
    assert next(spells) != next(spells)
