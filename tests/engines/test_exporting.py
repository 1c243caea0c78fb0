"""Results written on to Delta tables and to a PostgreSQL: every row once, every amount exact, all of a run or nothing."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import requite
from requite import DataError
from requite.engine.exporting.export import Exported, export, target_of
from requite.engine.exporting.runs import SCHEMAS, TABLES, finished_run
from requite.engine.results import COLUMNS
from requite.engine.run import run as run_engine
from tests.api.support import bound_by_permissions
from tests.postgres import Server, free_port

TEXT = """
ruleset fees "Fees"
  rounding to £0.00001
record claim
  key id: text
  practice: text
  billed: money
scheme fees for each claim
  brought forward kept: money, £0 at the start
  payment fee to practice
    needs billed is not £13
    amount 12.5% of billed
  carry forward billed as kept
check dear for each claim
  expected £10
  flag when billed > expected
  reason "billed {billed}; 'agreed' is {expected}"
  show billed
"""
CLAIMS = [
    {"id": "C1", "practice": "P'1", "billed": "20.01"},
    {"id": "Ç|2", "practice": 'P"2', "billed": "10"},
    {"id": "C3", "practice": "P\\3", "billed": "x\0y"},
    {"id": "C5", "practice": "P5", "billed": "13"},
]
KNOWN = dt.date(2012, 6, 30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that has something in every table."""
    out = tmp_path_factory.mktemp("runs") / "run"
    run_on(CLAIMS, out)
    assert all(pq.read_metadata(out / f"{name}.parquet").num_rows for name in COLUMNS)
    return out


def run_on(claims: object, out: Path, text: str = TEXT, **options: Any) -> Path:
    run_engine(requite.compile(text).program, {"claim": claims}, out, known=KNOWN, **options)
    return out


def expected(folder: Path, table: str) -> list[dict[str, Any]]:
    """The rows of a table of a run as they are to be elsewhere."""
    run = finished_run(folder)
    own = {"run": run.id, "ruleset": run.manifest["ruleset"]["name"]}
    if table != "runs":
        return [own | row for row in pq.read_table(folder / f"{table}.parquet").to_pylist()]
    times = {name: dt.datetime.fromisoformat(run.manifest["times"][name]) for name in ("started", "finished")}
    ruleset = {"title": "Fees", "currency": "GBP", "known": KNOWN, "requite": requite.__version__, "engine": "duckdb"}
    return [own | ruleset | times]


def refusal(action: Callable[[], object], said: str) -> str:
    """What is said of something that is refused; no password is in it."""
    with pytest.raises(DataError, match=said) as caught:
        action()
    told = str(caught.value) + repr(caught.value.to_json())
    assert "hush" not in told
    return told


# --- the run ----------------------------------------------------------------------------------------------------------


def test_a_run_is_the_same_wherever_its_data_lay(tmp_path: Path, folder: Path) -> None:
    rows = [row for row in CLAIMS if "\0" not in row["billed"]]
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / name / f"{name}.parquet")
    ids = [finished_run(run_on(tmp_path / name / f"{name}.parquet", tmp_path / f"run {name}")).id for name in ("a", "b")]
    by_rows = run_on(tmp_path / "a" / "a.parquet", tmp_path / "by rows", engine="interpret")
    assert len({*ids, finished_run(by_rows).id}) == 1
    others = run_on(tmp_path / "a" / "a.parquet", tmp_path / "other", TEXT.replace("£10", "£11"))
    handed_over = run_on(CLAIMS, tmp_path / "again")
    assert finished_run(handed_over).id == finished_run(folder).id
    assert len({ids[0], finished_run(others).id, finished_run(folder).id}) == 3


def test_tables_of_the_same_version_are_not_the_same_data(tmp_path: Path) -> None:
    delta = pytest.importorskip("deltalake")
    ids = []
    for number, billed in enumerate(("11", "12")):
        lake = tmp_path / f"lake{number}"
        delta.write_deltalake(str(lake), pa.Table.from_pylist([{"id": "C1", "practice": "P"}]))
        delta.write_deltalake(
            str(lake), pa.Table.from_pylist([{"id": "C2", "practice": "P", "billed": billed}]), mode="append", schema_mode="merge"
        )
        ids.append(finished_run(run_on(str(lake), tmp_path / f"out{number}")).id)
    assert len(set(ids)) == 2


