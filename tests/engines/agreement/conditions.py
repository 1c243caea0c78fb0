"""Conditions at random, and the related rows that they and totals go through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.engines.agreement.expressions import QUANTITIES, Expr, Expressions, Maker, joined
from tests.engines.agreement.vocabulary import TEXTS, WHOLE, Name, RecordModel, Scope

ORDERED = ("=", "!=", "<", "<=", ">", ">=")
COMPARED = ("money", "money", "number", "number", "date", "days", "hours", "percent", "points", "moment", "months")


class Writer(Expressions):
    """Writes conditions and totals, too."""

    def condition(self, scope: Scope, depth: int) -> Expr:
        """Something that is true or false, bare: in a larger one it stands in brackets."""
        makers: tuple[tuple[int, Callable[[Scope, int], Expr | None]], ...] = (
            (6, self._compared), (2, self._words_compared), (2, self._in), (2, self._flag), (2, self._known), (2, self._within),
            (2, self._texts_compared),
            *(((2, self._logic), (1, self._guarded), (1, self._not), (2, self._there_is)) if depth > 0 else ()),
        )  # fmt: skip
        return self.choices.weighted(makers)(scope, max(depth - 1, 0)) or self._compared(scope, 0)

    def _compared(self, scope: Scope, depth: int) -> Expr:
        kind = self.choices.pick(COMPARED)
        found = self._data(kind, scope, depth) or self._data("money", scope, depth) or self._data("number", scope, depth)
        left, kind = found or (self.literal("number"), "number")
        right = self.literal(kind) if self.choices.chance(60) and kind != "points" else self.of(kind, scope, depth)
        if right.text == left.text:
            right = self.literal("number" if kind == "points" else kind)
        return joined(f"{{0}} {self.choices.pick(ORDERED)} {{1}}", left, right)

    def _data(self, kind: str, scope: Scope, depth: int) -> tuple[Expr, str] | None:
        """An expression that is not written out, so that a comparison with it is decided by data."""
        for attempt in (depth, depth, 0):
            found = self.of(kind, scope, attempt)
            if not found.literal:
                return found, kind
        name = self.name(kind, scope)
        return (name, kind) if name else None

    def _words_compared(self, scope: Scope, _: int) -> Expr | None:
        names = scope.of_kind("one of")
        if not names:
            return None
        name = self.choices.pick(names)
        word = self.choices.pick(name.choices)
        bare = word.isidentifier() and not scope.is_own_name(word) and self.choices.chance(50)
        words = word if bare else f'"{word}"'
        return Expr(f"{name.label} {self.choices.pick(('is', 'is not', '=', '!='))} {words}", False)

    def _texts_compared(self, scope: Scope, depth: int) -> Expr | None:
        names = scope.of_kind("text")
        if not names:
            return None
        left = self.choices.pick(names).label
        right = self.of("text", scope, depth) if self.choices.chance(40) else self.literal("text")
        return None if left == right.text else Expr(f"{left} {self.choices.pick(('is', '!='))} {right.inside}", False)

    def _in(self, scope: Scope, _: int) -> Expr | None:
        names = scope.of_kind("text", "one of", optional=None)
        if not names:
            return None
        name = self.choices.pick(names)
        operand = Expr(name.label)
        if name.optional:
            operand = joined("{0} else {1}", operand, Expr(f'"{self.choices.pick(name.choices or TEXTS)}"'))
        word = self.choices.pick(("in", "not in"))
        if name.kind == "text" and scope.world.codes and self.choices.chance(50):
            return joined(f"{{0}} {word} {self.choices.pick(scope.world.codes)}", operand)
        words = self.choices.some(name.choices or TEXTS, 1, 3)
        listed = ", ".join(f'"{w}"' for w in words)
        return replace(operand, text=f"{operand.inside} {word} ({listed})", atom=False)

    def _flag(self, scope: Scope, _: int) -> Expr | None:
        names = [n for n in scope.of_kind("yes/no") if "[" not in n.label]
        if not names:
            return None
        if len(names) > 1 and self.choices.chance(30):
            chosen = self.choices.some(names, 2, 3)
            number = self.choices.between(1, len(chosen))
            words = ", ".join(n.label for n in chosen)
            return Expr(f"(at least {number} of {words})")
        name = self.choices.pick(names)
        return Expr(name.label)

    def _known(self, scope: Scope, depth: int) -> Expr | None:
        word = self.choices.pick(("is known", "is missing"))
        names = [n for n in scope.readable if n.optional or n.kind == "row"]
        if not names or self.choices.chance(25):
            found = self.row(scope, lambda _: True)
            if found is not None:
                return joined(f"{{0}} {word}", found[0])
            return joined(f"{{0}} {word}", self.of("money", scope, depth))
        name = self.choices.pick(names)
        return Expr(f"{name.label} {word}", False)

    def _within(self, scope: Scope, depth: int) -> Expr | None:
        kind = self.choices.pick(("date", "date", "moment"))
        left = self._data(kind, scope, 0)
        if left is None:
            return None
        right = self.of(kind, scope, min(depth, 1))
        length = self.literal(self.choices.pick(("days", "days", "months", "hours" if kind == "moment" else "working days")))
        if right.text == left[0].text:
            return None
        return joined(f"{{0}} within {{1}} {self.choices.pick(('before', 'after'))} {{2}}", left[0], length, right)

    def _logic(self, scope: Scope, depth: int) -> Expr:
        parts = [self.condition(scope, depth) for _ in range(self.choices.between(2, 3))]
        operator = self.choices.pick(("and", "or"))
        return joined(f" {operator} ".join(f"{{{i}}}" for i in range(len(parts))), *parts)

    def _guarded(self, scope: Scope, depth: int) -> Expr | None:
        """`x is known and …x…`, or `x is missing or …x…`."""
        names = [n for n in scope.readable if n.optional]
        if not names:
            return None
        name = self.choices.pick(names)
        guard, operator = self.choices.pick((("is known", "and"), ("is missing", "or")))
        inner = self.condition(scope.knowing(name.label), depth)
        return Expr(f"{name.label} {guard} {operator} {inner.inside}", False)

    def _not(self, scope: Scope, depth: int) -> Expr:
        return joined("not {0}", self.condition(scope, depth))

    # --- related rows ---

    def _there_is(self, scope: Scope, depth: int) -> Expr | None:
        words = self.choices.pick(("there is", "there is no"))
        found = self.related(scope, depth, every=False)
        if found is None:
            return None
        article = "" if found[0].startswith("another") else self.choices.pick(("", "a ", "an "))
        return Expr(f"({words} {article if not found[0].startswith('other') else ''}{found[0]})")

    def related(
        self, scope: Scope, depth: int, every: bool, record: RecordModel | None = None, ordinals: bool = True, ordered: bool = True
    ) -> tuple[str, Scope] | None:
        """Rows of a record that are related to the row in scope: the words, and the scope inside."""
        outer = scope.inner
        record = record or self.choices.pick([*scope.world.records, *([outer] if outer is not WHOLE else [])])
        inner = scope.within(record)
        ordinal = ""
        if record is outer and ordinals and self.choices.chance(75):
            ordinal = self.choices.pick(("earlier", "later", "another", "other"))
        same = self._same(scope, record) if outer is not WHOLE and self.choices.chance(70) else []
        refers = [n for n in record.fields if n.kind == "row" and n.record == outer.label]
        where: Expr | None = self.condition(inner, depth) if self.choices.chance(45) else None
        how = "each" if every else ""
        if not same and not ordinal and len(refers) != 1:
            if every:
                how = "every"
            elif outer is not WHOLE and (refers or where is None or "this." not in where.text):
                same = self._same(scope, record)
                if not same:
                    return None
        parts = [how, ordinal, record.label]
        if same:
            parts.append(f"with the same {', '.join(same)}")
        if where is not None:
            parts.append(f"where {where.text}")
        if ordinal in ("earlier", "later") and ordered and self.choices.chance(75):
            order = self.order(record)
            parts += [f"by {', '.join(order)}"] if order else []
        return " ".join(part for part in parts if part), inner

    def order(self, record: RecordModel) -> list[str]:
        """Names to put rows in order by."""
        names = [n.label for n in record.names if n.kind != "row"]
        return self.choices.some(names, 1, 2)

    def _same(self, scope: Scope, record: RecordModel) -> list[str]:
        outer = scope.inner
        theirs = {(name.label, name.kind, name.record) for name in record.names}
        both = [name.label for name in outer.names if (name.label, name.kind, name.record) in theirs]
        referring = [name for name in record.fields if name.kind == "row" and name.record == outer.label == name.label]
        both += [name.label for name in referring if not outer.has(name.label)]
        return self.choices.some(both, 1, 2)

    def _aggregate(self, kind: str) -> Maker:
        def make(scope: Scope, depth: int) -> Expr | None:
            found = self.related(scope, depth, every=True)
            if found is None:
                return None
            text, inner = found
            word = self.choices.pick(
                ("total", "total", "average", "least", "greatest") if kind != "date" else ("least", "greatest")
            )
            operand = self._operand(kind, inner, depth, word)
            if operand is None:
                return None
            weight = self._weight(inner, depth) if word == "average" and self.choices.chance(40) else None
            weighted = f" weighted by {weight.inside}" if weight is not None else ""
            return Expr(f"{word} of {operand.inside}{weighted} over {text}", False, word == "average")

        return make

    def _weight(self, inner: Scope, depth: int) -> Expr | None:
        """What an average is weighted by: now and then it adds up to nothing."""
        return self._operand(self.choices.pick(("number", "money", "percent", "days")), inner, depth, "total")

    def _operand(self, kind: str, inner: Scope, depth: int, word: str) -> Expr | None:
        """What is totalled: of the row that is gone through, if it has such a thing, and closed by rounding where it must be."""
        own = [n for n in inner.of_kind(kind) if not n.label.startswith("this.")]
        if own and self.choices.chance(65):
            name = self.choices.pick(own)
            operand = Expr(name.label, open=name.open)
        else:
            operand = self.of(kind, inner, min(depth, 1))
        if word in ("total", "average") and operand.open:
            unit = {"money": "1p", "percent": "0.01%", "days": "1 day"}.get(kind, "0.01")
            operand = Expr(f"{operand.inside} rounded to {unit}", False)
        return operand

    def _count(self, scope: Scope, depth: int) -> Expr | None:
        found = self.related(scope, depth, every=True)
        return Expr(f"count over {found[0]}", False) if found else None


def as_name(label: str, kind: str, made: Expr) -> Name:
    """The name of a figure that an expression defines."""
    return Name(label, kind, open=made.open and kind in QUANTITIES)
