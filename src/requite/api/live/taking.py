"""Rows taken in: each kept as it was sent, and every claim that they concern decided, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from sqlalchemy.orm import Session

from requite.api.identity import Actor
from requite.api.live.beginning import Begun, run
from requite.api.live.decided import OnDecided
from requite.api.live.deciding import Standing, Work, decide_claims
from requite.api.live.desk import LiveDesk
from requite.api.live.ends import fingerprint
from requite.api.live.keeping import Arriving, Link, Stamp, StoredRows, links_of, standing, write_rows
from requite.api.live.reading import NotTaken, claim_record, other_record, read_rows
from requite.api.live.resting import Claim, concerned, count_due, due, known_by, mark_due, versions_resting
from requite.api.live.rows import Cells, Found, kept_cells, read_again
from requite.api.live.version import LiveVersion
from requite.api.service.metrics import CLAIMS_DECIDED, FINDINGS
from requite.api.store import audit
from requite.api.store.database import Database
from requite.engine.live.windows import Links

MOST_AT_ONCE: Final = 2_000
"""Claims that are decided again in the transaction in which a row arrives; the others are, as soon as there is time."""

MOST_LOOKED_AT: Final = 20_000
"""Notes of what claims rest on that are looked at in that transaction: several may be of one claim."""

Arrival = Literal["new", "corrected", "unchanged", "cancelled"]

WORDS: Final[Mapping[Arrival, str]] = {"new": "arrived", "corrected": "corrected", "cancelled": "cancelled"}


@dataclass(frozen=True, slots=True)
class Kept:
    """A row that was taken in, and what it was: new, a correction, the same as before, or taken back."""

    index: int
    key: str
    arrival: Arrival


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of rows: received = kept + rejected.

    `decided` are the decisions of the claims sent, `redecided` those of others that changed. `postponed` says how many claims are
    still to be decided again.
    """

    version: LiveVersion
    record: str
    received: int
    kept: tuple[Kept, ...] = ()
    rejected: tuple[NotTaken, ...] = ()
    decided: tuple[Standing, ...] = ()
    redecided: tuple[Standing, ...] = ()
    postponed: int = 0

    @property
    def new(self) -> list[Standing]:
        """The decisions that are others than those before."""
        return [one for one in (*self.decided, *self.redecided) if one.is_new]


RecordOf = Callable[[LiveVersion], str]


@dataclass(frozen=True, eq=False)
class Counter:
    """Where rows are handed in: the store, what decides, and who is told of it."""

    database: Database
    desk: LiveDesk
    on_decided: OnDecided | None = None

    def take_claims(self, actor: Actor, ruleset: str, record: str | None, rows: Sequence[Cells]) -> Taken:
        """Take in claims; of the only record that is checked live, where none is named."""
        return self._run(actor, ruleset, lambda version: claim_record(version, record), lambda work: work.take(rows))

    def take_others(self, actor: Actor, ruleset: str, record: str, rows: Sequence[Cells]) -> Taken:
        """Take in rows that claims are laid beside: estimates, prices, dates."""
        return self._run(actor, ruleset, lambda version: other_record(version, record), lambda work: work.take(rows))

    def cancel_claims(self, actor: Actor, ruleset: str, record: str | None, keys: Sequence[str]) -> Taken:
        """Take claims back, by their keys."""
        return self._run(actor, ruleset, lambda version: claim_record(version, record), lambda work: work.cancel(keys))

    def cancel_others(self, actor: Actor, ruleset: str, record: str, keys: Sequence[str]) -> Taken:
        """Take other rows back, by their keys."""
        return self._run(actor, ruleset, lambda version: other_record(version, record), lambda work: work.cancel(keys))

    def redecide(self, actor: Actor, ruleset: str, claims: Callable[[Session], Sequence[Claim]]) -> Taken:
        """Decide claims again with the version in force."""
        return self._run(actor, ruleset, lambda _: "", lambda work: work.redecide(claims(work.session)))

    def catch_up(self, actor: Actor, ruleset: str, most: int) -> Taken:
        """Decide some of the claims again that had to wait."""
        return self._run(actor, ruleset, lambda _: "", lambda work: work.catch_up(most))

    def follow_clock(self, actor: Actor, ruleset: str, most: int) -> Taken:
        """Decide some of the claims again of which more is known today than when they were decided."""
        return self._run(actor, ruleset, lambda _: "", lambda work: work.follow_clock(most))

    def _run(self, actor: Actor, ruleset: str, record: RecordOf, do: Callable[[_Taking], Taken]) -> Taken:
        def begun(session: Session, begun: Begun) -> Taken:
            return do(_Taking(self, actor, session, begun, record(begun.version)))

        taken = run(self.database, self.desk, actor.org, ruleset, begun)
        new = taken.new  # and now they are kept
        CLAIMS_DECIDED.inc(len(new))
        FINDINGS.inc(sum(one.flagged for one in new))
        return taken