def test_results_that_were_changed_are_not_written_on(tmp_path: Path) -> None:
    out = run_on(CLAIMS, tmp_path / "out")
    pq.write_table(pq.read_table(out / "payments.parquet").slice(1), out / "payments.parquet")
    refusal(lambda: export(out, f"delta:{tmp_path / 'lake'}"), "payments.parquet has changed since the run")
    (out / "payments.parquet").unlink()
    refusal(lambda: export(out, f"delta:{tmp_path / 'lake'}"), "payments.parquet cannot be read any more")
    (out / "manifest.json").write_text('{"format": 1, "outputs": []}')
    refusal(lambda: export(out, f"delta:{tmp_path / 'lake'}"), "the manifest of .* lacks")
    assert not (tmp_path / "lake").exists()


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("lake", "lake is no place for results"),
        ("", "no place for results"),
        ("mysql://me:hush@h/d", "that is no place for results"),
        ("delta:", "write the folder"),
        ("delta: ", "write the folder"),
        ("delta:a\0b", "no character 0"),
        ("delta:a%20b", "takes no '%20' in a path"),
        ("delta:a\nb", "in a path"),
        ("delta:a|b", "in a path"),
        ("delta:~nobody-at-all/lake", "cannot be found"),
        ("delta:s3://me:hush@bucket/x", "environment"),
        ("delta:az://box/x?sig=hush", "environment"),
        ("delta:s3://[hush", "cannot be read"),
        ("postgresql://me:hu#sh-hush@h/d", "write # as %23"),
        ("postgresql://me:hush/hush@h/d", "/ as %2F"),
        ("postgresql://me:hush?hush@h/d", r"\? as %3F"),
        ("postgresql://me:hush/d", "its port"),
        ("postgresql://[hush/d", "cannot be read"),
        ("postgresql://me:hush@h/d\0", "cannot be read"),
        ("postgresql://me:hush@h/d#a.b.c", "name a schema"),
        ("postgresql://me:hush@h/d#.b", "name a schema"),
        ("postgresql://me:hush@h/d#a.", "name a schema"),
        ("postgresql://me:hush@h/d?table=x", "several tables"),
        (f"postgresql://me:hush@h/d#{'é' * 32}", "too long"),
        (f"postgresql://me:hush@h/d#s.{'p' * 50}", "too long"),
    ],
)
def test_what_is_no_place(to: str, said: str) -> None:
    refusal(lambda: target_of(to), said)


def test_a_place_shows_no_password() -> None:
    target = target_of("postgresql://me:hush@host:1,other:2/db?sslmode=require&password=hush#s.p_")
    assert target.name == "postgresql://host:1,other:2/db#s.p_"
    assert "hush" not in repr(target)


