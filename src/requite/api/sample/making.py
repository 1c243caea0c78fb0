"""Making a sample: everything by SQL from a seed, written to a folder that is whole or not there at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import duckdb

from requite.api.sample.files import FILES, TRUTH
from requite.api.sample.practices import practices
from requite.api.sample.roles import (
    ADDITION,
    CLINICS,
    CONTRACTS,
    COURSES,
    INVOICES,
    LINES,
    WRONG_BY,
    WRONG_HRG,
    choosing,
    spell_roles,
)
from requite.api.sample.tariffs import check_treatments, read_tariff
from requite.engine.data import Progress
from requite.engine.full_disk import is_full_disk
from requite.engine.manifest import own_version
from requite.engine.reading.problems import problem
from requite.engine.settings import Settings, memory_text
from requite.engine.working import whole_folder

FORMATS: Final = ("csv", "parquet")
STEPS: Final = (
    ("01_terms", "the contract's terms"),
    ("02_people", "patients"),
    ("03_plan", "what each spell is to be"),
    ("04_spells", "spells"),
    ("05_outpatients", "outpatients and referrals"),
    ("06_contracts", "contracts and invoices"),
    ("07_truth", "what is planted"),
)
ABOUT: Final = "sample.json"
"""Says what a folder was made from, and so that a sample made it."""

REVIEWED_ON: Final = "2018-05-10"
"""The day of the review, as `01_terms.sql` has it: what is known by then is what the year's last claims are judged by."""
TRUTH_FILE: Final = "truth.csv"
LEAST_PATIENTS: Final = 2_000
LEAST_PRACTICES: Final = 10
PATIENTS_A_PRACTICE: Final = 50
"""Fewer than these, and there are not a few of each kind of error, or not enough referrals to see where a practice leans."""

MOST_PATIENTS: Final = 100_000_000
COURSES_OF_HUNDRED: Final = 54
LINES_OF_HUNDRED: Final = 15
SPELLS_OF_HUNDRED: Final = 32
"""Courses of outpatient appointments, lines of items and spells in a year for each hundred patients; illustrative."""


DEFAULTS: Final = Settings()


@dataclass(frozen=True, slots=True)
class Wanted:
    """The sample that is asked for."""

    practices: int
    patients: int
    seed: int
    out: str
    tariff: str | None = None
    format: str = "csv"
    overwrite: bool = False
    settings: Settings = DEFAULTS


@dataclass(frozen=True, slots=True)
class Planted:
    """What is planted of one kind: how many errors, how many of them a check can find, and how much they come to in pence."""

    kind: str
    errors: int
    findable: int
    overcharge: int
    undercharge: int


@dataclass(frozen=True, slots=True)
class Made:
    """A sample that was made."""

    out: Path
    rows: Mapping[str, int]
    planted: tuple[Planted, ...]
    bills: int
    wrong_bills: int
    gross: int
    net: int
    billed: int


def make(wanted: Wanted, progress: Progress) -> Made:
    """Make a sample and write its files; DataError where the folder or the price list cannot be used."""
    target = free_for_sample(wanted.out, wanted.overwrite)
    with whole_folder(target) as place, _database(place.scratch, wanted.settings) as connection:
        read_tariff(connection, wanted.tariff)
        _prepare(connection, wanted)
        for done, (step, title) in enumerate(STEPS):
            progress(title, done, len(STEPS))
            connection.execute((files("requite.api.sample") / "sql" / f"{step}.sql").read_text("utf-8"))
            if step == "01_terms":
                check_treatments(connection, wanted.tariff)
                _make_practices(connection, wanted)
        rows = _write(connection, place.folder, wanted.format, progress)
        made = _summary(connection, Path(wanted.out), rows)
        connection.close()
        about = {"requite": own_version(), "duckdb": duckdb.__version__, **_made_from(wanted), "rows": rows}
        (place.folder / ABOUT).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    return made


def free_for_sample(out: str | os.PathLike[str], overwrite: bool) -> Path:
    """Where the sample is to be; DataError where something is there that may not be replaced."""
    target = Path(out).expanduser().resolve()
    if not target.exists():
        return target
    if not target.is_dir():
        raise problem("out-exists", f"{out} is a file, not a folder", file=str(out), help="Name a new folder.")
    there = {path.name for path in target.iterdir()}
    if not there:
        return target
    if ABOUT not in there:
        raise problem(
            "out-exists", f"the folder {out} is not empty, and no sample is in it", file=str(out), help="Name a new folder."
        )
    if not overwrite:
        help = "Name a new folder, or say that it may be overwritten (--overwrite)."
        raise problem("out-exists", f"{out} holds an earlier sample", file=str(out), help=help)
    strangers = sorted(there - {ABOUT, TRUTH_FILE, *(f"{name}.{form}" for name in FILES for form in FORMATS)})
    if strangers:
        message = f"{out} holds what no sample wrote: {', '.join(strangers[:5])}"
        raise problem("out-exists", message, file=str(out), help="Name a new folder, or move those files first.")
    return target


