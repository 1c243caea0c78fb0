"""Sessions of Spark: one in this process, one that is handed over, or one at an address."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from requite.engine.reading.problems import problem

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

JAVA: Final = 17
CONNECT: Final = 15002
REACHED: Final = 10.0
"""Seconds until an address that does not answer is given up."""

TRIES: Final = 5
"""How often a Spark that no longer answers is asked again, at growing distances: for some twenty seconds in all."""

STOPPING: Final = 20.0
"""Seconds that Java has for going by itself."""

INSTALL: Final = f"Install it with pip install 'requite[spark]', and Java {JAVA} or later."

SETTINGS: Final = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.variable.substitute": "false",
    "spark.sql.caseSensitive": "false",
    "spark.sql.decimalOperations.allowPrecisionLoss": "true",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.parquet.int96RebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.compression.codec": "zstd",
}
"""What must hold in a session for the same answers as everywhere: nothing overflows in silence, no clock shifts a date."""

QUICK: Final = {
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.leafNodeDefaultParallelism": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.subexpressionElimination.enabled": "false",
}
"""For a few rows, of which planning takes longer than working."""

_started: dict[str, Any] = {}


def local_session(memory: int | None = None, threads: int | None = None, brief: bool = False) -> SparkSession:
    """The session in this process: one that is there already, or started now and stopped at the end.

    A `brief` one is for a few rows: its programs are not made as fast as they could be, which takes longer than running them.
    """
    found: SparkSession | None = _started.get("session")
    if found is None or not is_alive(found):
        stop()
        found = _started["session"] = _there() or _start(memory, threads, brief)
    return found


def is_alive(session: SparkSession) -> bool:
    """Whether nobody has stopped a session of this process."""
    return session.sparkContext._jsc is not None


def _there() -> SparkSession | None:
    """A session that somebody else has started in this process; it is theirs to stop."""
    with _pyspark():
        from pyspark import SparkContext
        from pyspark.sql import SparkSession
    context = SparkContext._active_spark_context
    return SparkSession(context) if context is not None else None


def session_there() -> SparkSession | None:
    """A session of Spark Connect that a program is at work with."""
    remote = sys.modules.get("pyspark.sql.connect.session")
    found: SparkSession | None = remote.SparkSession.getActiveSession() if remote is not None else None
    return found


def stop() -> None:
    """Ends what was started here, with its Java machine."""
    session, gateway = _started.pop("session", None), _started.pop("gateway", None)
    if session is None or gateway is None:
        return
    from pyspark import SparkContext

    session.stop()
    gateway.shutdown()
    SparkContext._gateway = SparkContext._jvm = None
    gateway.proc.stdin.close()
    try:
        gateway.proc.wait(timeout=STOPPING)
    except subprocess.TimeoutExpired:
        gateway.proc.kill()
        gateway.proc.wait()
    shutil.rmtree(_started.pop("folder"), ignore_errors=True)


@contextmanager
def _pyspark() -> Iterator[None]:
    """Says in plain words that PySpark is not there."""
    with warnings.catch_warnings():
        # It warns of versions of a library that is not used here.
        warnings.simplefilter("ignore")
        try:
            yield
        except ImportError as error:
            raise problem("no-spark", f"PySpark cannot be used: {_first_line(error)}", help=INSTALL) from error


def _start(memory: int | None, threads: int | None, brief: bool) -> SparkSession:
    with _pyspark():
        from pyspark import SparkConf, SparkContext
        from pyspark.errors import PySparkException
        from pyspark.java_gateway import launch_gateway
        from pyspark.sql import SparkSession
    check_java()
    quiet()
    folder = Path(tempfile.mkdtemp(prefix="requite-spark-"))
    conf = SparkConf()
    for name, value in _options(folder, memory, threads, brief).items():
        conf.set(name, value)
    log = folder / "spark.log"
    try:
        with log.open("wb") as out:
            gateway = launch_gateway(conf, {"stdout": out, "stderr": out})  # type: ignore[no-untyped-call]
        with _pyspark():
            context = SparkContext(conf=conf, gateway=gateway)
    except PySparkException as error:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        shutil.rmtree(folder, ignore_errors=True)
        raise problem("no-spark", f"Spark did not start: {lines[-1] if lines else _first_line(error)}", help=INSTALL) from error
    _started.update(gateway=gateway, folder=folder)
    atexit.register(stop)
    return SparkSession(context)


def quiet() -> None:
    """Keeps PySpark from printing what goes wrong: it is said here."""
    from pyspark.logger import PySparkLogger

    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        PySparkLogger.getLogger(name).disabled = True


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


# --- another Spark ----------------------------------------------------------------------------------------------------


def session_of(given: object) -> SparkSession:
    """The session that a program hands over, or one at an address; DataError where it is neither, or nothing is there."""
    if isinstance(given, str):
        return remote_session(given)
    if not hasattr(given, "sql") or type(given).__module__.partition(".")[0] != "pyspark":
        help = "Hand over a session of Spark, or an address such as sc://host:15002."
        raise problem("wrong-use", f"a {type(given).__name__} is no Spark", help=help)
    session: SparkSession = given  # type: ignore[assignment]
    if not (not session.is_stopped if is_remote(session) else is_alive(session)):  # type: ignore[attr-defined]
        raise problem("no-spark", "the session of Spark has been stopped", help="Hand over one that is running.")
    return session


def is_remote(session: SparkSession) -> bool:
    """Whether a session is behind Spark Connect."""
    return type(session).__module__.startswith("pyspark.sql.connect.")


def remote_session(address: str) -> SparkSession:
    """A session of its own behind Spark Connect, at an address such as sc://host:15002."""
    host, port = _host_and_port(address)
    shown = shown_address(address)
    help = "Is it the right host and port, and is Spark Connect started there?"
    try:
        with socket.create_connection((host, port), timeout=REACHED):
            pass
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise problem("no-spark", f"there is no Spark at {shown}: {why}", help=help) from error
    with _pyspark():
        import grpc  # type: ignore[import-untyped]
        from pyspark.errors import PySparkException
        from pyspark.sql.connect.client import DefaultChannelBuilder
        from pyspark.sql.connect.session import SparkSession as RemoteSession

        quiet()
        try:
            builder = DefaultChannelBuilder(address)
            with builder.toChannel() as channel:
                grpc.channel_ready_future(channel).result(timeout=REACHED)
            session: Any = RemoteSession(builder)
            patient_for_a_while(session)
            session.version  # noqa: B018 - the first thing that is asked, by which a wrong password comes to light
        except grpc.FutureTimeoutError as error:
            raise problem("no-spark", f"what answers at {shown} is not Spark Connect", help=help) from error
        except PySparkException as error:
            raise problem("no-spark", f"Spark at {shown} cannot be used: {said_by(error)}", help=help) from error
    made: SparkSession = session
    return made