@pytest.mark.parametrize(
    ("extra", "module", "to"),
    [("delta", "deltalake", "delta:lake"), ("postgres", "adbc_driver_postgresql.dbapi", "postgresql://u:hush@h/d#s")],
)
def test_what_is_not_installed_is_named(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, extra: str, module: str, to: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    for action in (lambda: target_of(to).check(), lambda: export(folder, to)):
        assert f"pip install requite[{extra}]" in refusal(action, "is not installed")
    assert not list(tmp_path.iterdir())


# --- Delta ------------------------------------------------------------------------------------------------------------


def lake_rows(lake: Path, table: str) -> list[dict[str, Any]]:
    delta = pytest.importorskip("deltalake")
    return list(delta.DeltaTable(str(lake / table)).to_pyarrow_table().to_pylist())


def test_delta_tables(tmp_path: Path, folder: Path) -> None:
    lake = tmp_path / "a b" / "l'ake#1?é"
    others = run_on([*CLAIMS[:1], {"id": "C9", "practice": "P9", "billed": "0.123"}], tmp_path / "others")
    for run in (folder, others, folder):
        done = export(run, f"delta:{lake}")
        assert done == Exported(f"delta:{lake}", finished_run(run).id, finished_run(run).rows)
    for table in TABLES:
        found = lake_rows(lake, table)
        assert plain(found) == plain(expected(others, table) + expected(folder, table)), table
        kinds = pytest.importorskip("deltalake").DeltaTable(str(lake / table)).to_pyarrow_table().schema
        assert kinds.names == SCHEMAS[table].names
        assert kinds.types == SCHEMAS[table].types
    logs = "".join(path.read_text(encoding="utf-8") for path in lake.rglob("*.json"))
    assert '\\"amount\\":' not in logs, "the log holds amounts as floats"


def test_delta_tables_are_data_again(tmp_path: Path, folder: Path) -> None:
    pytest.importorskip("deltalake")
    export(folder, f"delta:{(tmp_path / 'lake').as_uri()}")
    paid = requite.compile("ruleset t\nrecord payment\n  key key: text\n  amount: money\nfor each payment\n  show amount\n")
    run = paid.run(payment=str(tmp_path / "lake" / "payments"))
    assert {row["key"]: row["value"] for row in run.figures.arrow().to_pylist()} == {"C1": "2.50125", "Ç|2": "1.25"}


def test_amounts_that_a_delta_table_does_not_hold(tmp_path: Path) -> None:
    pytest.importorskip("deltalake")
    for number, (billed, unit) in enumerate([("0.12345678", "0.0000001"), ("1" + "0" * 33, "0.01"), ("1" + "0" * 39, "0.01")]):
        text = TEXT.replace("0.00001", unit)
        out = run_on([{"id": "C1", "practice": "P", "billed": billed}], tmp_path / f"out{number}", text, engine="interpret")
        lake = tmp_path / f"lake{number}"
        refusal(lambda out=out, lake=lake: export(out, f"delta:{lake}"), r"amount .* do not fit into decimal\(38, 6\)")  # type: ignore[misc]
        assert not lake_rows(lake, "payments")
        assert not (lake / "runs").exists()


def test_a_delta_table_of_other_columns(tmp_path: Path, folder: Path) -> None:
    delta = pytest.importorskip("deltalake")
    own = SCHEMAS["payments"]
    for number, (schema, said) in enumerate(
        [
            (pa.schema([("key", pa.string())]), "payments is there already, and has no column run"),
            (own.set(own.get_field_index("amount"), pa.field("amount", pa.float64())), r"amount as double; .* decimal\(38, 6\)"),
            (own.append(pa.field("more", pa.string(), nullable=False)), "a column more that may not stay empty"),
        ]
    ):
        lake = tmp_path / f"lake{number}"
        delta.DeltaTable.create(str(lake / "payments"), schema)
        to = f"delta:{lake}"
        for action in (lambda to=to: export(folder, to), lambda to=to: target_of(to).check()):
            refusal(action, said)
        assert [path.name for path in lake.iterdir()] == ["payments"]
    lake = tmp_path / "spare"
    pennies = pa.field("amount", pa.decimal128(38, 5))
    delta.DeltaTable.create(
        str(lake / "payments"), own.set(own.get_field_index("amount"), pennies).append(pa.field("x", pa.int8()))
    )
    export(folder, f"delta:{lake}")
    assert [str(row["amount"]) for row in lake_rows(lake, "payments")] == ["2.50125", "1.25000"]


def test_places_that_hold_something_else(tmp_path: Path, folder: Path) -> None:
    pytest.importorskip("deltalake")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "mine" / "figures").mkdir(parents=True)
    (tmp_path / "mine" / "figures" / "a.txt").write_text("mine")
    (tmp_path / "broken" / "payments" / "_delta_log").mkdir(parents=True)
    (tmp_path / "broken" / "payments" / "_delta_log" / f"{0:020}.json").write_text("{")
    for to, said in (
        (tmp_path / "file", "is a file"),
        (tmp_path / "file" / "lake", "is a file"),
        (tmp_path / "mine", "figures holds something else"),
        (tmp_path / "broken", "broken cannot be written: ."),
        (tmp_path / ("long" * 100), "file name too long"),
        (folder, "the folder of the run"),
        (folder / "lake", "the folder of the run"),
    ):
        refusal(lambda to=to: export(folder, f"delta:{to}"), said)  # type: ignore[misc]
    assert not (folder / "lake").exists()
    refusal(lambda: target_of(f"delta:{folder}").check(), "it is the folder of a run")


