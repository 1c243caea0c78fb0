"""What each row gets of what is shared out among it and others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from requite.dsl import program as core
from requite.engine.arithmetic import PENNY, rounded
from requite.engine.interpreting.closures import Compiler
from requite.engine.interpreting.gates import Settled, gate_stops, unassessable
from requite.engine.interpreting.paying import stopped
from requite.engine.interpreting.ranges import members, owners_of, passing, within
from requite.engine.interpreting.tables import turn_of
from requite.engine.interpreting.values import Env, Missing
from requite.engine.rows import Row
from requite.engine.settle import share_out, why_unshareable

Got = list[tuple[Row, Settled]]
"""Owners, each with what a row got of its share."""


@dataclass(frozen=True, slots=True)
class SharedOut:
    """A share, given out: what each row got that has a part, from which owners, and the owners of whose share nobody heard."""

    parts: dict[Row, Settled]
    owners: dict[Row, tuple[Row, ...]]
    unheard: tuple[tuple[Row, Settled], ...]


@dataclass(eq=False)
class Shares:
    """The shares of a run, each given out when first asked for: by every owner, or where rows are sought by those of one row."""

    c: Compiler
    _given: dict[str, SharedOut] = field(default_factory=dict)
    _givers: dict[str, _Giver] = field(default_factory=dict)
    _got: dict[tuple[str, Row], Got] = field(default_factory=dict)

    def given_out(self, name: str) -> SharedOut:
        """A share given out by every row of its owner."""
        if name not in self._given:
            share = self.c.program.shares[name]
            self._given[name] = _give_out(self._giver(name), self.c.tables.rows(share.record))
        return self._given[name]

    def part(self, name: str, row: Row) -> Settled | None:
        """What a row got; None where it has no part."""
        if not self.c.tables.sought:
            return self.given_out(name).parts.get(row)
        got = self._of_row(name, row)
        return _together([part for _, part in got]) if got else None

    def owners(self, name: str, row: Row) -> tuple[Row, ...]:
        """From whom a row got its part."""
        if not self.c.tables.sought:
            return self.given_out(name).owners.get(row, ())
        return tuple(owner for owner, _ in self._of_row(name, row))

    def part_from(self, name: str, owner: Row, row: Row) -> Settled | None:
        """What a row got from one owner alone; None where it has no part in what that one shares."""
        return self._giver(name).of(owner).parts.get(row)

    def weights(self, name: str, owner: Row) -> tuple[int, Fraction] | None:
        """Among how many rows an owner shares, and what their weights add up to; None where one of them is not known."""
        return self._giver(name).weights(owner)

    def unheard(self, name: str, owners: Sequence[Row]) -> Got:
        """Of some owners those of whose share nobody heard, and why."""
        if self.c.tables.sought:
            return [(owner, part) for owner in owners for part in self._giver(name).of(owner).unheard]
        wanted = set(owners)
        return [(owner, part) for owner, part in self.given_out(name).unheard if owner in wanted]

    def forget(self) -> None:
        """Forget what was given out: the rows are others from now on."""
        self._given.clear()
        self._got.clear()
        for giver in self._givers.values():
            giver.forget()

    def _giver(self, name: str) -> _Giver:
        if name not in self._givers:
            self._givers[name] = _Giver(self.c.program.shares[name], self.c)
        return self._givers[name]

    def _of_row(self, name: str, row: Row) -> Got:
        """What a row got from each owner."""
        if (name, row) not in self._got:
            giver = self._giver(name)
            given = ((owner, giver.of(owner)) for owner in giver.owners(row))
            self._got[name, row] = [(owner, given.parts[row]) for owner, given in given if row in given.parts]
        return self._got[name, row]


@dataclass(frozen=True, slots=True)
class _Given:
    """What one owner gives out: each row's part, and why nobody heard of it."""

    parts: dict[Row, Settled]
    unheard: tuple[Settled, ...] = ()


