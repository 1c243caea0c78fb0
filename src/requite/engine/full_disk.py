"""Whether something went wrong because a disk is full, whoever says so, and how that is told of a folder."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

from requite.engine.reading.problems import problem
from requite.engine.settings import memory_text

NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""The disk is full; what a user may have of it is; a file is as long as files may be there."""

DISK_FULL: Final = "disk-full"

FULL: Final = "the disk is full: there is no room for what was to be written"


HELP: Final = (
    "Make room there, or name a folder on another disk. What is reckoned in between lies there, too: more memory leaves less of it."
)


def is_full_disk(error: BaseException) -> bool:
    """Whether the system had no room for what was to be written; DuckDB hands its words on, and not its number."""
    return _number(error) is not None


def _number(error: BaseException) -> int | None:
    if isinstance(error, OSError):
        return error.errno if error.errno in NO_ROOM else None
    if isinstance(error, duckdb.Error):
        return next((number for number in NO_ROOM if os.strerror(number) in str(error)), None)
    return None


@contextmanager
def full_disk_told(folder: Path) -> Iterator[None]:
    """Says of a folder that is being written that its disk is full, and how much room there was; DataError."""
    room = shutil.disk_usage(folder.parent)
    try:
        yield
    except (OSError, duckdb.Error) as error:
        number = _number(error)
        if number is None:
            raise
        raise problem(DISK_FULL, _told(number, folder, room.free, room.total), file=str(folder), help=HELP) from error


def _told(number: int, folder: Path, free: int, total: int) -> str:
    if number == errno.EDQUOT:
        return f"what you may have of the disk of {folder} is used up"
    if number == errno.EFBIG:
        return f"a file of {folder} would be longer than files may be there"
    return f"the disk of {folder} is full: of its {memory_text(total)}, {memory_text(free)} were free when this began"