@bound_by_permissions
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    pytest.importorskip("deltalake")
    for mode, said in ((0o500, "you may not write to"), (0o000, "permission denied")):
        folder = tmp_path / f"{mode}"
        folder.mkdir(mode=mode)
        refusal(lambda folder=folder: target_of(f"delta:{folder / 'lake'}").check(), said)  # type: ignore[misc]


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(postgres: Server) -> str:
    """A PostgreSQL of the tests' own; the address has a password, which nothing may show."""
    pytest.importorskip("adbc_driver_postgresql")
    return postgres.address()


def ask(server: str, *statements: str) -> list[tuple[Any, ...]]:
    """The rows of the last statement."""
    dbapi = pytest.importorskip("adbc_driver_postgresql.dbapi")
    found: list[tuple[Any, ...]] = []
    with dbapi.connect(server) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            found = cursor.fetchall() if statement.startswith("SELECT") else []
        connection.commit()
    return found


def server_rows(server: str, schema: str, table: str, columns: list[str]) -> list[dict[str, Any]]:
    shown = ", ".join(f'"{column}"' for column in columns)
    found = ask(server, f'SELECT {shown} FROM {schema}."{table}" ORDER BY 1')
    return [dict(zip(columns, row, strict=True)) for row in found]


def plain(rows: list[dict[str, Any]]) -> list[str]:
    """Rows as text, with values as the driver gives them."""
    return sorted(str({name: plain_value(value) for name, value in row.items()}) for row in rows)


def plain_value(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC)
    return value.replace("\0", "␀") if isinstance(value, str) else value


STRANGE = "s\"; DROP TABLE 'x' é"


def test_tables_of_postgresql(server: str, tmp_path: Path, folder: Path) -> None:
    others = run_on([*CLAIMS[:1], {"id": "C9", "practice": "P9", "billed": "0.123"}], tmp_path / "others")
    to = f"{server}#{quote(STRANGE)}.it's%20"
    for run in (folder, others, folder):
        done = export(run, to)
        assert done == Exported(f"postgresql://{server.partition('@')[2]}#{STRANGE}.it's ", *of(run))
    schema = '"' + STRANGE.replace('"', '""') + '"'
    for table in TABLES:
        found = server_rows(server, schema, f"it's {table}", SCHEMAS[table].names)
        assert plain(found) == plain(expected(others, table) + expected(folder, table)), table
    kinds = ask(server, f'SELECT pg_typeof(amount)::text, amount::text FROM {schema}."it\'s payments" ORDER BY amount')
    assert kinds == [("numeric", text) for text in ("0.01538", "1.25", "2.50125", "2.50125")]


def of(run: Path) -> tuple[str, Any]:
    return finished_run(run).id, finished_run(run).rows


def test_amounts_of_any_length(server: str, tmp_path: Path) -> None:
    claims = [{"id": "C1", "practice": "P", "billed": "1" + "0" * 32 + ".1234567"}]
    text = TEXT.replace("0.00001", "0.00000000001")
    export(run_on(claims, tmp_path / "out", text, engine="interpret"), f"{server}#long")
    assert pq.read_schema(tmp_path / "out" / "payments.parquet").field("amount").type == pa.decimal256(76, 10)
    assert ask(server, "SELECT amount::text FROM long.payments") == [("125" + "0" * 29 + ".0154320875",)]


def test_without_a_schema_it_is_the_usual_one(server: str, folder: Path) -> None:
    export(folder, server)
    assert ask(server, "SELECT count(*) FROM public.runs") == [(1,)]


def test_a_check_leaves_nothing_there(server: str) -> None:
    target_of(f"{server}#only_looked").check()
    assert ask(server, "SELECT 1 FROM pg_namespace WHERE nspname = 'only_looked'") == []