@dataclass(eq=False)
class _Taking:
    """One request at work."""

    counter: Counter
    actor: Actor
    session: Session
    begun: Begun
    record: str
    work: Work = field(init=False)
    version: LiveVersion = field(init=False)
    waits: bool = field(init=False)
    """Whether claims may wait to be decided again."""

    def __post_init__(self) -> None:
        begun, org = self.begun, self.actor.org
        self.version, self.waits = begun.version, begun.waits
        around = StoredRows(self.session, org, begun.version, self.counter.desk.rows)
        told = self.counter.on_decided
        self.work = Work(self.session, org, begun.version, begun.today, begun.moment, around, told)

    @property
    def _by_version(self) -> str:
        return f"version {self.version.hash[:12]} in force"

    # --- what was sent ---

    def take(self, rows: Sequence[Cells]) -> Taken:
        sent, rejected = read_rows(self.version, self.record, rows)
        engine = self.version.engine
        there = self._standing([one.key for one in sent])
        kept: list[Kept] = []
        arriving: list[Arriving] = []
        for one in sent:
            cells, before = kept_cells(rows[one.index]), there.get(one.key)
            kept.append(Kept(one.index, one.key, _arrival(cells, before)))
            if kept[-1].arrival != "unchanged":
                arriving.append(Arriving(one.key, cells, one.row, before, engine.stored(one.row), engine.links(one.row)))
        unchanged = {one.key: there[one.key] for one in kept if one.arrival == "unchanged"}
        return self._written(Taken(self.version, self.record, len(rows), tuple(kept), tuple(rejected)), arriving, unchanged)

    def cancel(self, keys: Sequence[str]) -> Taken:
        there = self._standing(keys)
        kept: list[Kept] = []
        rejected: list[NotTaken] = []
        arriving: list[Arriving] = []
        seen: set[str] = set()
        for index, key in enumerate(keys):
            before = there.get(key)
            if before is None or key in seen:
                why = "is named twice" if key in seen else f"there is no {self.record} with this key"
                rejected.append(NotTaken(index, "", key, why))
                continue
            seen.add(key)
            kept.append(Kept(index, key, "unchanged" if before.cancelled else "cancelled"))
            if not before.cancelled:
                arriving.append(Arriving(key, before.cells, None, before, before.stored, {}))
        return self._written(Taken(self.version, self.record, len(keys), tuple(kept), tuple(rejected)), arriving, {})

    def redecide(self, claims: Sequence[Claim]) -> Taken:
        return self._again(claims, self._by_version)

    def catch_up(self, most: int) -> Taken:
        return self._again(due(self.session, self.actor.org, self.version.ruleset, most), "rows that it rests on have changed")

    def follow_clock(self, most: int) -> Taken:
        claims = known_by(self.session, self.actor.org, self.version.ruleset, self.begun.today, most)
        return self._again(claims, "what it rests on became known")

    def _again(self, claims: Sequence[Claim], cause: str) -> Taken:
        stand = decide_claims(self.work, dict.fromkeys(claims, cause)) if claims else {}
        changed = tuple(one for one in stand.values() if one.is_new)
        taken = Taken(self.version, "", len(claims), redecided=changed)
        if claims:
            self._record("claims.redecided", taken)
        return taken

    def _standing(self, keys: Sequence[str]) -> dict[str, Found]:
        return standing(self.session, self.actor.org, self.version.ruleset, self.record, keys)

    # --- what is written ---

    def _written(self, taken: Taken, arriving: Sequence[Arriving], unchanged: Mapping[str, Found]) -> Taken:
        arrived = self._write(arriving)
        own: dict[Claim, Found | None] = {}
        is_claim = self.record in self.version.engine.claims
        if is_claim:
            own = {(self.record, kept.key): row for kept in taken.kept if (row := arrived.get(kept.key, unchanged.get(kept.key)))}
            own |= {(self.record, key): None for key, row in arrived.items() if row is None}
        words = {kept.key: WORDS.get(kept.arrival, self._by_version) for kept in taken.kept}
        touching = self._touching(words, arriving)
        others = self._concerned(touching, own)
        causes = {claim: words[claim[1]] for claim in own} | others
        stand = decide_claims(self.work, causes, own, {key for key in own if _is_first(own[key], arrived)}) if causes else {}
        postponed = count_due(self.session, self.actor.org, self.version.ruleset) if self.waits else 0
        done = Taken(
            taken.version,
            taken.record,
            taken.received,
            taken.kept,
            taken.rejected,
            tuple(stand[claim] for claim in own if claim in stand),
            tuple(one for claim, one in stand.items() if claim not in own and one.is_new),
            postponed,
        )
        self._record("claims.received" if is_claim else "rows.received", done)
        return done

    def _write(self, arriving: Sequence[Arriving]) -> dict[str, Found | None]:
        """Keep the rows; gives what now stands by each key, None for what was taken back."""
        shape = self.version.shape(self.record)
        stamp = Stamp(self.actor.org, self.version.ruleset, self.record, shape, self.actor.name, self.begun.moment)
        found: dict[str, Found | None] = {}
        for id, one in zip(write_rows(self.session, stamp, arriving), arriving, strict=True):
            if one.row is None:
                found[one.key] = None
                continue
            self.work.around.put(id, one.row, one.links)
            found[one.key] = Found(id, self.record, one.key, one.revision, False, one.cells, one.stored, shape)
        return found

    def _touching(self, words: Mapping[str, str], arriving: Sequence[Arriving]) -> dict[Link, str]:
        """By what rows are found that came, or went, or are others than they were; each with the cause in words."""
        found: dict[Link, str] = {}
        before = {one.before.id: one for one in arriving if one.before is not None and not one.before.cancelled}
        for id, links in links_of(self.session, before).items():
            found |= dict.fromkeys(links, self._cause(words, before[id]))
        for one in arriving:
            found |= dict.fromkeys(one.links.items(), self._cause(words, one))
        for one, read in self._as_others_read(arriving):
            found |= dict.fromkeys(read.items(), self._cause(words, one))
        return found

    def _cause(self, words: Mapping[str, str], one: Arriving) -> str:
        return f"{self.record} {one.key} {words[one.key]}"

    def _as_others_read(self, arriving: Sequence[Arriving]) -> list[tuple[Arriving, Links]]:
        """The links that rows have by other versions: decisions that stand by these rest on them."""
        org, shape = self.actor.org, self.version.shape(self.record)
        found: list[tuple[Arriving, Links]] = []
        others = arriving and not self.begun.alone
        for id in versions_resting(self.session, org, self.version.ruleset) if others else ():
            version = self.counter.desk.at_hand(org, id)
            if self.record not in version.engine.records or version.shape(self.record) == shape:
                continue
            rows = [Found(0, self.record, one.key, 0, False, one.cells, "", "") for one in arriving]
            for one, row in zip(arriving, read_again(rows, version), strict=True):
                if not isinstance(row, str):
                    found.append((one, version.engine.links(row)))
        return found

    def _concerned(self, touching: Mapping[Link, str], own: Collection[Claim]) -> dict[Claim, str]:
        """The other claims whose decision rests on one of these; those that are too many have to wait."""
        if not touching:
            return {}
        org, ruleset = self.actor.org, self.version.ruleset
        found, is_part = concerned(self.session, org, ruleset, touching, MOST_LOOKED_AT)
        others = {claim: touching[link] for claim, link in found.items() if claim not in own}
        if len(others) <= MOST_AT_ONCE and not is_part:
            return others
        mark_due(self.session, org, ruleset, {hash for hash, _ in touching})
        self.waits = True
        return dict(list(others.items())[:MOST_AT_ONCE])

    def _record(self, action: str, taken: Taken) -> None:
        """One entry for a request: how many of what, and a hash of what was decided."""
        arrivals = [kept.arrival for kept in taken.kept]
        detail = {
            "record": taken.record,
            "version": taken.version.hash,
            "received": taken.received,
            **{arrival: arrivals.count(arrival) for arrival in ("new", "corrected", "unchanged", "cancelled")},
            "rejected": len(taken.rejected),
            "decided": sum(one.is_new for one in taken.decided),
            "redecided": len(taken.redecided),
            "postponed": taken.postponed,
            "decisions": fingerprint([one.id, one.record, one.key, one.number, list(one.ends)] for one in taken.new),
        }
        audit.record(self.session, self.actor.org, self.actor.name, action, taken.version.ruleset, detail)


def _arrival(cells: Cells, before: Found | None) -> Arrival:
    if before is None or before.cancelled:
        return "new"
    return "unchanged" if before.cells == cells else "corrected"


def _is_first(row: Found | None, arrived: Mapping[str, Found | None]) -> bool:
    """Whether a claim was never there before this request: nothing can have been noted of it."""
    return row is not None and row.revision == 1 and row.key in arrived