@contextmanager
def _database(scratch: Path, settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database on the disk, so that the memory it takes does not grow with the sample."""
    with duckdb.connect(str(scratch / "sample.duckdb")) as connection:
        connection.execute(f"SET memory_limit = '{settings.memory}B'")
        connection.execute(f"SET threads = {settings.threads}")
        connection.execute("SET temp_directory = $1", [str(scratch)])
        try:
            yield connection
        except duckdb.InterruptException as error:
            raise KeyboardInterrupt from error
        except duckdb.OutOfMemoryException as error:
            message = f"{memory_text(settings.memory or 0)} of memory and the room on the disk are too little for this sample"
            raise problem(
                "out-of-memory", message, help="Let it use more with --memory, or fewer threads with --threads."
            ) from error
        except duckdb.Error as error:
            # A full disk may first be met where a transaction ends, and then again by all that comes after.
            if is_full_disk(error) or not isinstance(error, duckdb.IOException):
                raise
            why = str(error).splitlines()[0].removeprefix("IO Error: ")
            raise problem(
                "cannot-write", f"the sample cannot be written: {why}", help="Make room, or choose another folder."
            ) from error


def _prepare(connection: duckdb.DuckDBPyConnection, wanted: Wanted) -> None:
    variables = {
        "seed": wanted.seed,
        "wrong_share": WRONG_HRG,
        "wrong_by": WRONG_BY,
        "contract_share": CONTRACTS,
        "clinic_share": CLINICS,
        "invoice_share": INVOICES,
        "addition": ADDITION * 100,
    }
    for name, value in variables.items():
        connection.execute(f"SET VARIABLE {name} = {value}")
    spells, courses, lines = (wanted.patients * share // 100 for share in (SPELLS_OF_HUNDRED, COURSES_OF_HUNDRED, LINES_OF_HUNDRED))
    connection.execute(f"CREATE MACRO role_of(crowd, place) AS {spell_roles(spells)}")
    connection.execute(f"CREATE MACRO course_role_of(place) AS {choosing(COURSES, courses)}")
    connection.execute(f"CREATE MACRO line_role_of(place) AS {choosing(LINES, lines)}")


def _make_practices(connection: duckdb.DuckDBPyConnection, wanted: Wanted) -> None:
    query = "SELECT draw('list', no, 1000000) FROM range($1) AS numbers (no) ORDER BY no"
    draws = [draw for (draw,) in connection.execute(query, [wanted.practices]).fetchall()]
    connection.execute(
        "CREATE TABLE practice_made (no BIGINT, code VARCHAR, name VARCHAR, list_size BIGINT, first BIGINT, commissioner VARCHAR, "
        "peer_group VARCHAR, steered_to BIGINT, exceptions VARCHAR, has_stake BOOLEAN)"
    )
    rows = [practice.row() for practice in practices(draws, wanted.patients)]
    connection.executemany("INSERT INTO practice_made VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _write(connection: duckdb.DuckDBPyConnection, folder: Path, form: str, progress: Progress) -> dict[str, int]:
    rows = {}
    form_of = dict.fromkeys(FILES, form) | {"truth": "csv"}
    for done, (name, query) in enumerate({**FILES, "truth": TRUTH}.items()):
        progress(f"writing {name}", done, len(form_of))
        how = "FORMAT csv, HEADER" if form_of[name] == "csv" else "FORMAT parquet, COMPRESSION zstd"
        path = str(folder / f"{name}.{form_of[name]}").replace("'", "''")
        counted = connection.execute(f"COPY ({query}) TO '{path}' ({how})").fetchone()
        rows[name] = int(counted[0]) if counted else 0
    return rows


def _summary(connection: duckdb.DuckDBPyConnection, out: Path, rows: Mapping[str, int]) -> Made:
    # An error that several checks find is counted once, with the largest amount.
    kinds = connection.execute(
        """WITH each_error AS (
             SELECT kind, record, key, count("check") > 0 AS is_findable, arg_max(overcharge, abs(overcharge)) AS overcharge
             FROM truth GROUP BY kind, record, key
           )
           SELECT kind, count(*), count(*) FILTER (is_findable), coalesce(sum(overcharge) FILTER (overcharge > 0), 0)::BIGINT,
             coalesce(-sum(overcharge) FILTER (overcharge < 0), 0)::BIGINT
           FROM each_error GROUP BY kind ORDER BY substr(kind, 2)::INTEGER"""
    ).fetchall()
    wrong: Any = connection.execute(
        """SELECT count(*), count(*) FILTER (is_wrong), coalesce(sum(abs(billed - price)) FILTER (is_wrong), 0)::BIGINT,
             coalesce(sum(billed - price) FILTER (is_wrong), 0)::BIGINT, sum(billed)::BIGINT
           FROM spell_made"""
    ).fetchone()
    return Made(out, dict(rows), tuple(Planted(*row) for row in kinds), *wrong)


def _made_from(wanted: Wanted) -> dict[str, Any]:
    return {
        "seed": wanted.seed,
        "practices": wanted.practices,
        "patients": wanted.patients,
        "format": wanted.format,
        "tariff": Path(wanted.tariff).name if wanted.tariff is not None else None,
    }
