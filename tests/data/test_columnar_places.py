"""Delta and Iceberg tables and tables of PostgreSQL, read by both readers."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from requite.engine.data import DataRead, read_data
from requite.engine.reading.addresses import postgres_address
from requite.engine.reading.places import Place
from requite.engine.reading.problems import DataError
from requite.engine.reading.sources import find_sources
from requite.engine.run import run
from requite.engine.verify import opened_again, reload, verify
from tests.data.agreement import agrees, stored
from tests.data.support import program
from tests.postgres import Server

DECLARED = """
record r
  key id: count
  year: count optional
  name: text
  paid: money optional
  day: date optional
  seen: moment optional
"""
MADE = program(DECLARED)
DAY, SEEN = dt.date(2017, 4, 1), dt.datetime(2017, 4, 1, 10)


def rows(*ids: int, year: int = 2017) -> pa.Table:
    count = len(ids)
    return pa.table(
        {
            "id": pa.array(ids, pa.int64()),
            "year": pa.array([year] * count, pa.int64()),
            "name": [f" N{i}" for i in ids],
            "paid": pa.array([Decimal(i) / 4 for i in ids], pa.decimal128(12, 2)),
            "day": pa.array([DAY] * count, pa.date32()),
            "seen": pa.array([SEEN] * count, pa.timestamp("us")),
        }
    )


def compare(given: object) -> DataRead:
    result = read_data(MADE, {"r": given})
    agrees(MADE, result, *stored(MADE, {"r": given}))
    return result


def identity(given: object) -> dict[str, object]:
    place = find_sources(MADE, {"r": given})[0].whole
    assert isinstance(place, Place)
    return place.identity()


# --- Delta ------------------------------------------------------------------------------------------------------------


def test_a_delta_table_of_plain_files_is_those_files(tmp_path: Path) -> None:
    delta = pytest.importorskip("deltalake")
    path = tmp_path / "lake"
    delta.write_deltalake(str(path), rows(1, 2), partition_by=["year"])
    delta.write_deltalake(str(path), rows(3, 4, 2, year=2018), mode="append")
    result = compare(str(path))
    assert [row.values["year"] for row in result.data["r"]] == [2017, 2018, 2018]
    assert [reject.value for reject in result.rejects] == ["2", "2"]
    assert find_sources(MADE, {"r": path})[0].files
    delta.write_deltalake(str(path), rows(9), mode="overwrite")
    assert [row.key for row in compare(path).data["r"]] == [(9,)]


def test_a_delta_table_that_its_log_completes(tmp_path: Path) -> None:
    delta = pytest.importorskip("deltalake")
    path = tmp_path / "lake"
    delta.write_deltalake(str(path), rows(1, 2).drop_columns(["seen"]))
    delta.write_deltalake(str(path), rows(3), mode="append", schema_mode="merge")
    result = compare(path)
    assert sorted(str(row.values["seen"]) for row in result.data["r"]) == [str(SEEN), "None", "None"]
    assert result.counts[0].form == "Delta table"
    assert identity(path) == {"delta_version": 1}


def test_a_table_that_lacks_a_column_is_not_told_of_files(tmp_path: Path) -> None:
    delta = pytest.importorskip("deltalake")
    path = tmp_path / "lake"
    delta.write_deltalake(str(path), rows(1).drop_columns(["name", "seen"]))
    delta.write_deltalake(str(path), rows(3).drop_columns(["name"]), mode="append", schema_mode="merge")
    with pytest.raises(
        DataError, match=r"r needs a column that is not there: name\.[^\n]*\n  Rename the columns in a view of the table"
    ):
        read_data(MADE, {"r": path})


def run_on(given: object, out: Path) -> Path:
    """A run on a table, with its folder."""
    made = program(f"{DECLARED}for each r\n  show paid\n")
    run(made, {"r": str(given)}, out, known=DAY)
    return out


def changes(out: Path) -> list[str]:
    return list(map(str, verify(out)))


def test_a_delta_table_that_has_gone_on_since_a_run_is_told(tmp_path: Path) -> None:
    delta = pytest.importorskip("deltalake")
    path = tmp_path / "lake"
    delta.write_deltalake(str(path), rows(1, 2).drop_columns(["seen"]))
    delta.write_deltalake(str(path), rows(3), mode="append", schema_mode="merge")
    out = run_on(path, tmp_path / "out")
    said = json.loads((out / "manifest.json").read_text())["inputs"][0]
    assert (said["table"]["form"], said["state"], said["files"]) == ("Delta table", {"delta_version": 1}, [])
    assert changes(out) == []
    with opened_again(reload(out)) as data:
        assert [row.values["paid"] for row in data.interpreter().tables.named("r", ["3"])] == [Fraction(3, 4)]
    delta.write_deltalake(str(path), rows(4), mode="append")
    assert changes(out) == [f"{path}: has changed since the run: delta version was 1, and is now 2"]
    with pytest.raises(DataError, match="has changed since the run"):
        reload(out)
    shutil.rmtree(path)
    assert changes(out) == [f"{path}: is no longer there"]


def test_an_iceberg_table_that_has_gone_on_since_a_run_is_told(tmp_path: Path) -> None:
    path = iceberg_table(tmp_path, pytest.importorskip("pyiceberg.table"))
    out = run_on(path, tmp_path / "out")
    assert changes(out) == []
    latest = max((path / "metadata").glob("*.metadata.json"))
    shutil.copy(latest, path / "metadata" / "00009-later.metadata.json")
    assert changes(out) == [
        f"{path}: has changed since the run: iceberg metadata was {latest.name}, and is now 00009-later.metadata.json"
    ]


def test_a_broken_delta_table(tmp_path: Path) -> None:
    pytest.importorskip("deltalake")
    (tmp_path / "lake" / "_delta_log").mkdir(parents=True)
    with pytest.raises(DataError, match="lake cannot be read"):
        find_sources(MADE, {"r": tmp_path / "lake"})


@pytest.mark.parametrize(
    ("extra", "module"), [("delta", "deltalake"), ("iceberg", "pyiceberg.table"), ("postgres", "adbc_driver_postgresql.dbapi")]
)
def test_what_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extra: str, module: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    (tmp_path / "_delta_log").mkdir()
    (tmp_path / "v1.metadata.json").write_text("{}")
    places = {"delta": tmp_path, "iceberg": tmp_path / "v1.metadata.json", "postgres": "postgresql://u:secret@h/d#t"}
    with pytest.raises(DataError) as caught:
        read_data(MADE, {"r": places[extra]})
    assert f"pip install requite[{extra}]" in str(caught.value)
    assert "secret" not in str(caught.value)


# --- Iceberg ----------------------------------------------------------------------------------------------------------


def test_an_iceberg_table(tmp_path: Path) -> None:
    iceberg = pytest.importorskip("pyiceberg.table")
    path = iceberg_table(tmp_path, iceberg)
    for given in (path, max((path / "metadata").glob("*.metadata.json"))):
        result = compare(given)
        assert sorted(str(row.key[0]) for row in result.data["r"]) == ["1", "3"]
        assert result.counts[0].form == "Iceberg table"
        assert identity(given)["iceberg_snapshot"]


def iceberg_table(folder: Path, iceberg: Any) -> Path:
    """A table written in two steps, by way of a catalogue that keeps nothing but the table."""
    catalogues = pytest.importorskip("pyiceberg.catalog")
    kept: list[Any] = []

    def create(self: Any, identifier: Any, schema: pa.Schema, location: str) -> Any:
        staged = self._create_staged_table(identifier, schema, location)
        self._write_metadata(staged.metadata, staged.io, staged.metadata_location)
        kept.append(iceberg.Table(identifier, staged.metadata, staged.metadata_location, staged.io, self))
        return kept[-1]

    def commit(self: Any, table: Any, requirements: Any, updates: Any) -> Any:
        staged = self._update_and_stage_table(kept[-1], table.name(), requirements, updates)
        self._write_metadata(staged.metadata, staged.io, staged.metadata_location)
        kept.append(iceberg.Table(table.name(), staged.metadata, staged.metadata_location, staged.io, self))
        return pytest.importorskip("pyiceberg.table").CommitTableResponse(
            metadata=staged.metadata, metadata_location=staged.metadata_location
        )

    names = catalogues.MetastoreCatalog.__abstractmethods__
    own = {**dict.fromkeys(names), "create_table": create, "commit_table": commit, "load_table": lambda *_: kept[-1]}
    own["load_namespace_properties"] = lambda *_: {}
    catalogue = type("OneTable", (catalogues.MetastoreCatalog,), own)("one")
    table = catalogue.create_table(("n", "r"), rows(1).schema, (folder / "t").as_uri())
    table.append(rows(1, 2))
    kept[-1].append(rows(3, 2))
    return folder / "t"


def test_a_broken_iceberg_table(tmp_path: Path) -> None:
    pytest.importorskip("pyiceberg.table")
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata" / "v3.metadata.json").write_text("{}")
    (tmp_path / "metadata" / "version-hint.text").write_text("3")
    with pytest.raises(DataError, match="cannot be read"):
        compare(tmp_path)


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(postgres: Server) -> str:
    """A PostgreSQL of the tests' own; the address has a password, which nothing may show."""
    pytest.importorskip("adbc_driver_postgresql")
    return postgres.address()


