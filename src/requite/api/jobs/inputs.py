"""What a run reads: uploads, files below the folder of data, and configured tables; nothing from outside becomes a path."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

from sqlalchemy.orm import Session

from requite.api.jobs.models import RunInput
from requite.api.jobs.places import SUFFIXES
from requite.api.jobs.uploads import found, path_of
from requite.api.service.problems import Problem
from requite.api.service.service import Service
from requite.api.service.settings import ServiceSettings
from requite.engine.reading.problems import problem

MOST_FILES: Final = 1_000
"""Files of one source."""

Kept = dict[str, list[dict[str, Any]]]
"""By record: what is read, as the store keeps it."""


def kept_inputs(service: Service, session: Session, org: str, asked: Mapping[str, RunInput]) -> Kept:
    """What a run is to read, checked to be there."""
    return {name: _kept(service, session, org, given) for name, given in asked.items()}


def _kept(service: Service, session: Session, org: str, given: RunInput) -> list[dict[str, Any]]:
    if given.source is not None:
        source_of(service.settings, org, given.source)
        return [{"source": given.source}]
    if len(set(given.uploads)) < len(given.uploads):
        raise Problem(422, "given-twice", "an upload is named twice for one record", "Name each once.")
    uploads = [found(session, org, id) for id in given.uploads]
    return [{"upload": one.id, "name": one.name, "sha256": one.sha256, "sheet": given.sheet} for one in uploads]


def sources_for_run(service: Service, session: Session, org: str, kept: Kept) -> dict[str, list[dict[str, str]]]:
    """By record, what the process of a run is told to read: paths with the names that messages call them, or an address."""
    return {name: [one for item in items for one in _read(service, session, org, item, items)] for name, items in kept.items()}


def _read(
    service: Service, session: Session, org: str, item: Mapping[str, Any], items: list[dict[str, Any]]
) -> list[dict[str, str]]:
    if "source" in item:
        return source_of(service.settings, org, item["source"])
    try:
        upload = found(session, org, item["upload"])
    except Problem:
        help = "Send the file again, and run on that."
        raise problem("not-found", f"the upload {item['name']} is no longer there", file=item["name"], help=help) from None
    alike = sum(one.get("name") == upload.name for one in items) > 1
    name = f"{upload.id} {upload.name}" if alike else upload.name
    return [{"path": str(path_of(service, upload)), "name": name, "sheet": item.get("sheet", "")}]


# --- configured sources -----------------------------------------------------------------------------------------------


def source_of(settings: ServiceSettings, org: str, name: str) -> list[dict[str, str]]:
    """What a configured source stands for; a problem where the organisation has none of that name.

    A file or folder is named from the organisation's own folder in REQUITE_DATA_ROOT.
    """
    address = settings.sources.get(org, {}).get(name)
    if address is not None:
        return [{"address": address.get_secret_value(), "name": name}]
    root = _root(settings, org)
    parts = PurePosixPath(name).parts
    plain = not PurePosixPath(name).is_absolute() and all(part not in ("..", ".") and part.isprintable() for part in parts)
    if root is None or not parts or not plain or "\\" in name or ":" in name:
        raise _no_source()
    path = root.joinpath(*parts)
    if path.is_dir() and _is_within(path, root):
        files = sorted(one for one in path.iterdir() if one.is_file() and one.name[0] not in "._~" and _is_data(one))
    else:
        files = [path] if path.is_file() and _is_data(path) else []
    if not files or not all(_is_within(one, root) for one in files):
        raise _no_source()
    if len(files) > MOST_FILES:
        raise Problem(
            422, "too-many", f"the source has {len(files):,} files, and {MOST_FILES:,} is the most", "Name a smaller folder."
        )
    return [{"path": str(one), "name": one.relative_to(root).as_posix(), "sheet": ""} for one in files]


def _root(settings: ServiceSettings, org: str) -> Path | None:
    if settings.data_root is None or not org.isprintable() or set(org) & set("/\\:") or org.strip(".") != org:
        return None
    root = settings.data_root.absolute() / org
    return root if root.is_dir() and _is_within(root, settings.data_root) else None


def _is_within(path: Path, root: Path) -> bool:
    return path.resolve().is_relative_to(root.resolve())


def _is_data(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _no_source() -> Problem:
    help = "Name a configured source, or a data file below the organisation's folder of data."
    return Problem(422, "unknown-source", "there is no such source", help)
