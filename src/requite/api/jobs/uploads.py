"""Files that are sent: written as they come in, never larger than may be, and kept under names that were made here."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from requite.api.identity import Actor
from requite.api.jobs.places import SUFFIXES, upload_file
from requite.api.service.problems import Problem, not_found
from requite.api.service.service import Service
from requite.api.store.audit import record
from requite.api.store.columns import new_id
from requite.api.store.database import take_turn
from requite.api.store.schema import Run, Upload

LONGEST_NAME: Final = 150
ACTIVE: Final = ("queued", "running")


def clean_name(given: str) -> str:
    """What a file is called, for people to read: its last part, without what is no letter, digit or plain sign.

    Nothing is ever opened by this name.
    """
    last = unicodedata.normalize("NFC", given).replace("\\", "/").rpartition("/")[2]
    kept = "".join(c if c.isalnum() or c in " ._-()+" else "_" for c in last if c.isprintable()).strip(" .")
    stem, dot, ending = kept.rpartition(".")
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}{dot}{ending}" if dot else kept[:LONGEST_NAME]


def suffix_of(name: str) -> str:
    """The ending by which a file is read; a problem where files of that kind are not taken."""
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        help = "Send a file whose name ends in .csv, .tsv, .parquet, .jsonl or .xlsx."
        raise Problem(415, "wrong-kind", "files of this kind are not taken", help)
    return suffix


@dataclass(eq=False)
class Incoming:
    """A file that is being written. It may grow to `most` bytes."""

    id: str
    name: str
    path: Path
    most: int
    partial: Path
    out: IO[bytes]
    size: int = 0
    hash: Any = field(default_factory=hashlib.sha256)

    def write(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > self.most:
            raise too_large(self.most)
        self.hash.update(data)
        self.out.write(data)

    def told(self) -> bytes:
        """By what the same file is known: its name and what is in it, however it was sent."""
        return f"{self.name}\n{self.hash.hexdigest()}".encode()


def too_large(most: int) -> Problem:
    return Problem(
        413, "too-large", f"the file is larger than the {most:,} bytes that are taken", "Split it, or send it as Parquet."
    )


@contextmanager
def incoming(service: Service, actor: Actor, given: str) -> Iterator[Incoming]:
    """A place to write a file to; it is gone again unless `keep` has kept it."""
    settings = service.settings
    name = clean_name(given)
    suffix, id = suffix_of(name), new_id()
    path = upload_file(settings, actor.org, id, suffix)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_suffix(".part")
    try:
        with partial.open("xb") as out:
            yield Incoming(id, name, path, settings.most_upload, partial, out)
    finally:
        partial.unlink(missing_ok=True)


def refuse_full(service: Service, session: Session, org: str, more: int) -> None:
    """A problem where an organisation has no room for so many bytes more."""
    most = service.settings.most_stored
    stored = session.scalar(select(func.coalesce(func.sum(Upload.bytes), 0)).where(Upload.org == org)) or 0
    if int(stored) + more > most:
        message = f"the organisation's uploads would come to more than {most:,} bytes"
        raise Problem(507, "no-room", message, "Delete uploads that are no longer needed.")


def keep(service: Service, actor: Actor, file: Incoming) -> Upload:
    """Put a file that has come in whole where it belongs, and in the store; both or neither."""
    file.out.flush()
    os.fsync(file.out.fileno())
    try:
        with service.database.writing() as session:
            take_turn(session, actor.org, "uploads")
            refuse_full(service, session, actor.org, file.size)
            made = Upload(
                id=file.id,
                org=actor.org,
                name=file.name,
                bytes=file.size,
                sha256=file.hash.hexdigest(),
                created_at=datetime.now(UTC),
                created_by=actor.name,
            )
            session.add(made)
            record(session, actor.org, actor.name, "upload.created", file.id, {"bytes": file.size, "sha256": made.sha256})
            file.partial.rename(file.path)
    except BaseException:
        file.path.unlink(missing_ok=True)
        raise
    return made


def found(session: Session, org: str, id: str) -> Upload:
    """An upload of the organisation; a problem where there is none."""
    upload = session.scalar(select(Upload).where(Upload.org == org, Upload.id == id))
    if upload is None:
        raise not_found("upload")
    return upload


def path_of(service: Service, upload: Upload) -> Path:
    return upload_file(service.settings, upload.org, upload.id, Path(upload.name).suffix.lower())


def remove(service: Service, actor: Actor, id: str) -> None:
    """Take an upload away, unless a run that is not finished needs it."""
    with service.database.writing() as session:
        take_turn(session, actor.org, "uploads")
        # No run may be made of it in the meantime.
        take_turn(session, actor.org, "runs")
        upload = found(session, actor.org, id)
        waiting = session.scalars(select(Run).where(Run.org == actor.org, Run.state.in_(ACTIVE)))
        if any(id == file.get("upload") for run in waiting for files in run.inputs.values() for file in files):
            raise Problem(409, "in-use", "a run that is not finished reads this upload", "Wait for it, or cancel it.")
        path = path_of(service, upload)
        session.delete(upload)
        record(session, actor.org, actor.name, "upload.deleted", id, {"sha256": upload.sha256})
    with suppress(OSError):
        path.unlink(missing_ok=True)