def test_a_table_of_postgresql(server: str, tmp_path: Path) -> None:
    dbapi = pytest.importorskip("adbc_driver_postgresql.dbapi")
    with dbapi.connect(server) as connection, connection.cursor() as cursor:
        cursor.execute('CREATE SCHEMA "s x"')
        cursor.execute(
            "CREATE TABLE \"s x\".r AS SELECT i AS id, 2017 AS year, ' N' || i AS name, (i / 4.0)::numeric(30, 10) AS paid, "
            "DATE '2017-04-01' AS day, TIMESTAMP '2017-04-01 10:00' AS seen, ARRAY[i] AS unused FROM generate_series(1, 3) t(i)"
        )
        cursor.execute('INSERT INTO "s x".r VALUES (2, NULL, NULL, NULL, NULL, NULL, NULL)')
        connection.commit()
    for given in (f"{server}#s x.r", f"{server}?table=s%20x.r"):
        result = compare(given)
        assert [str(row.values["paid"]) for row in result.data["r"]] == ["1/4", "3/4"]
        assert result.counts[0].file == f"postgresql://{server.partition('@')[2]}#s x.r"
        assert "hush" not in repr(result) + repr(find_sources(MADE, {"r": given})) + str(identity(given))
        assert identity(given) == {}
        out = run_on(given, tmp_path / f"out{len(given)}")
        assert "hush" not in (out / "manifest.json").read_text()
        assert changes(out) == [
            f"{result.counts[0].file}: tells no state of its own, so nobody can say whether it is still what the run read"
        ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("#r", "#nowhere.t"), "there is no table nowhere.t"),
        (("hush-hush", "hush-wrong"), "the password is wrong"),
        (("/postgres", ":1/postgres"), "no connection"),
        (("#r", ""), "names no table"),
        (("#r", "#a.b.c"), "names no table"),
    ],
)
def test_what_postgresql_refuses(server: str, change: tuple[str, str], said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        read_data(MADE, {"r": changed(f"{server}#r", *change)})
    assert "hush" not in str(caught.value)
    assert "hush" not in repr(caught.value.to_json())


def changed(address: str, old: str, new: str) -> str:
    """An address with something else in it; with a port of its own, one where nobody listens."""
    if new.startswith(":"):
        address = f"{address.rpartition(':')[0]}{old}#r"
    return address.replace(old, new)


@pytest.mark.parametrize(
    "given",
    [
        "postgresql://me:hu#sh-hush@host/db#t",
        "postgresql://me:hush/hush@host/db#t",
        "postgresql://me:hush?hush@host/db#t",
        "postgresql://me:hush/db#t",
        "postgresql://[hush/db#t",
    ],
)
def test_an_address_that_ends_too_early_shows_nothing(given: str) -> None:
    with pytest.raises(DataError) as caught:
        find_sources(MADE, {"r": given})
    assert "hush" not in str(caught.value) + repr(caught.value.to_json())


def test_the_options_of_an_address_stay_as_they_are() -> None:
    address = postgres_address("postgres://me@host/db?options=-c%20search_path%3Da+b&table=s.t", "table")
    assert address.plain == "postgresql://me@host/db?options=-c%20search_path%3Da%2Bb"
    assert (address.shown, address.named) == ("postgresql://host/db", "s.t")


def test_a_place_shows_no_password() -> None:
    given = find_sources(MADE, {"r": "postgresql://me:hush@host:1/db?sslmode=require&password=hush#t"})[0]
    assert isinstance(given.whole, Place)
    assert "hush" not in repr(given)
    assert given.whole.name == "postgresql://host:1/db#t"


def test_a_folder_with_a_log_of_another_kind_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "metadata").mkdir()
    pq.write_table(rows(1), tmp_path / "a.parquet")
    assert len(compare(tmp_path).data["r"]) == 1
