"""The folder of a run: free to be written, whole or not there at all, and what an unfinished run left behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final
from uuid import uuid4

from requite.engine.folder_names import NAME, TEXTS
from requite.engine.full_disk import DISK_FULL, full_disk_told
from requite.engine.manifest import read_manifest
from requite.engine.reading.problems import DataError, problem
from requite.engine.results import COLUMNS

if sys.platform != "win32":
    import fcntl

SCRATCH: Final = "work"
"""What a run needs while it works; gone before its folder is put in place."""

LOCK: Final = "lock"
IDENTITY: Final = "run.json"
OF_A_RUN: Final = (NAME, "counts.parquet")
"""Files by which the folder of a run is told from any other."""

FRESH: Final = 60
"""Seconds in which a folder without a lock may be one that is just being made."""

KEPT: Final = ("out-of-memory", "system", "spark-lost", DISK_FULL)
"""Problems after which another try may succeed, by their codes."""


class Unfinished(KeyboardInterrupt):
    """The run was stopped, and what it had finished was kept."""


@dataclass(eq=False)
class Workplace:
    """Where a run works: `folder` becomes the run's, `scratch` in it does not.

    `keep` says whether what is finished is to outlive an interruption; `resumed` whether it has outlived one. `notices` are for
    the user.
    """

    folder: Path
    scratch: Path
    keep: bool = False
    resumed: bool = False
    notices: list[str] = field(default_factory=list)


# --- what is there ----------------------------------------------------------------------------------------------------


def free_folder(out: str | os.PathLike[str], overwrite: bool) -> Path:
    """Where the results are to be, after every link; DataError where something is there that may not be replaced."""
    target = Path(out).expanduser().resolve()
    _refuse_inside_a_run(target, out)
    if not target.exists():
        return target
    if not target.is_dir():
        raise problem("out-exists", f"{out} is a file, not a folder", file=str(out), help="Name a new folder.")
    if (target / NAME).is_file():
        if overwrite:
            _refuse_strangers(target, out)
            return target
        message = f"{out} holds the results of an earlier run ({_ran(target)})"
        raise problem(
            "out-exists", message, file=str(out), help="Name a new folder, or say that it may be overwritten (--overwrite)."
        )
    if any(target.iterdir()):
        message = f"the folder {out} is not empty, and no run wrote it"
        raise problem("out-exists", message, file=str(out), help="Name a new folder.")
    return target


def _refuse_inside_a_run(target: Path, out: str | os.PathLike[str]) -> None:
    """Nothing is added to what a run wrote: the folder would be no run's any more, and could not be replaced by another."""
    # Others call a file of theirs manifest.json, too: a run has its tables beside it.
    run = next((above for above in target.parents if all((above / file).is_file() for file in OF_A_RUN)), None)
    if run is not None:
        message = f"{out} is inside {run.name}, which holds the results of an earlier run ({_ran(run)})"
        raise problem("out-exists", message, file=str(out), help=f"Name a folder outside {run}.")


def _refuse_strangers(target: Path, out: str | os.PathLike[str]) -> None:
    """Only what a run wrote may be replaced."""
    ours = {NAME, TEXTS, *(f"{name}.{suffix}" for name in COLUMNS for suffix in ("parquet", "csv"))}
    strangers = sorted(path.name for path in target.iterdir() if path.name not in ours)
    if strangers:
        message = f"{out} holds what no run wrote: {', '.join(strangers[:5])}"
        raise problem("out-exists", message, file=str(out), help="Name a new folder, or move those files first.")


def _ran(folder: Path) -> str:
    try:
        manifest = read_manifest(folder)
        return f"{manifest['ruleset']['name']}, {manifest['times']['started'][:10]}"
    except (DataError, KeyError, TypeError):
        return "of another version"


# --- working ----------------------------------------------------------------------------------------------------------