class _Giver:
    """Gives a share out, owner by owner."""

    def __init__(self, share: core.Share, c: Compiler) -> None:
        self.share, self.c = share, c
        self.among, self.around = passing(share.range, c), members(share.range, c)
        self.owners = owners_of(share, c)
        self._made: dict[Row, _Given] = {}
        self._weights: dict[Row, tuple[int, Fraction] | None] = {}

    def of(self, owner: Row) -> _Given:
        """What an owner gives out."""
        if owner not in self._made:
            self._made[owner] = self.give(owner)
        return self._made[owner]

    def weights(self, owner: Row) -> tuple[int, Fraction] | None:
        """How many rows an owner shares among, and what their weights add up to."""
        if owner not in self._weights:
            rows = self.among((owner,))
            found = rows if isinstance(rows, Missing) else _weights(self.share, (owner,), rows, self.c)
            self._weights[owner] = None if isinstance(found, Missing) else (len(found), sum(found, Fraction(0)))
        return self._weights[owner]

    def forget(self) -> None:
        self._made.clear()
        self._weights.clear()

    def give(self, owner: Row) -> _Given:
        """The same, for whoever asks but once."""
        env, rows = (owner,), self.among((owner,))
        parts = _given_by(self.share, env, rows, self.c)
        if isinstance(rows, Missing):
            rows = self.around(env)
        if isinstance(rows, Missing) or not rows:
            return _Given({}, tuple(part for part in parts[:1] if part.status == "not assessable"))
        return _Given({row: parts[i] if len(parts) > 1 else parts[0] for i, row in enumerate(rows)})


def _give_out(giver: _Giver, owners: Sequence[Row]) -> SharedOut:
    got: dict[Row, list[tuple[Row, Settled]]] = defaultdict(list)
    unheard = []
    for owner in owners:
        given = giver.give(owner)
        unheard += [(owner, part) for part in given.unheard]
        for row, part in given.parts.items():
            got[row].append((owner, part))
    return SharedOut(
        {row: _together([part for _, part in parts]) for row, parts in got.items()},
        {row: tuple(owner for owner, _ in parts) for row, parts in got.items()},
        tuple(unheard),
    )


def _together(parts: list[Settled]) -> Settled:
    """What a row got from all owners: not assessable where any part is, out of scope where all are."""
    worst = next((part for part in parts if part.status == "not assessable"), None)
    if worst is not None or len(parts) == 1:
        return worst or parts[0]
    scope = [part for part in parts if part.status == "assessed"]
    reason = "; ".join(dict.fromkeys(part.reason for part in scope or parts if part.reason))
    return Settled("assessed" if scope else "out of scope", sum((part.amount for part in parts), Fraction(0)), reason)


def _given_by(share: core.Share, env: Env, rows: Sequence[Row] | Missing, c: Compiler) -> list[Settled]:
    """What each row that an owner shares among gets; one for all of them where nothing can be shared, and why."""
    for gate in share.gates:
        stop = gate_stops(gate, env, c)
        if stop is not None:
            return [stopped(stop)]
    if isinstance(rows, Missing):
        return [unassessable(rows.reason, rows)]
    found = _amounts(share, env, rows, c)
    return found if isinstance(found, list) else [found]


def _amounts(share: core.Share, env: Env, rows: Sequence[Row], c: Compiler) -> Settled | list[Settled]:
    amount = c.code(share.amount)(env)
    if isinstance(amount, Missing):
        return unassessable(amount.reason, amount)
    amount = rounded(amount, c.program.rounding)
    if share.scheme and amount < 0:
        return unassessable(f"what is shared comes to {c.money(amount)}, and cannot be below {c.money(Fraction(0))}")
    weights = _weights(share, env, rows, c)
    if isinstance(weights, Missing):
        return unassessable(weights.reason, weights)
    reason = why_unshareable(weights)
    if reason:
        return unassessable(f"{c.money(amount)} cannot be shared: {reason}")
    turns = list(map(turn_of(c.program, share.range.record), rows))
    parts = share_out(amount, weights, turns, min(PENNY, c.program.rounding.unit))
    whole, why = sum(weights, Fraction(0)), f"a share of {c.money(amount)} that comes to nothing"
    return [
        Settled("assessed", part, "" if part else why, exact=amount * weight / whole)
        for part, weight in zip(parts, weights, strict=True)
    ]


def _weights(share: core.Share, env: Env, rows: Sequence[Row], c: Compiler) -> list[Fraction] | Missing:
    """How much each row counts in a share; alike where it names no weight."""
    weights = []
    for row in rows:
        weight = c.code(share.weight)((*env, row)) if share.weight is not None else Fraction(1)
        if isinstance(weight, Missing):
            return within(row, weight)
        weights.append(weight)
    return weights