PAYMENTS = ", ".join(f"{column.name} {'numeric' if pa.types.is_decimal(column.type) else 'text'}" for column in SCHEMAS["payments"])


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("TABLE w.payments (key text)", "w.payments is there already, and has no column run"),
        (f"TABLE w.payments ({PAYMENTS.replace('numeric', 'double precision')})", "amount as double precision; .* numeric"),
        (f"TABLE w.payments ({PAYMENTS.replace('numeric', 'numeric(30,3)')})", r"amount as numeric\(30,3\); .* numeric"),
        (f"TABLE w.payments ({PAYMENTS}, more int NOT NULL)", "a column more that may not stay empty"),
        ("VIEW w.payments AS SELECT 1 AS run", "is no table"),
        (f"TABLE w.payments ({PAYMENTS}, CHECK (amount < 2))", "violates check constraint"),
    ],
)
def test_a_table_of_postgresql_with_other_columns(server: str, folder: Path, made: str, said: str) -> None:
    ask(server, "DROP SCHEMA IF EXISTS w CASCADE", "CREATE SCHEMA w", f"CREATE {made}")
    refusal(lambda: export(folder, f"{server}#w"), said)
    assert ask(server, "SELECT relname::text FROM pg_class WHERE relnamespace = 'w'::regnamespace AND relkind IN ('r', 'v')") == [
        ("payments",)
    ]


def test_a_table_of_postgresql_with_more_columns(server: str, folder: Path) -> None:
    kept = PAYMENTS.replace("numeric", "numeric(30,5)")
    more = "loaded timestamptz NOT NULL DEFAULT now(), note text"
    ask(server, "CREATE SCHEMA more", f"CREATE TABLE more.payments (note2 text, {kept}, {more})")
    export(folder, f"{server}#more")
    assert ask(server, "SELECT amount::text, loaded IS NOT NULL FROM more.payments ORDER BY 1") == [
        ("1.25000", True),
        ("2.50125", True),
    ]


def test_a_user_who_may_not_write(server: str, folder: Path) -> None:
    export(folder, f"{server}#rights")
    ask(server, "CREATE ROLE guest LOGIN PASSWORD 'hush-guest'", "GRANT USAGE ON SCHEMA rights TO guest")
    guest = server.replace("reader:hush-hush", "guest:hush-guest")
    for to, said in (("nowhere", "permission denied"), ("rights", "you may not SELECT in the table rights.payments")):
        refusal(lambda to=to: target_of(f"{guest}#{to}").check(), said)  # type: ignore[misc]
    ask(server, "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA rights TO guest")
    refusal(lambda: export(folder, f"{guest}#rights"), "you may not DELETE")
    ask(server, "GRANT DELETE ON ALL TABLES IN SCHEMA rights TO guest")
    export(folder, f"{guest}#rights")
    assert ask(server, "SELECT count(*) FROM rights.runs") == [(1,)]


def test_servers_that_do_not_answer(server: str, folder: Path) -> None:
    base, _, _ = server.rpartition(":")
    for to, said in (
        (f"{base}:{free_port()}/postgres#s", "Connection refused"),
        (server.replace("hush-hush", "hush-wrong") + "#s", "the password is wrong"),
        (server.replace("/postgres", "/nowhere") + "#s", 'database "nowhere" does not exist'),
        (f"{server}?sslmode=hush#s", "no connection"),
    ):
        refusal(lambda to=to: export(folder, to), said)  # type: ignore[misc]


# --- all or nothing ---------------------------------------------------------------------------------------------------

KILLED = """
import os, sys
from requite.engine.exporting.export import export
export(sys.argv[1], sys.argv[2], lambda stage, done, total: os._exit(9) if done > total - 2 else None)
"""


def killed(folder: Path, to: str) -> None:
    """Export a run in a process that is killed just before the end."""
    command = [sys.executable, "-c", KILLED, str(folder), to]
    assert subprocess.run(command, check=False, timeout=120, env={**os.environ, "RUST_BACKTRACE": "0"}).returncode == 9


def test_an_export_to_postgresql_that_is_killed(server: str, folder: Path) -> None:
    killed(folder, f"{server}#killed")
    assert ask(server, "SELECT 1 FROM pg_namespace WHERE nspname = 'killed'") == []
    export(folder, f"{server}#killed")
    killed(folder, f"{server}#killed")
    counts = [ask(server, f"SELECT count(*) FROM killed.{table}")[0][0] for table in TABLES]
    assert counts == [finished_run(folder).rows[table] for table in TABLES]


