"""What users are told of files: by the names that they know, never by where the service keeps them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from requite.api.service.settings import ServiceSettings
from requite.engine.reading.problems import DataProblem

OWN: Final = re.compile(r"\b(?:runs|uploads|texts)/[0-9a-f]{32}/")


def told_problems(problems: Iterable[DataProblem], settings: ServiceSettings) -> list[DataProblem]:
    """Problems without the service's own paths."""
    return [
        replace(
            one,
            message=told_text(one.message, settings),
            help=told_text(one.help, settings),
            file=told_text(one.file, settings),
            detail={name: _told(value, settings) for name, value in one.detail.items()},
        )
        for one in map(_of_columns, problems)
    ]


def _of_columns(one: DataProblem) -> DataProblem:
    """A problem that tells a file's columns; where none of them is known, the first row may be one of claims, and is not told."""
    detail = one.detail
    if one.code != "missing-columns" or detail.get("found") or detail.get("likely"):
        return one
    message = f"{one.message.partition('. There ')[0]}. None of what its first row holds is a column that is known."
    return replace(one, message=message, detail=dict(detail) | {"there": []})


def told_text(text: str, settings: ServiceSettings) -> str:
    """A text without the service's own folders."""
    for root in _roots(settings):
        text = text.replace(f"{root}/", "").replace(str(root), "the service's folder")
    return OWN.sub("", text)


def _roots(settings: ServiceSettings) -> list[Path]:
    given = [root for root in (settings.home, settings.data_root) if root is not None]
    found = {path for root in given for path in (root.absolute(), root.resolve())}
    return sorted((path for path in found if path != Path(path.anchor)), key=lambda path: -len(str(path)))


def _told(value: Any, settings: ServiceSettings) -> Any:
    if isinstance(value, str):
        return told_text(value, settings)
    if isinstance(value, list | tuple):
        return [_told(item, settings) for item in value]
    if isinstance(value, Mapping):
        return {str(name): _told(item, settings) for name, item in value.items()}
    return value if isinstance(value, int | bool | None) else str(value)


def told_manifest(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest without paths: its inputs by their names and fingerprints."""
    shown = dict(manifest)
    shown["inputs"] = [_input(item) for item in manifest.get("inputs", ())]
    before = manifest.get("brought_forward")
    shown["brought_forward"] = {"sha256": before["sha256"], "bytes": before["bytes"]} if before else None
    return shown


def _input(item: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in item.items() if name not in ("files", "table")}
    files = [{name: file[name] for name in ("name", "sheet", "bytes", "sha256") if name in file} for file in item["files"]]
    return kept | {"files": files}