def shown_address(address: str) -> str:
    """An address without what follows the host and port: a password may be in it."""
    return re.split(r"[;?#]|(?<=[^/:])/", address)[0].rpartition("@")[2]


def _host_and_port(address: str) -> tuple[str, int]:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme != "sc" or not host:
        shown = shown_address(address)
        raise problem("no-spark", f"{shown} is no address of Spark Connect", help="Write it as in sc://host:15002.")
    return host, CONNECT if port is None else port


def patient_for_a_while(session: SparkSession) -> None:
    """Lets a session of Spark Connect that belongs to a run give up within half a minute; otherwise it waits for ten."""
    from pyspark.sql.connect.client.retries import DefaultPolicy

    session.client.set_retry_policies([DefaultPolicy(max_retries=TRIES)])


def own_session(session: SparkSession) -> SparkSession:
    """A session beside another one, whose names and settings are its own."""
    if not is_remote(session):
        return session.newSession()
    with _pyspark():
        from pyspark.errors import PySparkException

        try:
            own = session.newSession()
        except (AttributeError, NotImplementedError, PySparkException):
            # Before Spark 4.3 there is no empty one.
            own = session.cloneSession()  # type: ignore[attr-defined]
    quiet()
    patient_for_a_while(own)
    return own


def release(session: SparkSession) -> None:
    """Lets go of a session that is a run's own, with what it is still at; of others' nothing is stopped."""
    if is_remote(session):
        with suppress(Exception):
            session.client.release_session()
        with suppress(Exception):
            session.client.close()


@contextmanager
def active(session: SparkSession) -> Iterator[None]:
    """Makes a session the one that Spark Connect takes an answer to be for: it looks for that where only one may be."""
    if not is_remote(session):
        yield
        return
    held: Any = type(session)._active_session  # type: ignore[attr-defined]
    before = getattr(held, "session", None)
    held.session = session
    try:
        yield
    finally:
        held.session = before


def shares_files(session: SparkSession, folder: Path) -> bool:
    """Whether a Spark reads what is written to a folder here, and writes there what is read here."""
    if not is_remote(session) and str(session.sparkContext.master).startswith("local"):
        return True
    from py4j.protocol import Py4JError  # type: ignore[import-untyped]
    from pyspark.errors import PySparkException

    word, name = uuid4().hex, uuid4().hex[:8]
    there, back = folder / f"asked_{name}.parquet", folder / f"told_{name}.parquet"
    pq.write_table(pa.table({"word": [word]}), there)
    try:
        session.read.parquet(file_address(there)).write.parquet(file_address(back))
        told = [row for path in sorted(back.glob("part-*.parquet")) for row in pq.read_table(path)["word"].to_pylist()]
    except (Py4JError, PySparkException, OSError, pa.ArrowException):
        return False
    return told == [word]


def file_address(path: Path) -> str:
    """A path as Spark is to read it, whatever file system it takes for its own."""
    return f"file://{path}"


def said_by(error: Exception) -> str:
    """What an error of Spark says, in one line."""
    details = re.search(r'details = "([^\n]*)"', str(error))
    return details[1] if details else _first_line(error)


def _options(folder: Path, memory: int | None, threads: int | None, brief: bool) -> dict[str, str]:
    quiet = folder / "log4j2.properties"
    quiet.write_text("rootLogger.level = off\n", encoding="ascii")
    java = f"-Dlog4j2.configurationFile={quiet.as_uri()}" + (" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC" if brief else "")
    return SETTINGS | {
        "spark.master": f"local[{threads or '*'}]",
        "spark.app.name": "requite",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": f"{(memory or 2**31) // 2**20}m",
        # What works is in this very process: to give it up for a long pause would leave its work undone for ever.
        "spark.executor.heartbeatInterval": "60s",
        "spark.network.timeout": "24h",
        "spark.driver.extraJavaOptions": java,
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.log.structuredLogging.enabled": "false",
        "spark.sql.pyspark.jvmStacktrace.enabled": "false",
        "spark.sql.shuffle.partitions": str(max(threads or os.cpu_count() or 1, 2)),
    }


def check_java() -> None:
    """DataError where there is no Java that Spark runs on."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    help = f"Install Java {JAVA}, and set JAVA_HOME to its folder."
    if java is None:
        where = f" in JAVA_HOME ({home})" if home else ""
        raise problem("no-java", f"Spark needs Java {JAVA} or later, and there is none{where}", help=help)
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(?:1\.)?([0-9]+)', said)
    if version is None or int(version[1]) < JAVA:
        found = f"version {version[1]}" if version else "something else"
        raise problem("no-java", f"Spark needs Java {JAVA} or later, and {java} is {found}", help=help)
