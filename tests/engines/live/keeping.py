"""A keeper of rows in memory, as the service keeps them in its store: rows by their links, decisions by what they rest on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from requite.engine.live.engine import LiveEngine
from requite.engine.live.surroundings import LiveDecision
from requite.engine.live.windows import Links, is_touched
from requite.engine.rows import Row


class Keeper:
    """Rows that stand, in the order in which they first arrived, and the last decision of each claim."""

    def __init__(self, engine: LiveEngine, known: date = date(2030, 1, 1)) -> None:
        self.engine = engine
        self.known = known
        self.rows: dict[str, Row] = {}
        self.decisions: dict[str, LiveDecision] = {}
        self.calls = 0

    # --- the rows around ---

    def linked(self, hashes: Collection[str]) -> Mapping[str, Sequence[Row]]:
        self.calls += 1
        found: dict[str, list[Row]] = {}
        for row in self.rows.values():
            for link in self.engine.links(row).keys() & set(hashes):
                found.setdefault(link, []).append(row)
        return found

    # --- what arrives ---

    def arrive(self, rows: Iterable[Row], *, as_text: bool = False) -> None:
        """Rows that are new, or corrections of those with the same key; what rests on them is decided again."""
        touched: list[Links] = []
        for row in rows:
            own = self.engine.own(row)
            if own in self.rows:
                touched.append(self.engine.links(self.rows[own]))
            kept = self.engine.restored(row.record, self.engine.stored(row)) if as_text else row
            self.rows[own] = kept
            touched.append(self.engine.links(kept))
        self.redecide(touched)

    def cancel(self, row: Row) -> None:
        own = self.engine.own(row)
        links = self.engine.links(self.rows.pop(own))
        self.decisions.pop(own, None)
        self.redecide([links])

    def redecide(self, touched: Collection[Links]) -> None:
        """Decide the claims that are new, and those whose decision rests on a row with one of these links."""
        wanted = [own for own, row in self.rows.items() if row.record in self.engine.claims and self._is_open(own, touched)]
        decided = self.engine.decide([self.rows[own] for own in wanted], self, self.known)
        self.decisions.update(zip(wanted, decided, strict=True))

    def _is_open(self, own: str, touched: Collection[Links]) -> bool:
        decision = self.decisions.get(own)
        return decision is None or any(is_touched(decision.rests, links) for links in touched)

    def last(self) -> dict[tuple[str, tuple[str, ...]], LiveDecision]:
        """The last decision of each claim, by record and key."""
        return {(decision.record, decision.key): decision for decision in self.decisions.values()}
