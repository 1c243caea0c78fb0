"""What tells one state of a source from another, where no file's hash does."""

from __future__ import annotations

from typing import Any

from requite.engine.reading.places import Place
from requite.engine.reading.sources import Given


def source_identity(given: Given) -> dict[str, Any]:
    """What a manifest can say of a source that is no file: its name and form, a Delta version, an Iceberg snapshot.

    Of PostgreSQL, and of an object of a program, nothing more can be promised; `reproducible` says so.
    """
    if not isinstance(given.whole, Place):
        return {} if given.whole is None else {"object": type(given.whole).__name__, "reproducible": False}
    known = given.whole.identity()
    return {"table": given.whole.name, "form": given.whole.form, **known, "reproducible": bool(known)}
