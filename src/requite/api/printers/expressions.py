"""Core expressions as text: every name in full, every bracket written."""

from __future__ import annotations

from dataclasses import fields

from requite.dsl import program as core
from requite.dsl.program import Scalar
from requite.dsl.types import Kind, Type
from requite.engine.wording import show

INFIX = (core.Arithmetic, core.Compare, core.Logic, core.AddTime, core.Else, core.Cases, core.AtLeastOf, core.IsKnown, core.IsOneOf)
"""What is put in brackets where it stands inside something else."""


class Expressions:
    """Writes expressions, amounts in one currency."""

    def __init__(self, currency: str) -> None:
        self.currency = currency

    def value(self, value: Scalar, type_: Type) -> str:
        """A constant as an author would write it."""
        if value is None:
            return "none"
        if isinstance(value, str):
            return f'"{value}"'
        return show(value, type_.kind, self.currency)

    def text(self, e: core.Expr) -> str:
        """An expression on one line."""
        match e:
            case core.Constant(value=value, type=type_):
                return self.value(value, type_)
            case core.RowVariable(level=level, type=type_):
                return "this" if not level else type_.record if level == 1 else f"{type_.record}#{level}"
            case core.FieldRead(row=row, field=name):
                return f"{self.inner(row)}.{name}"
            case core.ColumnRead(row=row, column=name):
                return f"{name} of {self.inner(row)}"
            case core.Lookup() | core.ParameterRead() | core.BandRead():
                return self._reading(e)
            case core.Aggregate(kind=kind, operand=operand, range=over):
                what = f"{kind} of {self.inner(operand)} over" if operand is not None else f"{kind} of"
                return f"{what} {self.range(over)}"
            case core.Exists(range=over):
                return f"there is {self.range(over)}"
            case core.Cases():
                return self._cases(e)
            case core.Not(operand=operand):
                return f"not {self.inner(operand)}"
        return self._time(e) or self._number(e) or self._condition(e)

    def inner(self, e: core.Expr) -> str:
        """An expression as it stands inside another."""
        text = self.text(e)
        # A column read of a row is two words: `incentive.savings of this`.
        return f"({text})" if isinstance(e, (*INFIX, core.ColumnRead, core.Aggregate, core.Exists)) else text

    def list(self, parts: tuple[core.Expr, ...]) -> str:
        return ", ".join(self.text(part) for part in parts)

    def _reading(self, e: core.Lookup | core.ParameterRead | core.BandRead) -> str:
        match e:
            case core.Lookup(record=record, keys=keys, on=on):
                return f"{record}[{self.list(keys)}{self._on(on)}]"
            case core.ParameterRead(parameter=parameter, on=on):
                return f"{parameter}[{self._on(on).strip()}]" if on is not None else parameter
            case core.BandRead(bands=bands, operand=operand):
                return f"{bands}[{self.text(operand)}]"

    def _on(self, on: core.Expr | None) -> str:
        return f" on {self.text(on)}" if on is not None else ""

    def _time(self, e: core.Expr) -> str:
        match e:
            case core.AddTime(moment=moment, amount=amount, unit=unit):
                plain = isinstance(amount, core.Constant) or amount.type.kind in (
                    Kind.DAYS,
                    Kind.MONTHS,
                    Kind.HOURS,
                    Kind.WORKING_DAYS,
                )
                return f"{self.inner(moment)} + {self.inner(amount)}{'' if plain else ' ' + unit}"
            case core.Elapsed(unit=unit, start=start, end=end):
                return f"{unit} from {self.inner(start)} to {self.inner(end)}"
            case core.WholeBetween(unit=unit, start=start, end=end):
                return f"whole {unit} from {self.inner(start)} to {self.inner(end)}"
            case core.PeriodLabel(period=period, operand=operand):
                return f"{period} of {self.inner(operand)}"
            case core.PeriodEdge(period=period, edge=edge, operand=operand):
                return f"{edge} day of {period} of {self.inner(operand)}"
            case core.YearBegins(period=period, operand=operand):
                return f"{period} {self.inner(operand)}"
        return ""

    def _number(self, e: core.Expr) -> str:
        match e:
            case core.Arithmetic(operator=operator, left=left, right=right):
                return f"{self.inner(left)} {operator} {self.inner(right)}"
            case core.Round(operand=operand, rounding=rounding):
                return f"({self.text(operand)} {self.rounding(rounding, e.type)})"
            case core.Scaled(operand=operand, lower=lower, upper=upper):
                return f"({self.inner(operand)} scaled from {self.inner(lower)} to {self.inner(upper)})"
            case core.Extreme(greatest=greatest, operands=operands):
                return f"{'max' if greatest else 'min'}({self.list(operands)})"
        return ""

    def _condition(self, e: core.Expr) -> str:
        match e:
            case core.Compare(operator=operator, left=left, right=right):
                return f"{self.inner(left)} {operator} {self.inner(right)}"
            case core.Logic(operator=operator, operands=operands):
                return f" {operator} ".join(self.inner(part) for part in operands)
            case core.AtLeastOf(number=number, operands=operands):
                return f"at least {number} of ({self.list(operands)})"
            case core.IsKnown(operand=operand):
                return f"{self.inner(operand)} is known"
            case core.IsOneOf(operand=operand, values=values, codes=codes):
                return f"{self.inner(operand)} in {codes or '(' + ', '.join(values) + ')'}"
            case core.Else(operand=operand, fallback=fallback):
                return f"{self.inner(operand)} else {self.inner(fallback)}"
        return self._by_parts(e)

    def _by_parts(self, e: core.Expr) -> str:
        """An expression that has no notation here: its kind, and its parts in brackets."""
        parts = (getattr(e, f.name) for f in fields(e) if f.name not in ("type", "span"))
        return f"{type(e).__name__}({', '.join(self.text(p) if isinstance(p, core.Core) else str(p) for p in parts)})"  # type: ignore[arg-type]

    def _cases(self, e: core.Cases) -> str:
        parts = [f"{self.inner(case.value)} when {self.inner(case.condition)}" for case in e.cases]
        parts += [f"otherwise {self.inner(e.otherwise)}"] if e.otherwise is not None else []
        return ", ".join(parts)

    def range(self, over: core.Range) -> str:
        """Which rows, and how they relate to those around them."""
        inner = over.record if over.level == 1 else f"{over.record}#{over.level}"
        named = f"each {over.ordinal} {inner}" if over.ordinal else f"each {inner}"
        conditions = [f"{self.text(one)} = {self.inner(other)}" for one, other in over.same]
        if over.where is not None:
            conditions.append(self.inner(over.where))
        text = named + (f" where {' and '.join(conditions)}" if conditions else "")
        if over.order:
            text += f" by {self.list(tuple(one for one, _ in over.order))}"
        return text

    def rounding(self, rounding: core.Rounding, type_: Type) -> str:
        direction = "" if rounding.direction == "half away" else f"{rounding.direction} "
        return f"rounded {direction}to {self.value(rounding.unit, type_)}"
