"""Whether something went wrong because a disk is full, whoever says so."""

from __future__ import annotations

import errno
import os
from typing import Final

import duckdb

NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""The disk is full; what a user may have of it is; a file is as long as files may be there."""

FULL: Final = "the disk is full: there is no room for what was to be written"

WORDS: Final = tuple(os.strerror(code) for code in NO_ROOM)


def is_full_disk(error: BaseException) -> bool:
    """Whether the system had no room for what was to be written; DuckDB hands its words on, and not its number."""
    if isinstance(error, OSError):
        return error.errno in NO_ROOM
    return isinstance(error, duckdb.Error) and any(words in str(error) for words in WORDS)
