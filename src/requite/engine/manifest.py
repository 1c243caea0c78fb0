"""The manifest of a run: what it was made from, by hash, and what came of it; enough to run it again and compare."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from requite.dsl.program import Program
from requite.engine.folder_names import NAME, TEXTS
from requite.engine.manifest_shape import faults
from requite.engine.overview import Overview, totals
from requite.engine.reading.places import Place, place_of
from requite.engine.reading.problems import problem
from requite.engine.reading.sources import Given
from requite.engine.results import Written, file_hash

FORMAT: Final = 1
"""The version of the manifest's shape."""

Manifest = Mapping[str, Any]


def own_version() -> str:
    """The version of Requite that is running."""
    try:
        return version("requite")
    except PackageNotFoundError:
        return "unknown"


def text_hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def ruleset_part(program: Program) -> dict[str, Any]:
    """What the manifest says of the ruleset: its names, and each text with its hash and where it is kept, the main one first."""
    texts = [
        {"name": name, "file": f"{TEXTS}/{number}-{_file_name(name)}", "sha256": text_hash(text)}
        for number, (name, text) in enumerate(program.files.items(), 1)
    ]
    return {"name": program.name, "title": program.title, "currency": program.currency, "texts": texts}


def _file_name(name: str) -> str:
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in last)[-80:] or "text"


def inputs_part(sources: Sequence[Given], out: Path) -> list[dict[str, Any]]:
    """What the manifest says of the data: each record's files, by path and hash, or its table, by the state that it was in.

    An object of a program, or a table that tells no state of its own, can only be named.
    """
    return [_input(given, out) for given in sources if given.files or given.whole is not None]


def _input(given: Given, out: Path) -> dict[str, Any]:
    if isinstance(given.whole, Place):
        return {"record": given.record.name, **_table(given.whole, out), "files": []}
    if given.whole is not None:
        return {"record": given.record.name, "object": type(given.whole).__name__, "files": []}
    files = [{**path_part(file.path, file.name, out), "sheet": file.sheet, **file_part(file.path)} for file in given.files]
    return {"record": given.record.name, "beside_ruleset": given.beside, "files": files}


def _table(table: Place, out: Path) -> dict[str, Any]:
    state = table.identity()
    if not state:
        return {"object": table.form, "name": table.name}
    return {"table": path_part(Path(table.name).expanduser(), table.name, out) | {"form": table.form}, "state": state}


def found_table(item: Mapping[str, Any], folder: Path) -> Place | None:
    """The table of an input where it is now, by the name that it had; None where none is there."""
    said = item["table"]
    for path in (Path(said["path"]), folder.absolute() / said["from_run"]):
        found = place_of(str(path), item["record"]) if path.exists() else None
        if isinstance(found, Place):
            return replace(found, name=said["name"])
    return None


def path_part(path: Path, name: str, out: Path) -> dict[str, str]:
    """A path in two ways: as it was given (from the folder that was current), and from the run's folder."""
    try:
        from_run = os.path.relpath(path.absolute(), out.absolute())
    except ValueError:  # another drive
        from_run = str(path.absolute())
    return {"name": name, "path": str(path), "from_run": from_run}


def file_part(path: Path) -> dict[str, Any]:
    try:
        return {"bytes": path.stat().st_size, "sha256": file_hash(path)}
    except OSError as error:
        why = (error.strerror or "it cannot be read").lower()
        raise problem(
            "unreadable-file", f"{path} cannot be opened: {why}", file=str(path), help="Check that you may read it."
        ) from error


def results_part(overview: Overview) -> dict[str, Any]:
    """What the manifest says of the results: for each rule how many, and the totals that a manager would ask for."""
    return {"rules": [asdict(count) for count in overview.rules], "totals": totals(overview)}


def outputs_part(written: Sequence[Written]) -> list[dict[str, Any]]:
    return [asdict(item) for item in written]


# --- reading one ------------------------------------------------------------------------------------------------------


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a run's folder; DataError where that is none, or one of a later Requite."""
    path = folder / NAME
    help = "Name a folder that `requite run … --out` wrote."
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise problem("not-a-run", f"{folder} is not the folder of a run: it has no {NAME}", file=str(folder), help=help) from error
    except (OSError, ValueError, RecursionError) as error:
        raise problem("not-a-run", f"{path} cannot be read", file=str(path), help=help) from error
    form = manifest.get("format") if isinstance(manifest, dict) else None
    if form != FORMAT:
        message = f"{path} has the format {form}, and this Requite reads {FORMAT}"
        raise problem("not-a-run", message, file=str(path), help="Use the version of Requite that wrote it.")
    fault = next(faults(manifest), None)
    if fault:
        message = f"the manifest of {folder} is not as a run wrote it: {fault}"
        raise problem("not-a-run", message, file=str(path), help="Put it back as it was, or run anew.")
    return dict(manifest)


def known_date(manifest: Manifest) -> date:
    return date.fromisoformat(manifest["known"])


def stored_texts(folder: Path, manifest: Manifest) -> dict[str, str]:
    """The ruleset's texts as the run kept them, by name, the main one first."""
    texts = {}
    for item in manifest["ruleset"]["texts"]:
        path = folder / item["file"]
        try:
            texts[item["name"]] = path.read_bytes().decode("utf-8", "surrogatepass")
        except (OSError, ValueError) as error:
            raise problem("not-a-run", f"{path}, the text of the ruleset, cannot be read", file=str(path)) from error
    return texts


def found_path(item: Mapping[str, Any], folder: Path) -> Path | None:
    """Where an input is now: where it was, seen from the current folder or from the run's."""
    candidates = (Path(item["path"]), folder.absolute() / item["from_run"])
    there = [path for path in candidates if path.is_file()]
    same = (path for path in there if path.stat().st_size == item["bytes"] and file_hash(path) == item["sha256"])
    return next(same, there[0] if there else None)


def render(manifest: Manifest) -> str:
    return json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