@contextmanager
def whole_folder(target: Path, identity: str = "", resume: bool = False, replaces: bool = True) -> Iterator[Workplace]:
    """A folder to work in, which becomes `target` once all is written.

    On any interruption it is taken away again, unless the run is to be resumed: then what is finished stays for one of the same
    `identity`. What runs that were killed have left is taken up or taken away. Where it `replaces` nothing, DataError says that
    another has written `target` in the meantime.
    """
    notices: list[str] = []
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder, lock = _left_by_another(target, identity if resume else "", notices)
        resumed = folder is not None
        folder = folder or _new_folder(target)
        lock = lock or _locked(folder)
        (folder / SCRATCH).mkdir(exist_ok=True)
        (folder / SCRATCH / IDENTITY).write_text(json.dumps({"identity": identity}), encoding="utf-8")
    except OSError as error:
        why = (error.strerror or "it cannot be written").lower()
        raise problem("out-exists", f"{target} cannot be made: {why}", file=str(target), help="Name another folder.") from error
    if resume and not resumed:
        notices.append("there is no unfinished run of this ruleset on this data: it begins anew")
    place = Workplace(folder, folder / SCRATCH, resume and bool(identity), resumed, notices)
    try:
        with full_disk_told(target):
            yield place
        shutil.rmtree(place.scratch)
        (folder / LOCK).unlink(missing_ok=True)
        _put_in_place(folder, target, replaces)
    except BaseException as error:
        if place.keep and place.scratch.is_dir() and _may_go_on(error):
            if isinstance(error, KeyboardInterrupt):
                raise Unfinished from error
            raise
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        if lock is not None:
            lock.close()


def _may_go_on(error: BaseException) -> bool:
    if isinstance(error, DataError):
        return any(one.code in KEPT for one in error.problems)
    return isinstance(error, (KeyboardInterrupt, OSError, MemoryError))


def _new_folder(target: Path) -> Path:
    folder = target.parent / f".{target.name}.{uuid4().hex[:8]}.partial"
    folder.mkdir()
    return folder


def _locked(folder: Path) -> IO[str]:
    """The lock of an own folder, held as long as the process lives."""
    lock = (folder / LOCK).open("a", encoding="utf-8")
    _lock(lock)
    return lock


def _lock(file: IO[str]) -> bool:
    """Whether a file could be locked: never where another process holds it, or where files have no locks."""
    if sys.platform == "win32":
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _left_by_another(target: Path, wanted: str, notices: list[str]) -> tuple[Path | None, IO[str] | None]:
    """What runs left that were killed: the folder with what is wanted, to go on in; the others are taken away."""
    name = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{8}}\.partial")
    found: tuple[Path | None, IO[str] | None] = None, None
    for folder in sorted(path for path in target.parent.iterdir() if name.fullmatch(path.name) and path.is_dir()):
        if not (folder / LOCK).exists() and time.time() - folder.stat().st_mtime < FRESH:
            continue
        lock = (folder / LOCK).open("a", encoding="utf-8")
        if not _lock(lock):
            lock.close()
            continue
        if wanted and found[0] is None and _identity_in(folder) == wanted:
            found = folder, lock
            continue
        if any((folder / SCRATCH).glob("*.duckdb")):
            notices.append(f"{folder.name}, which an unfinished run had left, was taken away")
        shutil.rmtree(folder, ignore_errors=True)
        lock.close()
    if found[0] is not None:
        notices.append("an unfinished run of this ruleset on this data is taken up")
    return found


def _identity_in(folder: Path) -> str:
    with suppress(OSError, ValueError, AttributeError):
        said: Any = json.loads((folder / SCRATCH / IDENTITY).read_text(encoding="utf-8"))
        return str(said.get("identity") or "")
    return ""


def _put_in_place(partial: Path, target: Path, replaces: bool) -> None:
    if not replaces:
        _put_where_nothing_is(partial, target)
        return
    if not target.exists():
        partial.rename(target)
        return
    before = partial.with_suffix(".before")
    target.rename(before)
    try:
        partial.rename(target)
    except BaseException:
        before.rename(target)
        raise
    shutil.rmtree(before, ignore_errors=True)


def _put_where_nothing_is(partial: Path, target: Path) -> None:
    # The system decides, at once: of two that ask whether something is there and then write, both would be told that nothing is.
    with suppress(OSError):
        target.rmdir()
    try:
        partial.rename(target)
    except OSError:
        if not target.exists():
            raise
        message = f"{target.name} has been written by another command in the meantime"
        raise problem("out-exists", message, file=str(target), help="Name a new folder, or say --overwrite.") from None
