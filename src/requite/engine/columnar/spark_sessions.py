"""Sessions of Spark: one in this process, one that is handed over, or one at an address."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import socket
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from requite.engine.reading.problems import problem

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

JAVA: Final = 17
CONNECT: Final = 15002
REACHED: Final = 10.0
"""Seconds until an address that does not answer is given up."""

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
    return SparkSession.builder.getOrCreate() if SparkContext._active_spark_context is not None else None


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
        from pyspark.logger import PySparkLogger
        from pyspark.sql import SparkSession
    check_java()
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        PySparkLogger.getLogger(name).disabled = True
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


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def remote_session(address: str) -> SparkSession:
    """A session behind Spark Connect, at an address such as sc://host:15002."""
    found = re.fullmatch(r"sc://([^:/;]+)(?::([0-9]+))?(/.*)?", address)
    if found is None:
        raise problem("no-spark", f"{address} is no address of Spark", help="Write it as in sc://host:15002.")
    try:
        with socket.create_connection((found[1], int(found[2] or CONNECT)), timeout=REACHED):
            pass
    except (OSError, OverflowError) as error:
        help = "Is it the right host and port, and is Spark Connect started there?"
        raise problem("no-spark", f"there is no Spark at {address}: {error}", help=help) from error
    with _pyspark():
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession

        try:
            return SparkSession.builder.remote(address).getOrCreate()
        except PySparkException as error:
            raise problem("no-spark", f"Spark at {address} cannot be used: {_first_line(error)}") from error


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
        "spark.driver.memory": f"{(memory or 2**30) // 2**20}m",
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