def test_an_export_to_delta_that_is_killed(tmp_path: Path, folder: Path) -> None:
    killed(folder, f"delta:{tmp_path / 'lake'}")
    assert lake_rows(tmp_path / "lake", "payments")
    assert not (tmp_path / "lake" / "runs").exists()
    export(folder, f"delta:{tmp_path / 'lake'}")
    counts = [len(lake_rows(tmp_path / "lake", table)) for table in TABLES]
    assert counts == [finished_run(folder).rows[table] for table in TABLES]


def test_an_export_that_is_stopped(server: str, tmp_path: Path, folder: Path) -> None:
    def stop(stage: str, done: int, total: int) -> None:  # noqa: ARG001
        if done:
            raise KeyboardInterrupt

    for to in (f"{server}#stopped", f"delta:{tmp_path / 'lake'}"):
        with pytest.raises(KeyboardInterrupt):
            export(folder, to, stop)
    assert ask(server, "SELECT 1 FROM pg_namespace WHERE nspname = 'stopped'") == []
    assert not lake_rows(tmp_path / "lake", "payments")


INTERRUPTED = """
import signal, sys, time
from requite.engine.exporting.export import export
def tell(stage, done, total):
    if done and not told:
        told.append(time.monotonic())
        signal.raise_signal(signal.SIGINT)
told = []
try:
    export(sys.argv[1], sys.argv[2], tell)
except KeyboardInterrupt:
    print("stopped", time.monotonic() - told[0] < 10)
"""


def test_an_export_that_a_signal_stops(server: str, tmp_path: Path) -> None:
    claims = pa.table({"id": [f"C{i}" for i in range(400_001)], "practice": ["P"] * 400_001, "billed": ["3.01"] * 400_001})
    out = run_on(claims, tmp_path / "out")
    for to in (f"{server}#signal", f"delta:{tmp_path / 'lake'}"):
        done = subprocess.run(
            [sys.executable, "-c", INTERRUPTED, str(out), to], check=True, capture_output=True, text=True, timeout=120
        )
        assert done.stdout.split() == ["stopped", "True"]
    assert ask(server, "SELECT 1 FROM pg_namespace WHERE nspname = 'signal'") == []
    assert not lake_rows(tmp_path / "lake", "payments")


def test_two_exports_of_one_run_at_a_time(server: str, folder: Path) -> None:
    failed: list[Exception] = []

    def work() -> None:
        try:
            export(folder, f"{server}#twice")
        except DataError as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert ask(server, "SELECT count(*) FROM twice.payments") == [(finished_run(folder).rows["payments"],)]


def test_rows_come_in_batches(server: str, tmp_path: Path) -> None:
    claims = pa.table({"id": [f"C{i}" for i in range(120_001)], "practice": ["P"] * 120_001, "billed": ["3.01"] * 120_001})
    out = run_on(claims, tmp_path / "out")
    told: list[int] = []
    for to in (f"{server}#many", f"delta:{tmp_path / 'lake'}"):
        export(out, to, lambda _stage, done, _total: told.append(done))
        assert told[0] == 0
        assert told[-1] == sum(finished_run(out).rows.values())
        assert len(told) > 6
        told.clear()
    assert ask(server, "SELECT count(DISTINCT key), sum(amount)::text FROM many.payments") == [(120_001, "45150.37625")]
    assert len(lake_rows(tmp_path / "lake", "payments")) == 120_001


def test_the_manifest_stays_as_it_is(server: str, tmp_path: Path) -> None:
    run = requite.compile(TEXT).run(claim=CLAIMS, out=tmp_path / "out", known=KNOWN)
    before = (tmp_path / "out" / "manifest.json").read_bytes()
    done = run.export(f"{server}#from_python")
    assert done.rows["payments"] == len(run.payments)
    assert (tmp_path / "out" / "manifest.json").read_bytes() == before
    assert b"hush" not in before
    assert json.loads(before)["format"] == 1
