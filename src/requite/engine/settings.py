"""How a run is to be worked: by which engine, in how much memory, with how many threads."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from requite.engine.reading.problems import problem

DUCKDB: Final = "duckdb"
SPARK: Final = "spark"
INTERPRET: Final = "interpret"
ENGINES: Final = (DUCKDB, SPARK, INTERPRET)

SPARK_REMOTE: Final = "SPARK_REMOTE"
"""Where Spark's own tools find the address of Spark Connect."""

UNITS: Final = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "KI": 2**10, "MI": 2**20, "GI": 2**30, "TI": 2**40}
LEAST_MEMORY: Final = 100 * 10**6
"""Less than this, and a database has no room to begin."""

MOST_THREADS: Final = 1024
"""More than any machine has a use for; a database begins each of them at once."""

UNKNOWN_MEMORY: Final = 4 * 10**9
"""Taken for the memory of a machine that does not say."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The engine by name; the memory that it may use, in bytes, and its threads, where they are not to be chosen here.

    `spark` is the address of Spark Connect, or a session of Spark, where Spark is not to be started here.
    """

    engine: str = DUCKDB
    memory: int | None = None
    threads: int | None = None
    spark: object = None

    def chosen(self) -> Settings:
        """The same with everything chosen: half of the memory that there is, and a thread for each processor."""
        memory = self.memory or max(memory_there() // 2, LEAST_MEMORY)
        return replace(self, memory=memory, threads=self.threads or processors())


def settings_of(engine: str, memory: str | None = None, threads: int | None = None, spark: object = None) -> Settings:
    """An engine by name, with its memory as text; DataError where there is no such engine or amount.

    For Spark, `spark` is the address or the session; else what SPARK_REMOTE says, as for Spark's own tools.
    """
    if engine not in ENGINES:
        raise problem("wrong-use", f"there is no engine {engine}", help=f"There are {', '.join(ENGINES)}.")
    if threads is not None and threads < 1:
        raise problem("wrong-use", f"{threads} threads are too few: one is the least")
    if threads is not None and threads > MOST_THREADS:
        raise problem("wrong-use", f"{threads} threads are too many: {MOST_THREADS} is the most")
    if spark is not None and engine != SPARK:
        raise problem("wrong-use", f"a Spark is named, and {engine} is to decide", help="Let spark decide, or name no Spark.")
    if spark is None and engine == SPARK:
        spark = _remote()
    try:
        return Settings(engine, memory_of(memory) if memory is not None else None, threads, spark)
    except ValueError as error:
        raise problem("wrong-use", str(error)) from error


def _remote() -> str | None:
    """The address that SPARK_REMOTE holds. Spark's tools take `local` there as well, which is Spark in this process."""
    address = os.environ.get(SPARK_REMOTE, "").strip()
    return address if address and not address.startswith("local") else None


def memory_of(text: str) -> int:
    """An amount of memory such as 3GB, 512 MB or 2GiB, in bytes; ValueError with what is wrong."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?I?)B?", text.strip().upper())
    if found is None or found[2] not in UNITS:
        raise ValueError(f"{text} is no amount of memory: write a number and a unit, as in 3GB or 512MB")
    size = int(Fraction(found[1]) * UNITS[found[2]])
    if size < LEAST_MEMORY:
        raise ValueError(f"{text} is too little memory: {memory_text(LEAST_MEMORY)} is the least")
    return size


def memory_text(size: int) -> str:
    """Bytes in words: 3 GB, 512 MB."""
    return f"{size / 10**9:.3g} GB" if size >= 10**9 else f"{size // 10**6:,} MB"


def memory_there() -> int:
    """The memory of this machine, or of the container that the process runs in, in bytes."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        whole = UNKNOWN_MEMORY
    limits = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
    return min([whole, *(limit for limit in map(_number_in, limits) if limit)])


def _number_in(path: Path) -> int:
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return 0
    return int(text) if text.isdecimal() else 0


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def engine_part(settings: Settings, version: str, **more: Any) -> dict[str, Any]:
    """What the manifest says of the engine."""
    return {"name": settings.engine, "version": version, "memory": settings.memory, "threads": settings.threads, **more}
