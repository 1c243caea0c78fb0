"""Spark that is not started by a run: behind Spark Connect or handed over, its frames as data, and runs taken up again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import requite
from requite.engine.columnar import spark as spark_engine
from requite.engine.columnar import spark_sessions
from requite.engine.columnar.frames import Statement
from requite.engine.columnar.spark import Spark
from requite.engine.columnar.spark_sessions import local_session, remote_session, session_of
from requite.engine.columnar.sql import column, select_of
from requite.engine.reading.problems import DataError
from requite.engine.results import COLUMNS
from requite.engine.settings import settings_of

pytestmark = pytest.mark.skipif(
    find_spec("pyspark") is None or find_spec("grpc") is None or shutil.which("java") is None,
    reason="PySpark or Java is not installed",
)

FEES = """
ruleset fees "Fees"
payee gps "The GPs"

record practice "A practice"
  key code: text
  spend: money
  reviewed: yes/no
  since: date

scheme reviews "Reviews" for each practice
  settles with the period
  payment fee "Fee" to gps spent on "chairs"
    requires reviewed
    amount 33.3% of spend

check dear "Dear" for each practice
  flag when spend > £900
  expected £900
  reason "{code} spent {spend}"
"""

COMMAND = "import sys; from requite.api.cli import main; sys.exit(main())"

KNOWN = date(2018, 1, 1)


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    yield local_session(memory=10**9, threads=2, brief=True)
    spark_sessions.stop()


@pytest.fixture(scope="module")
def address(spark: Any) -> Iterator[str]:
    """Where that Spark serves Spark Connect."""
    context = spark.sparkContext
    ours = {"spark.connect.grpc.binding.port": "0", "spark.connect.grpc.binding.address": "127.0.0.1"}
    for name, value in ours.items():
        context._jsc.sc().conf().set(name, value)
    service = getattr(getattr(context._jvm, "org.apache.spark.sql.connect.service.SparkConnectService$"), "MODULE$")
    service.start(context._jsc.sc())
    yield f"sc://127.0.0.1:{service.localPort()}"
    spark_sessions.stop()


@pytest.fixture
def fees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> requite.Ruleset:
    """A ruleset, and data for it in the current folder: of five rows one cannot be read, and two have the same key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SPARK_REMOTE", raising=False)
    lines = [f"P{n},{n * 7}.50,{'yes' if n % 3 else 'no'},2017-04-0{n % 9 + 1}" for n in range(200)]
    text = "\n".join(["code,spend,reviewed,since", *lines, "P7,1,yes,2017-04-01", "Q1,x,yes,2017-04-01"])
    Path("practice.csv").write_text(text + "\n", encoding="utf-8")
    Path("fees.requite").write_text(FEES.lstrip(), encoding="utf-8")
    return requite.compile(Path("fees.requite"))


def assert_same(one: Path, other: Path) -> None:
    for name in COLUMNS:
        assert (one / f"{name}.parquet").is_file()
        assert _rows(one, name) == _rows(other, name), name


def _rows(folder: Path, name: str) -> Any:
    import pyarrow.parquet as pq

    table = pq.read_table(folder / f"{name}.parquet")
    return [(field.name, field.type) for field in table.schema], table.to_pylist()


def settled(fees: requite.Ruleset, out: str, given: object = "practice.csv", **options: Any) -> requite.Run:
    return fees.run(practice=given, out=out, known=KNOWN, **options)


