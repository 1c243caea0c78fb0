"""The checked program as text: every declaration with its types, every rule with its clauses, all names in full."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from requite.api.console import count
from requite.api.printers.expressions import Expressions
from requite.dsl import program as core
from requite.dsl.program import WHOLE, Program
from requite.dsl.types import MONEY, Kind, Type

Lines = Iterator[str]


def program_text(program: Program) -> str:
    """A program as text, in the order declared."""
    write = _Writer(program)
    parts = [
        write.head(),
        *(write.record(record) for record in program.records.values()),
        *(write.parameter(parameter) for parameter in program.parameters.values()),
        *(write.bands(bands) for bands in program.bands.values()),
        *(_codes(name, values) for name, values in program.codes.items()),
        *(write.column(column) for column in program.columns.values() if not isinstance(column.definition, core.Paid)),
        *(write.share(share) for share in program.shares.values()),
        *(write.scheme(scheme) for scheme in program.schemes.values()),
        *(write.payment(payment) for payment in program.payments.values()),
        *(write.check(check) for check in program.checks.values()),
        *(_precedence(precedence) for precedence in program.precedences),
        write.shown(program.shown),
        write.examples(),
    ]
    blocks = ["\n".join(part) for part in parts]
    return "\n\n".join(block for block in blocks if block) + "\n"


def definition_of(column: core.Column, program: Program) -> str:
    """What the value of a column is, on one line."""
    return _Writer(program).definition(column)


def _titled(words: str, title: str) -> str:
    return f'{words} "{title}"' if title else words


def _cites(cites: Iterable[core.Citation]) -> Lines:
    for citation in cites:
        yield f"  cites {_titled(citation.source, citation.title)}{f' at {citation.at}' if citation.at else ''}"


def _illustrative(why: str) -> Lines:
    if why:
        yield f'  illustrative "{why}"'


def _of(record: str) -> str:
    return "of the whole ruleset" if record == WHOLE else f"of each {record}"


def _codes(name: str, values: tuple[str, ...]) -> Lines:
    yield f"codes {name}: " + ", ".join(f'"{value}"' for value in values)


def _precedence(precedence: core.Precedence) -> Lines:
    yield f"challenge each {precedence.record} once for the largest overcharge"
    yield f"  ties in the order {', '.join(precedence.ties)}"


class _Writer:
    """Writes the parts of one program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.e = Expressions(program.currency)

    def head(self) -> Lines:
        yield _titled(f"ruleset {self.program.name}", self.program.title)
        yield f"  currency {self.program.currency}"
        yield f"  payments {self.e.rounding(self.program.rounding, MONEY)}"

    # --- data ---

    def record(self, record: core.Record) -> Lines:
        yield _titled(f"{'table' if record.table else 'record'} {record.name}", record.title)
        if record.derived_from:
            yield f"  made from each {record.derived_from} by {self.e.list(record.derived_by)}"
        if record.file:
            yield f'  in the file "{record.file}"'
        if record.rows is not None:
            yield f"  {len(record.rows)} rows in the text"
        yield from _cites(record.cites)
        yield from _illustrative(record.illustrative)
        yield from (self._field(field, record) for field in record.fields)

    def _field(self, field: core.Field, record: core.Record) -> str:
        parts = [f"  {'key ' if field.key else ''}{field.name}: {field.type.required}"]
        parts += ["optional"] if field.optional else []
        if not record.derived_from:
            until = f' to "{field.until_column}"' if field.until_column else ""
            known = f' known from "{field.known_column}"' if field.known_column else ""
            parts.append(f'from "{field.column}"{until}{known}')
        parts += [f'as "{field.format}"'] if field.format else []
        parts += [f"in {field.unit}"] if field.unit else []
        return " ".join(parts)

    def parameter(self, parameter: core.Parameter) -> Lines:
        yield _titled(f"parameter {parameter.name}: {parameter.type.required}", parameter.title)
        for value in parameter.values:
            start = f" from {value.start}" if value.start else ""
            known = f" known from {value.known_from}" if value.known_from else ""
            why = f' illustrative "{value.illustrative}"' if value.illustrative else ""
            yield f"  {self.e.value(value.value, parameter.type)}{start}{known}{why}"
            yield from (f"  {line}" for line in _cites(value.cites))

    def bands(self, bands: core.Bands) -> Lines:
        straight = ", straight between points" if bands.straight else ""
        yield _titled(f"bands {bands.name}: {bands.type} by {bands.operand_type}{straight}", bands.title)
        yield from _cites(bands.cites)
        yield from _illustrative(bands.illustrative)
        for band in bands.bands:
            value = self.e.value(band.value, bands.type)
            yield f"  {self._edges(band, bands.operand_type)}: {value}"

    def _edges(self, band: core.Band, type_: Type) -> str:
        if band.lower == band.upper:
            return self.e.value(band.lower, type_)
        lower = "" if band.lower is None else f"{'from' if band.lower_included else 'above'} {self.e.value(band.lower, type_)}"
        upper = "" if band.upper is None else f"{'up to' if band.upper_included else 'below'} {self.e.value(band.upper, type_)}"
        return " ".join(part for part in (lower, upper) if part) or "any"

    # --- what is reckoned ---

    def column(self, column: core.Column) -> Lines:
        optional = " or missing" if column.type.optional else ""
        yield _titled(f"{column.kind.value} {column.name} {_of(column.record)}: {column.type.required}{optional}", column.title)
        yield f"  = {self.definition(column)}"
        yield from _cites(column.cites)

    def definition(self, column: core.Column) -> str:
        """What a column's value is."""
        match column.definition:
            case core.Computed(value=value):
                return self.e.text(value)
            case core.Matched(range=over, pick=pick, order=order):
                which = f"the {pick} of" if pick else "the only one of"
                return f"{which} {self.e.range(over)}" + (f" in the order {self.e.list(order)}" if order else "")
            case core.Shared(share=share):
                return f"its part of the share {share}"
            case core.Paid(payment=payment):
                return f"what {payment} comes to"
            case core.BroughtForward(name=name, start=start):
                return f"{name} as carried forward, {self.e.value(start, column.type)} at the start"

    def share(self, share: core.Share) -> Lines:
        pays = f", paid by {share.scheme}" if share.scheme else ""
        yield f"share {share.name} {_of(share.record)}{pays}"
        yield f"  amount {self.e.text(share.amount)}"
        yield f"  among {self.e.range(share.range)}"
        yield f"  by {self.e.text(share.weight)}" if share.weight is not None else "  in equal parts"
        yield from (self._gate(gate) for gate in share.gates)
        yield from _cites(share.cites)

    # --- rules ---

    def scheme(self, scheme: core.Scheme) -> Lines:
        yield _titled(f"scheme {scheme.name} {_of(scheme.record)}", scheme.title)
        if scheme.period:
            yield f"  period {scheme.period[0]} to {scheme.period[1]}"
        if scheme.settles_with_period:
            yield "  settles with the period"
        if scheme.payments:
            yield f"  pays {', '.join(scheme.payments)}"
        if scheme.shares:
            yield f"  shares {', '.join(scheme.shares)}"
        if scheme.altogether is not None:
            how = ", in proportion" if scheme.altogether.in_proportion else ""
            yield f"  altogether at most {self.e.text(scheme.altogether.limit)}{how}"
        for carry in scheme.carries:
            yield f"  carry forward {self.e.text(carry.value)} as {carry.name}"
        yield from _cites(scheme.cites)

    def payment(self, rule: core.PaymentRule) -> Lines:
        yield _titled(f"{rule.kind} {rule.name} {_of(rule.record)} to {self._payee(rule.payee)}", rule.title)
        yield from (self._payment_clause(clause) for clause in rule.clauses)
        if rule.kind == "split":
            part = self.e.value(rule.part, Type(Kind.PERCENT)) if rule.part is not None else "the rest"
            yield f"  part {part} of it, of the split {rule.split}"
        yield f"  {self.e.rounding(rule.rounding, MONEY)}"
        if rule.spent_on:
            yield f'  spent on "{rule.spent_on}"'
        yield from _cites(rule.cites)

    def _payee(self, payee: core.PaidTo) -> str:
        return self.e.text(payee.value) if payee.value is not None else payee.name

    def _payment_clause(self, clause: core.PaymentClause) -> str:
        match clause:
            case core.Gate():
                return self._gate(clause)
            case core.AmountClause(value=value):
                return f"  amount {self.e.text(value)}"
            case core.ExceptClause(value=value, condition=condition, because=because):
                why = f' because "{because}"' if because else ""
                return f"  except {self.e.text(value)} when {self.e.text(condition)}{why}"
            case core.LimitClause(cap=cap, limit=limit):
                return f"  at {'most' if cap else 'least'} {self.e.text(limit)}"
            case core.OnlyFirstClause(number=number, same=same, order=order):
                return f"  only the first {self.e.text(number)} for the same {self.e.list(same)} by {self.e.list(order)}"
            case core.TogetherClause(limit=limit, same=same, order=order, in_proportion=in_proportion):
                how = "in proportion" if in_proportion else f"first come by {self.e.list(order)}"
                group = f" for the same {self.e.list(same)}" if same else ""
                return f"  together at most {self.e.text(limit)}{group}, {how}"

    def _gate(self, gate: core.Gate) -> str:
        return f"  {gate.kind} {self.e.text(gate.condition)}"

    def check(self, check: core.CheckRule) -> Lines:
        yield _titled(f"check {check.name} {_of(check.record)}", check.title)
        if check.settles_with_period:
            yield "  settles with the period"
        if check.billed is not None:
            yield f"  billed {self.e.text(check.billed)}"
        yield from (self._check_clause(clause) for clause in check.clauses)
        if check.undercharges:
            yield "  flag undercharges too"
        if check.overcharge and not any(isinstance(c, core.ColumnClause) and c.kind == "overcharge" for c in check.clauses):
            yield f"  overcharge {check.overcharge}"
        if check.reason:
            parts = (f"{{{self.e.text(part.value)}}}" if part.value is not None else part.text for part in check.reason)
            yield f'  reason "{"".join(parts)}"'
        if check.challenge is not None:
            yield from self._challenge(check.challenge, check.penalty)
        if check.supported is not None:
            yield f"  challenged where {self.e.text(check.supported)}"
        yield from _cites(check.cites)

    def _check_clause(self, clause: core.CheckClause) -> str:
        match clause:
            case core.Gate():
                return self._gate(clause)
            case core.ColumnClause(kind=kind, column=column):
                return f"  {kind} {column}"
            case core.FlagClause(condition=condition):
                return f"  flag when {self.e.text(condition)}"

    def _challenge(self, challenge: core.Challenge, penalty: str) -> Lines:
        otherwise = f", otherwise deemed {challenge.otherwise}" if challenge.otherwise else ""

        yield f"  challenge {self._payee(challenge.respondent)} answers within {challenge.within} {challenge.unit}{otherwise}"
        if penalty:
            yield f"    penalty {penalty}" + (f" when {challenge.penalty_when}" if challenge.penalty_when else "")

    def shown(self, shown: tuple[core.Shown, ...]) -> Lines:
        for figure in shown:
            yield f"show {figure.label} {_of(figure.record)} = {self.e.text(figure.value)}"

    def examples(self) -> Lines:
        for example in self.program.examples:
            known = f" known on {example.known}" if example.known else ""
            sets = (f"{n} {self.e.value(v.value, self.program.parameters[n].type)}" for n, v in example.parameters.items())
            given, expected = len(example.rows), len(example.expects)
            with_sets = f" with {', '.join(sets)}" if example.parameters else ""
            yield f'example "{example.name}"{known}{with_sets}: {count(given, "row")} given, {count(expected, "expectation")}'
