"""Where uploads and results lie: below the service's folder, by names that were made here and never come from outside."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path
from typing import Final

from requite.api.service import patterns
from requite.api.service.settings import ServiceSettings

OWN_ID: Final = re.compile(patterns.ID)
SUFFIXES: Final = (".csv", ".tsv", ".parquet", ".jsonl", ".xlsx")
"""The endings of files that are taken; the ending decides how a file is read."""


def upload_file(settings: ServiceSettings, org: str, id: str, suffix: str) -> Path:
    """Where an upload lies."""
    if suffix not in SUFFIXES:
        raise ValueError("no ending of an upload")
    return _folder(settings, "uploads", org) / f"{_own(id)}{suffix}"


def run_folder(settings: ServiceSettings, org: str, id: str) -> Path:
    """Where the results of a run lie."""
    return _folder(settings, "runs", org) / _own(id)


def texts_folder(settings: ServiceSettings, org: str, version: str) -> Path:
    """Where the texts of a version of a ruleset lie for its runs, its tables beside them."""
    return _folder(settings, "texts", org) / _own(version)


def scratch_folder(settings: ServiceSettings) -> Path:
    """Where what is needed for a moment lies."""
    return settings.home.absolute() / "scratch"


def uploads_folder(settings: ServiceSettings) -> Path:
    """Above the uploads of all organisations."""
    return settings.home.absolute() / "uploads"


def remove_partials(settings: ServiceSettings, org: str, id: str) -> None:
    """Take away what a run that will not go on has left behind."""
    folder = run_folder(settings, org, id)
    for left in folder.parent.glob(f".{folder.name}.*"):
        shutil.rmtree(left, ignore_errors=True)


def _folder(settings: ServiceSettings, kind: str, org: str) -> Path:
    # The hash, since the name of an organisation may be no name of a folder, or differ from another in capitals alone.
    return settings.home.absolute() / kind / hashlib.sha256(org.encode()).hexdigest()[:32]


def _own(id: str) -> str:
    if not OWN_ID.fullmatch(id):
        raise ValueError("no id of ours")
    return id