# --- behind an address ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shared", [True, False], ids=["its folder", "nothing but the address"])
def test_it_decides_behind_an_address(
    fees: requite.Ruleset, address: str, shared: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[object] = []
    if not shared:

        def shares_none(*given: object) -> bool:
            asked.append(given)
            return False

        monkeypatch.setattr(spark_engine, "shares_files", shares_none)
    settled(fees, "duckdb")
    run = settled(fees, "spark", engine="spark", spark=address)
    assert bool(asked) != shared
    assert len(run.findings) > 50
    assert len(run.rejects) == 3
    assert_same(tmp_path / "duckdb", tmp_path / "spark")
    assert run.manifest["engine"]["address"] == address
    assert "spent" in str(run.explain("P199"))


def test_the_command_takes_an_address_or_the_one_that_sparks_tools_use(fees: requite.Ruleset, address: str, tmp_path: Path) -> None:
    settled(fees, "duckdb")
    command = [sys.executable, "-c", COMMAND, "run", "fees.requite", "--data", "practice=practice.csv"]
    command += ["--known", KNOWN.isoformat(), "--engine", "spark", "--out", "spark"]
    environment = {**os.environ, "SPARK_REMOTE": f"{address}/;user_id=someone"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert_same(tmp_path / "duckdb", tmp_path / "spark")
    refused = subprocess.run([*command, "--spark", "sc://127.0.0.1:1", "--overwrite"], capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: there is no Spark at sc://127.0.0.1:1: ")
    assert len(refused.stderr.splitlines()) == 2


def test_what_spark_remote_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for said, meant in (("sc://there:15002", "sc://there:15002"), ("local[2]", None), ("", None)):
        monkeypatch.setenv("SPARK_REMOTE", said)
        assert settings_of("spark").spark == meant
        assert settings_of("duckdb").spark is None
        assert settings_of("spark", spark="sc://here").spark == "sc://here"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("sc://127.0.0.1:1", "there is no Spark at sc://127.0.0.1:1: "),
        ("sc://nobody.invalid/;token=secret", "there is no Spark at sc://nobody.invalid: "),
        ("spark://127.0.0.1:7077", "spark://127.0.0.1:7077 is no address of Spark Connect"),
        ("sc://127.0.0.1:99999/;token=secret", "sc://127.0.0.1:99999 is no address of Spark Connect"),
        ("spark", "spark is no address of Spark Connect"),
        ("sc://", "sc:// is no address of Spark Connect"),
        ("", " is no address of Spark Connect"),
        (7, "a int is no Spark"),
    ],
)
def test_what_is_no_spark_is_said_in_a_line(fees: requite.Ruleset, given: object, said: str) -> None:
    with pytest.raises(DataError) as refused:
        settled(fees, "out", engine="spark", spark=given)
    (problem,) = refused.value.problems
    assert problem.message.startswith(said)
    assert "secret" not in str(refused.value)
    assert "\n" not in problem.message
    assert not Path("out").exists()


def test_what_answers_and_is_no_spark_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_sessions, "REACHED", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        where = f"sc://127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(DataError, match=f"what answers at {where} is not Spark Connect"):
            remote_session(where)


def test_a_spark_is_named_for_spark_alone(fees: requite.Ruleset) -> None:
    with pytest.raises(DataError, match="a Spark is named, and duckdb is to decide"):
        settled(fees, "out", spark="sc://127.0.0.1:1")


def test_a_spark_that_went_away_is_said(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_sessions, "TRIES", 1)
    here = remote_session(address)
    base = Spark(here, tmp_path)
    base.bring("rows", pa.table({"n": [1]}))
    select = select_of([column("n")], "rows")
    base.make(Statement("made", "the clause", select))
    base.session.client.release_session()
    with pytest.raises(DataError, match="Spark no longer answers") as lost:
        base.make(Statement("more", "the clause", select))
    assert [problem.code for problem in lost.value.problems] == ["spark-lost"]
    base.close()
    spark_sessions.release(here)


# --- a session that is handed over ------------------------------------------------------------------------------------


@pytest.fixture(params=["classic", "connect"])
def theirs(request: pytest.FixtureRequest, spark: Any) -> Iterator[Any]:
    """A session of somebody else, with a setting of their own."""
    session = spark.newSession() if request.param == "classic" else remote_session(request.getfixturevalue("address"))
    session.conf.set("spark.sql.ansi.enabled", "false")
    yield session
    if request.param == "connect":
        spark_sessions.release(session)


def frame(session: Any) -> Any:
    """Rows of Spark in three partitions: the last of them cannot be read."""
    rows = [(f"P{n}", Decimal(f"{n * 300}.5"), n % 2 == 0, date(2017, 4, n + 1)) for n in range(6)]
    rows.append((None, Decimal(1), True, date(2017, 4, 1)))  # type: ignore[arg-type]
    schema = "code STRING, spend DECIMAL(12, 1), reviewed BOOLEAN, since DATE"
    return session.createDataFrame(rows, schema).repartitionByRange(3, "spend")


@pytest.mark.parametrize("engine", ["spark", "duckdb", "interpret"])
def test_frames_of_spark_are_data(fees: requite.Ruleset, theirs: Any, engine: Any, tmp_path: Path) -> None:
    data = frame(theirs)
    settled(fees, "arrow", data.toArrow(), engine="interpret")
    run = settled(fees, "made", data, engine=engine, spark=theirs if engine == "spark" else None)
    assert len(run.payments) == 6
    assert len(run.rejects) == 1
    assert_same(tmp_path / "arrow", tmp_path / "made")
    assert run.summary.counts[0].form == "Spark DataFrame"
    assert "spent" in str(run.explain("P5"))
    assert theirs.conf.get("spark.sql.ansi.enabled") == "false"
    assert theirs.sql("SELECT 1 AS one").toArrow().to_pylist() == [{"one": 1}]


def test_a_frame_goes_to_the_run_as_it_would_as_arrow(spark: Any, tmp_path: Path) -> None:
    """Whatever way it goes: by files of Spark, or as Arrow where Parquet would not hold the same."""
    ruleset = requite.compile(
        'ruleset kinds "Kinds"\nrecord row\n  key n: number\n  small: number\n  at: moment\n  note: text optional\n'
        "for each row\n  let twice = small * 2\n  show twice, at, note\n"
    )
    rows = [(1, 0.1, datetime(2017, 1, 1, 12, 30, 1, 5), "é"), (2, 2.5, datetime(1890, 1, 1), None)]
    for small, kind in (("FLOAT", "TIMESTAMP"), ("DOUBLE", "TIMESTAMP_NTZ")):
        data = spark.createDataFrame(rows, f"n TINYINT, small {small}, at {kind}, note STRING")
        for name, given in (("arrow", data.toArrow()), ("frame", data)):
            ruleset.run(row=given, out=tmp_path / f"{kind}_{name}", known=KNOWN)
        assert_same(tmp_path / f"{kind}_arrow", tmp_path / f"{kind}_frame")


def test_a_session_that_was_stopped_is_refused(address: str) -> None:
    session = remote_session(address)
    spark_sessions.release(session)
    with pytest.raises(DataError, match="the session of Spark has been stopped"):
        session_of(session)


# --- going on ---------------------------------------------------------------------------------------------------------


KILLED = """
import os, signal, sys
from requite.engine.columnar import running
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
running.rule_counts = die
from requite.api.cli import main
sys.exit(main())
"""


def test_a_killed_run_is_taken_up_by_spark(
    fees: requite.Ruleset, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was killed on Spark Connect; the Spark of this process goes on with it."""
    settled(fees, "duckdb")
    command = [sys.executable, "-c", KILLED, "run", "fees.requite", "--data", "practice=practice.csv", "--out", "out", "--resume"]
    command += ["--known", KNOWN.isoformat(), "--engine", "spark", "--spark", address]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == -signal.SIGKILL, done.stderr
    (left,) = Path().glob(".out.*.partial")
    finished = {path.parent.name.split(".")[0] for path in left.glob("work/spark/*.parquet/_SUCCESS")}
    assert "decided_1" in finished
    asked: list[str] = []
    real = Spark._as_files

    def as_files(self: Spark, name: str, text: str) -> Any:
        before = set(self.folder.iterdir())
        made = real(self, name, text)
        asked.extend([name] if made[0] not in before else [])
        return made

    monkeypatch.setattr(Spark, "_as_files", as_files)
    run = settled(fees, "out", engine="spark", resume=True)
    assert run.summary.notices == ("an unfinished run of this ruleset on this data is taken up",)
    assert asked
    assert not finished & set(asked)
    assert_same(tmp_path / "duckdb", tmp_path / "out")
    assert not list(Path().glob(".*"))
