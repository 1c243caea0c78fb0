"""Expressions at random, as an author could write them: each of a kind, in a scope."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.engines.agreement.choices import Choices
from tests.engines.agreement.vocabulary import DATES, TEXTS, Name, RecordModel, Scope


@dataclass(frozen=True)
class Expr:
    """The words of an expression: whether they hold together without brackets, and whether a quotient in it is open."""

    text: str
    atom: bool = True
    open: bool = False
    literal: bool = False

    @property
    def inside(self) -> str:
        """The expression as part of a larger one."""
        return self.text if self.atom else f"({self.text})"


Maker = Callable[[Scope, int], "Expr | None"]
UNITS = {"money": ("1p", "£1", "£0.05", "£1,000"), "percent": ("1%", "0.1%", "10%"), "days": ("1 day", "7 days")}
PLAIN = ("number", "count", "percent")
QUANTITIES = ("money", "points", "days", "hours", *PLAIN)
STEPS = ("below", "up to")


def joined(template: str, *parts: Expr, atom: bool = False, opened: bool = False) -> Expr:
    """An expression of others, each in brackets where it needs them."""
    text = template.format(*(part.inside for part in parts))
    return Expr(text, atom, opened or any(p.open for p in parts))


class Expressions(ABC):
    """Writes expressions of any kind; where it has nothing better, a literal."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self._makers: dict[str, list[tuple[int, Maker]]] = {
            "money": self._money_makers(),
            "number": self._number_makers(),
            "percent": [
                (4, self._leaf("percent")), (2, self._sum("percent")), (2, self._extreme("percent")), *self._shared("percent"),
            ],
            "points": [(4, self._leaf("points")), (1, self._sum("points")), (1, self._scaled_quantity("points"))],
            "days": [
                (3, self._leaf("days")), (3, self._between), (1, self._sum("days")), (1, self._scaled_quantity("days")),
                (1, self._whole("whole days", "date")), *self._shared("days"),
            ],
            "hours": [(2, self._leaf("hours")), (3, self._hours), (1, self._whole("whole hours", "moment"))],
            "months": [(2, self._leaf("months")), (1, self._whole("whole months", "date"))],
            "working days": [(2, self._leaf("working days")), (1, self._whole("whole working days", "date"))],
            "date": [(5, self._leaf("date")), (3, self._moved), (2, self._edge), (1, self._extreme("date")), *self._shared("date")],
            "moment": [(4, self._leaf("moment")), (2, self._moved_moment), (1, self._extreme("moment"))],
            "text": [(6, self._leaf("text")), (1, self._period_label), (1, self._cases("text")), (1, self._else("text"))],
        }  # fmt: skip

    def of(self, kind: str, scope: Scope, depth: int) -> Expr:
        """An expression of a kind, made of others so many levels deep."""
        if depth > 0:
            found = self.choices.weighted(self._makers[kind])(scope, depth - 1)
            if found is not None:
                return found
        return self.leaf(kind, scope)

    def _money_makers(self) -> list[tuple[int, Maker]]:
        return [
            (6, self._leaf("money")), (4, self._sum("money")), (3, self._extreme("money")), (3, self._scaled_quantity("money")),
            (2, self._divided("money")), (2, self._per), (2, self._percent_of), (1, self._points_money), (1, self._days_money),
            *self._shared("money"),
        ]  # fmt: skip

    def _number_makers(self) -> list[tuple[int, Maker]]:
        return [
            (6, self._leaf("number")), (3, self._sum("number")), (2, self._product), (2, self._ratio), (2, self._scaled),
            (1, self._extreme("number")), (3, self._count), (1, self._whole("whole years", "date")), (1, self._age),
            (1, self._divided("number")), *self._shared("number"),
        ]  # fmt: skip

    def _shared(self, kind: str) -> list[tuple[int, Maker]]:
        rounded: list[tuple[int, Maker]] = [(2, self._rounded(kind))] if kind != "date" else []
        return [*rounded, (2, self._cases(kind)), (1, self._else(kind)), (3, self._aggregate(kind))]

    # --- leaves ---

    def _leaf(self, kind: str) -> Maker:
        return lambda scope, _: self.leaf(kind, scope)

    def leaf(self, kind: str, scope: Scope) -> Expr:
        """A name, a lookup or a literal."""
        how = self.choices.weighted(((8, "name"), (2, "literal"), (1, "parameter"), (1, "bands"), (1, "lookup")))
        found = None
        if how == "parameter":
            found = self._parameter(kind, scope)
        elif how == "bands":
            found = self._bands(kind, scope)
        elif how == "lookup":
            found = self._lookup(kind, scope)
        if how == "literal" and kind != "points":
            return self.literal(kind)
        return found or self.name(kind, scope) or self.literal(kind)

    def name(self, kind: str, scope: Scope) -> Expr | None:
        """A field or figure, with `else` where it may be blank."""
        names = scope.of_kind(*(PLAIN if kind == "number" else ("text", "one of") if kind == "text" else (kind,)), optional=None)
        if not names:
            return None
        name = self.choices.pick(names)
        read = Expr(name.label, open=name.open)
        return joined("{0} else {1}", read, self.literal(name.kind)) if name.optional else read

    def literal(self, kind: str) -> Expr:
        choices = self.choices
        match kind:
            case "money":
                text = choices.pick(("£5", "£0", "£100", "£12.34", "7p", "£1.8m", "£0.005", "£1,000", "£33.33"))
                text = "£92,233,720,368,547,758.07" if choices.below(150) == 149 else text
            case "number":
                text = choices.pick(("2", "0", "1", "10", "0.5", "3", "1,000", "0.001", "7.25"))
            case "count":
                text = choices.pick(("2", "0", "1", "12"))
            case "percent":
                text = choices.pick(("50%", "0%", "100%", "12.5%", "7%", "0.25%"))
            case "date":
                text = choices.pick(DATES)
            case "moment":
                text = f"{choices.pick(DATES)} {choices.pick(('00:00', '23:59', '14:30'))}"
            case "text":
                text = f'"{choices.pick(TEXTS)}"'
            case "one of":
                text = '"T1"'
            case "yes/no":
                text = choices.pick(("yes", "no"))
            case "points":
                text = "10"
            case _:
                number, unit = choices.pick((1, 0, 2, 10, 30)), kind
                text = f"{number} {unit[:-1] if number == 1 else unit}"
        return Expr(text, literal=True)

    def _parameter(self, kind: str, scope: Scope) -> Expr | None:
        found = [p for p in scope.world.parameters if p.kind == kind]
        if not found:
            return None
        parameter = self.choices.pick(found)
        if not parameter.dated or (scope.dated and parameter.early and self.choices.chance(60)):
            return Expr(parameter.label)
        day = self._date_name(scope)
        return Expr(f"{parameter.label}[on {day.text}]") if day else None

    def _date_name(self, scope: Scope) -> Expr | None:
        names = scope.of_kind("date")
        if not names:
            return None
        name = self.choices.pick(names)
        return Expr(name.label)

    def _bands(self, kind: str, scope: Scope) -> Expr | None:
        found = [b for b in scope.world.bands if b.kind == kind]
        if not found:
            return None
        bands = self.choices.pick(found)
        by = self.of(bands.by, scope, 1)
        if by.literal:
            return None
        return replace(by, text=f"{bands.label}[{by.text if by.atom else by.inside}]", atom=True)

    def row(self, scope: Scope, fits: Callable[[RecordModel], bool]) -> tuple[Expr, RecordModel] | None:
        """A row looked up in a table or record."""
        records = [r for r in scope.world.records if r.key and fits(r)]
        if not records:
            return None
        record = self.choices.pick(records)
        keys: list[Expr] = []
        for label in record.key:
            key = self._key(record.name(label), scope)
            if key is None:
                return None
            keys.append(key)
        inside = ", ".join(key.text for key in keys)
        if record.dated and not (scope.dated and self.choices.chance(60)):
            day = self._date_name(scope)
            if day is None:
                return None
            inside += f" on {day.text}"
        return Expr(f"{record.label}[{inside}]"), record

    def _key(self, field: Name, scope: Scope) -> Expr | None:
        kinds = {"text": ("text", "one of"), "one of": ("one of", "text"), "count": ("count",)}.get(field.kind, (field.kind,))
        names = [n for n in scope.of_kind(*kinds) if n.record == field.record]
        if not names:
            return None
        name = self.choices.pick(names)
        return Expr(name.label)

    def _lookup(self, kind: str, scope: Scope) -> Expr | None:
        found = self.row(scope, lambda record: any(name.kind == kind for name in record.names))
        if found is None:
            return None
        row, record = found
        name = self.choices.pick([n for n in record.names if n.kind == kind])
        read = Expr(f"{row.text}.{name.label}", open=name.open)
        return joined("{0} else {1}", read, self.literal(kind)) if name.optional else read

    # --- arithmetic ---

    def _sum(self, kind: str) -> Maker:
        def make(scope: Scope, depth: int) -> Expr:
            operator = self.choices.pick("+-")
            return joined(f"{{0}} {operator} {{1}}", self.of(kind, scope, depth), self.of(kind, scope, depth))

        return make

    def _extreme(self, kind: str) -> Maker:
        def make(scope: Scope, depth: int) -> Expr:
            first, second = self.of(kind, scope, depth), self.of(kind, scope, depth)
            if self.choices.chance(30):
                return joined(f"the {self.choices.pick(('greater', 'lesser'))} of {{0}} and {{1}}", first, second)
            more = [self.of(kind, scope, 0)] if self.choices.chance(30) else []
            parts = [first, second, *more]
            inside = ", ".join(f"{{{i}}}" for i in range(len(parts)))
            return joined(f"{self.choices.pick(('min', 'max'))}({inside})", *parts, atom=True)

        return make

    def _scaled_quantity(self, kind: str) -> Maker:
        def make(scope: Scope, depth: int) -> Expr:
            number, quantity = self.of("number", scope, depth), self.of(kind, scope, depth)
            return joined("{0} * {1}", *self.choices.shuffled((number, quantity)))

        return make

    def _product(self, scope: Scope, depth: int) -> Expr:
        return joined("{0} * {1}", self.of("number", scope, depth), self.of("number", scope, depth))

    def _percent_of(self, scope: Scope, depth: int) -> Expr:
        return joined("{0} of {1}", self.of("percent", scope, depth), self.of("money", scope, depth))

    def _divided(self, kind: str) -> Maker:
        def make(scope: Scope, depth: int) -> Expr:
            if self.choices.chance(35):
                return joined("{0} / " + self.choices.pick(("3", "7", "100", "0.5")), self.of(kind, scope, depth))
            return joined("{0} / {1}", self.of(kind, scope, depth), self._divisor("number", scope, depth), opened=True)

        return make

    def _divisor(self, kind: str, scope: Scope, depth: int) -> Expr:
        """Not zero as it is written: dividing by what turns out to be 0 is meant to happen, dividing by `0` is an error."""
        found = self.of(kind, scope, depth)
        return found if not found.literal else self.name(kind, scope) or Expr({"money": "£3", "days": "3 days"}.get(kind, "3"))

    def _ratio(self, scope: Scope, depth: int) -> Expr:
        kind = self.choices.pick(("money", "days", "number"))
        return joined("{0} / {1}", self.of(kind, scope, depth), self._divisor(kind, scope, depth), opened=True)

    def _points_money(self, scope: Scope, depth: int) -> Expr | None:
        points = self.name("points", scope)
        return joined("{0} * {1}", points, self.of("money", scope, depth)) if points else None

    def _days_money(self, scope: Scope, depth: int) -> Expr:
        return joined("{0} * {1}", self.of("days", scope, depth), self.of("money", scope, depth))

    def _per(self, scope: Scope, depth: int) -> Expr:
        kind, size = self.choices.pick((("number", "10"), ("number", "0.5"), ("money", "£100"), ("days", "7 days")))
        word = self.choices.pick(("per", "per complete"))
        return joined(f"{{0}} {word} {size} of {{1}}", self.of("money", scope, depth), self.of(kind, scope, depth))

    def _rounded(self, kind: str) -> Maker:
        def make(scope: Scope, depth: int) -> Expr:
            how = self.choices.pick(("", "half even ", "down ", "up "))
            unit = self.choices.pick(UNITS.get(kind, ("1", "0.01", "0.5", "1,000")))
            return replace(joined(f"{{0}} rounded {how}to {unit}", self.of(kind, scope, depth)), open=False)

        return make

    def _scaled(self, scope: Scope, depth: int) -> Expr:
        kind, low, high = self.choices.pick((("number", "40%", "70%"), ("number", "0", "10"), ("money", "£0", "£200")))
        operand = self.of(kind, scope, depth)
        if self.choices.chance(20):
            other = self.of(kind, scope, 0)
            if not other.literal:
                return joined(f"{{0}} scaled from {low} to {{1}}", operand, other, opened=True)
        return joined(f"{{0}} scaled from {low} to {high}", operand)

    # --- dates ---

    def _moved(self, scope: Scope, depth: int) -> Expr:
        kind = self.choices.pick(("days", "months", "working days", "days"))
        how = self.of(kind, scope, depth) if self.choices.chance(40) else self.literal(kind)
        if how.literal and self.choices.chance(15):
            how = self.literal("years")
        return joined(f"{{0}} {self.choices.pick('+-')} {{1}}", self.of("date", scope, depth), how)

    def _moved_moment(self, scope: Scope, depth: int) -> Expr:
        length = self.of(self.choices.pick(("hours", "days")), scope, depth)
        return joined(f"{{0}} {self.choices.pick('+-')} {{1}}", self.of("moment", scope, depth), length)

    def _edge(self, scope: Scope, depth: int) -> Expr:
        edge, period = self.choices.pick(("first", "last")), self._period()
        if period.endswith("year") and self.choices.chance(25):
            years = scope.of_kind("number", "count")
            year = self.choices.pick(years).label if years and self.choices.chance(30) else self.choices.pick(("2012", "2013"))
            return Expr(f"{edge} day of {period} of {year}", False)
        return joined(f"{edge} day of {period} of {{0}}", self.of("date", scope, depth))

    def _period(self) -> str:
        return self.choices.pick(("financial year", "quarter", "month", "calendar year"))

    def _period_label(self, scope: Scope, depth: int) -> Expr:
        return joined(f"{self._period()} of {{0}}", self.of("date", scope, depth))

    def _between(self, scope: Scope, depth: int) -> Expr:
        return joined("{0} - {1}", self.of("date", scope, depth), self.of("date", scope, depth))

    def _hours(self, scope: Scope, depth: int) -> Expr:
        return joined("{0} - {1}", self.of("moment", scope, depth), self.of("moment", scope, depth))

    def _whole(self, words: str, kind: str) -> Maker:
        return lambda scope, depth: joined(f"{words} from {{0}} to {{1}}", self.of(kind, scope, depth), self.of(kind, scope, depth))

    def _age(self, scope: Scope, depth: int) -> Expr:
        return joined("age on {0} born {1}", self.of("date", scope, depth), self.of("date", scope, depth))

    # --- choices ---

    def _else(self, kind: str) -> Maker:
        def make(scope: Scope, depth: int) -> Expr:
            names = scope.of_kind(kind, optional=None)
            if names and self.choices.chance(70):
                name = self.choices.pick(names)
                first = Expr(name.label, open=name.open)
            else:
                first = self.of(kind, scope, depth)
            return joined("{0} else {1}", first, self.of(kind, scope, depth))

        return make

    def _cases(self, kind: str) -> Maker:
        def make(scope: Scope, depth: int) -> Expr:
            conditions = self.choices.weighted(((4, self.steps), (2, self._words), (3, self._apart)))(scope, depth)
            values = [self.of(kind, scope, depth) for _ in conditions]
            last = [self.of(kind, scope, depth)] if self.choices.chance(60) else []
            text = ", ".join(f"{v.inside} when {c.text}" for v, c in zip(values, conditions, strict=True))
            text += "".join(f", otherwise {value.inside}" for value in last)
            return Expr(text, False, any(p.open for p in (*values, *last)))

        return make

    def steps(self, scope: Scope, depth: int) -> list[Expr]:
        """Conditions that exclude each other: where a quantity lies."""
        kind, low, high = self.choices.pick((("money", "£10", "£100"), ("number", "1", "5"), ("date", "2012-03-31", "2013-01-01")))
        value = self.of(kind, scope, min(depth, 1))
        first = joined(f"{{0}} < {low}", value)
        return [first, joined(f"{{0}} >= {low} and {{0}} < {high}", value), joined(f"{{0}} >= {high}", value)][
            : self.choices.between(1, 3)
        ]

    def _words(self, scope: Scope, depth: int) -> list[Expr]:
        names = scope.of_kind("one of")
        if not names:
            return self.steps(scope, depth)
        name = self.choices.pick(names)
        words = self.choices.some(name.choices, 1, len(name.choices))
        return [Expr(f'{name.label} is "{word}"', False) for word in words]

    def _apart(self, scope: Scope, depth: int) -> list[Expr]:
        """A condition and its opposite; or two that may both be true, for some rows."""
        first = self.condition(scope, depth)
        if self.choices.chance(70):
            return [first, replace(first, text=f"not {first.inside}", atom=False)]
        return [first, self.condition(scope, depth)]

    # --- what a writer of conditions adds ---

    @abstractmethod
    def condition(self, scope: Scope, depth: int) -> Expr:
        """Something that is true or false."""

    @abstractmethod
    def _aggregate(self, kind: str) -> Maker:
        """A total, average, least or greatest of this kind."""

    @abstractmethod
    def _count(self, scope: Scope, depth: int) -> Expr | None:
        """A count over related rows."""
