"""Shown figures of the rows that belong to a party: a practice's score in each domain, beside those of the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from fractions import Fraction
from typing import Final

from requite.api.statements.accounts import figure_words
from requite.api.statements.measuring import place_among
from requite.api.statements.model import Related
from requite.api.statements.phrases import heading
from requite.api.statements.results import FigureRow, Results
from requite.dsl import program as core
from requite.dsl.types import Kind
from requite.engine.wording import parted

MOST_COLUMNS: Final = 3
MOST_ROWS: Final = 50_000
"""Rows of a record of which the figures are gone through."""

ByOwner = Mapping[str, Mapping[str, tuple[FigureRow, ...]]]
"""By whose they are, and by the rest of the key: the figures of a record's rows."""


def belonging(record: str, program: core.Program, results: Results) -> dict[str, ByOwner]:
    """The shown figures of records whose key names a row of this one, by record."""
    found: dict[str, ByOwner] = {}
    for name in dict.fromkeys(shown.record for shown in program.shown):
        declared = program.records.get(name)
        at = _place_of_owner(declared, record) if declared is not None else None
        if at is not None:
            found[name] = _by_owner(results.shown_figures(name, MOST_ROWS), at)
    return found


def _place_of_owner(declared: core.Record, record: str) -> int | None:
    """Which part of a record's key names a row of another, where the key has other parts, too."""
    types = [declared.field(part).type for part in declared.key]
    places = [i for i, type_ in enumerate(types) if type_.kind is Kind.ROW and type_.record == record]
    return places[0] if len(places) == 1 and len(types) > 1 else None


def _by_owner(figures: Mapping[str, tuple[FigureRow, ...]], at: int) -> ByOwner:
    found: dict[str, dict[str, tuple[FigureRow, ...]]] = defaultdict(dict)
    for key, rows in figures.items():
        parts = parted(key)
        if at < len(parts):
            found[parts[at]][", ".join(parts[:at] + parts[at + 1 :])] = rows
    return found


def related(owner: str, figures: Mapping[str, ByOwner], listed: Collection[str], program: core.Program) -> Iterator[Related]:
    """What belongs to one owner, a table for each record that is not listed with its payments anyway."""
    for record, by_owner in figures.items():
        rows = by_owner.get(owner, {})
        if record in listed or not rows:
            continue
        names = list(dict.fromkeys(figure.name for found in rows.values() for figure in found))[:MOST_COLUMNS]
        told = tuple((rest, *_cells(rest, found, names, owner, by_owner, program)) for rest, found in rows.items())
        yield Related(heading(record.rpartition(".")[2]), tuple(heading(name) for name in names), told)


def _cells(
    rest: str, found: Collection[FigureRow], names: list[str], owner: str, by_owner: ByOwner, program: core.Program
) -> Iterator[str]:
    by_name = {figure.name: figure for figure in found}
    for name in names:
        figure = by_name.get(name)
        if figure is None:
            yield ""
            continue
        others = tuple(_values(name, rest, owner, by_owner)) if figure.value is not None else ()
        place = place_among(figure.value, others) if figure.value is not None else None
        yield figure_words(figure, program.currency) + (f" ({place.words})" if place is not None and place.words else "")


def _values(name: str, rest: str, owner: str, by_owner: ByOwner) -> Iterator[Fraction]:
    """What the others have of a figure in the same row."""
    for other, rows in by_owner.items():
        for figure in rows.get(rest, ()) if other != owner else ():
            if figure.name == name and figure.value is not None:
                yield figure.value
