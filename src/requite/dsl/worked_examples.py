"""Worked examples: the rows that they give and what they expect, typed by the program that they test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from requite.dsl import program as core
from requite.dsl import syntax
from requite.dsl.constants import Unfit, typed
from requite.dsl.declarations import key_types, shown
from requite.dsl.diagnostics import Label
from requite.dsl.names import Module, Symbol, did_you_mean, listed
from requite.dsl.ranges import record_named
from requite.dsl.scope import DEEPEST_READING, Context, Level, Scope
from requite.dsl.source import Span
from requite.dsl.types import MONEY, NUMBER, Kind, Type

RowKey = tuple[str, tuple[core.Scalar, ...], int]
"""A row's record, its key, and which it is of the rows with that key: of a record with a period there may be several."""


@dataclass(frozen=True, slots=True)
class Target:
    """What an expectation may be about: a payment, a check or a figure, under its unique name."""

    kind: str
    name: str
    record: str
    type: Type


def read_examples(module: Module, context: Context) -> None:
    """Enter a file's examples; those that build on others come with the others' rows."""
    nodes = [d for d in module.document.declarations if isinstance(d, syntax.Example)]
    named: dict[str, syntax.Example] = {}
    for node in nodes:
        first = named.setdefault(node.name.value, node)
        if first is not node:
            context.error(
                "duplicate-name",
                node.name.span,
                "two examples have this name",
                "give one of them another name",
                (Label(first.name.span, "the first is here"),),
            )
    targets = _targets(context)
    givens = Givens(named, module, context)
    torn = set[str]()
    for node in nodes:
        before = len(context.diagnostics)
        rows = givens.rows(node)
        others = {node.as_in, *(given.as_in for given in node.givens)}
        if len(context.diagnostics) > before or any(other and other.value in torn for other in others):
            torn.add(node.name.value)
        given = None if node.name.value in torn else rows
        expects = tuple(e for n in node.expects if (e := _expectation(n, given, targets, module, context)) is not None)
        known = node.known.value if node.known else None
        sets = givens.parameters(node)
        context.examples.append(core.Example(node.name.value, known, tuple(rows.values()), expects, node.span, sets))


# --- what is given ----------------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class Givens:
    """The rows that the examples of one file give; those of an example that was read are kept."""

    named: Mapping[str, syntax.Example]
    module: Module
    context: Context
    done: dict[str, dict[RowKey, core.GivenRow]] = field(default_factory=dict)
    set_to: dict[int, dict[str, core.DatedValue]] = field(default_factory=dict)
    """The values that each example gives to parameters, by the identity of the example."""

    def parameters(self, node: syntax.Example, deep: int = 0) -> dict[str, core.DatedValue]:
        """The parameters that have another value in an example, with those of the example that it builds on."""
        if id(node) not in self.set_to:
            self.set_to[id(node)] = {}  # for examples that build on each other in a circle, which is told elsewhere
            other = self.named.get(node.as_in.value) if node.as_in is not None and deep < DEEPEST_READING else None
            before = self.parameters(other, deep + 1) if other is not None else {}
            self.set_to[id(node)] = {**before, **_set_to(node, self.module, self.context)}
        return self.set_to[id(node)]

    def rows(self, node: syntax.Example, on_the_way: tuple[str, ...] = ()) -> dict[RowKey, core.GivenRow]:
        """An example's rows, with those of the examples that it builds on."""
        name = node.name.value
        if name in self.done and self.named.get(name) is node:
            return self.done[name]
        if self._leads_nowhere(node, on_the_way):
            return {}
        way = (*on_the_way, name)
        rows = dict(self._rows_of(node.as_in, way)) if node.as_in else {}
        here: dict[RowKey, core.GivenRow] = {}
        for given in node.givens:
            row = _given(given, self.module, self.context)
            if row is None:
                continue
            told = len(self.context.diagnostics)
            like = _row_meant(given, row, self._rows_of(given.as_in, way), self.context) if given.as_in is not None else None
            key = _place_of(row, given, like, rows, here, self.context)
            if key is None or len(self.context.diagnostics) > told:
                continue
            before = like or rows.get(key)
            if before is not None:
                row = replace(row, values={**before.values, **row.values}, brought={**before.brought, **row.brought})
            rows[key] = here[key] = row
        if self.named.get(name) is node:
            self.done[name] = rows
        return rows

    def _leads_nowhere(self, node: syntax.Example, on_the_way: tuple[str, ...]) -> bool:
        """Whether an example builds on itself, or on too many others, which is reported."""
        place = node.name.span
        if node.name.value in on_the_way:
            self.context.error("example-cycle", place, "these examples build on each other in a circle", "write one of them out")
            return True
        if len(on_the_way) > DEEPEST_READING:
            message = f"more than {DEEPEST_READING} examples build on each other, each on a later one"
            self.context.error("chain-too-long", place, message, "write the rows out in one of them")
            return True
        return False

    def _rows_of(self, other: syntax.Text, on_the_way: tuple[str, ...]) -> dict[RowKey, core.GivenRow]:
        found = self.named.get(other.value)
        if found is not None:
            return self.rows(found, on_the_way)
        help = did_you_mean(other.value, self.named, "write its name as it stands")
        self.context.error("unknown-example", other.span, "no example has this name", help)
        return {}


def _row_meant(
    given: syntax.Given, row: core.GivenRow, others: Mapping[RowKey, core.GivenRow], context: Context
) -> core.GivenRow | None:
    """The row of another example that a row is like: the one named, or that with its key, or else the only one of its record."""
    alike = [r for r in others.values() if r.record == row.record]
    if given.like:
        return _row_named(given, row, alike, context) if others else None
    meant = [r for r in alike if r.key == row.key] or (alike if len(alike) == 1 else [])
    if meant:
        return _of_one_period(meant, row, given, context)
    if others:
        keys = listed(" ".join(str(part) for part in r.key) for r in alike)
        key = " ".join(str(part) for part in row.key)
        found = f"gives {keys} and no {row.record} {key}" if alike else f"gives no {row.record}"
        help = (
            f"say which: `as in … for {' '.join(shown(part) for part in alike[0].key)}`"
            if alike
            else "name an example that gives one"
        )
        assert given.as_in is not None
        context.error("not-given", given.as_in.span, f"the other example {found}: which row is meant?", help)
    return None


def _row_named(given: syntax.Given, row: core.GivenRow, alike: Sequence[core.GivenRow], context: Context) -> core.GivenRow | None:
    """The row of the other example that has the key after `for`."""
    key = _key(given.like, context.records[row.record], given.like[0].span.to(given.like[-1].span), context)
    found = [other for other in alike if other.key == key]
    if not found and key is not None:
        there = listed(" ".join(shown(part) for part in other.key) for other in alike)
        message = f"the other example gives no {row.record} {' '.join(shown(part) for part in key)}"
        context.error("not-given", given.like[0].span, message, f"it gives {there}" if alike else "name an example that gives one")
    return _of_one_period(found, row, given, context) if found else None


def _of_one_period(
    found: Sequence[core.GivenRow], row: core.GivenRow, given: syntax.Given, context: Context
) -> core.GivenRow | None:
    """Of rows with one key, the one with the period that a row says; there is no other way to tell them apart."""
    period = context.records[row.record].period
    meant = [other for other in found if other.values.get(period) == row.values.get(period)] if len(found) > 1 else found
    if len(meant) == 1:
        return meant[0]
    assert given.as_in is not None
    message = f"the other example gives {_named(found[0])} {len(found)} times: which row is meant?"
    context.error("not-given", given.as_in.span, message, f"write its values here, or the `{period}` of one of them")
    return None


def _place_of(
    row: core.GivenRow,
    given: syntax.Given,
    like: core.GivenRow | None,
    rows: Mapping[RowKey, core.GivenRow],
    here: Mapping[RowKey, core.GivenRow],
    context: Context,
) -> RowKey | None:
    """Where a row belongs: in the place of one that it changes, or in a new one. None where that cannot be told.

    An example may give a row of another example anew, but not one of its own: a second row of one key is another row only
    where the record has a period, and both say another one. The only row of its key is changed, its days too.
    """
    period = context.records[row.record].period
    if period not in row.values and any(value.name.names[-1].text == period for value in given.values):
        return None  # what it says is no period, which has been told
    days = row.values.get(period, like.values.get(period) if like else None)
    alike = [key for key in rows if key[:2] == (row.record, row.key)]
    own = [key for key in alike if key in here]
    twice = next((here[key] for key in own if days is None or here[key].values.get(period) in (None, days)), None)
    if twice is not None:
        _report_given_twice(row, twice, period, context)
        return None
    others = [key for key in alike if key not in here]
    same = [key for key in others if rows[key].values.get(period) == days]
    found = same if own or (days is not None and len(others) > 1) else same or others
    if len(found) > 1:
        message = f"the example that this one builds on gives {_named(row)} {len(found)} times: which row is changed?"
        context.error("which-row", row.span, message, f"write the `{period}` of one of them")
        return None
    return found[0] if found else (row.record, row.key, len(alike))


def _report_given_twice(row: core.GivenRow, first: core.GivenRow, period: str, context: Context) -> None:
    help = "write all its values in one place, or give the second another key"
    if period:
        help += f" or another `{period}`"
    labels = (Label(first.span, "the first is here"),)
    context.error("given-twice", row.span, f"this example gives {_named(row)} twice", help, labels)


def _named(row: core.GivenRow) -> str:
    return " ".join((row.record, *(shown(part) for part in row.key)))


def _given(node: syntax.Given, module: Module, context: Context) -> core.GivenRow | None:
    name = record_named(node.record, Scope(context, module, (Level("", ()),)))
    record = context.records.get(name) if name else None
    if record is None:
        return None
    if record.derived_from:
        context.error(
            "derived-record",
            node.record.span,
            f"{record.name} is made from {record.derived_from}, so its rows cannot be given",
            f"give rows of {record.derived_from}",
        )
        return None
    key = _key(node.key, record, node.span, context)
    values: dict[str, core.Scalar] = dict(zip(record.key, key, strict=True)) if record.key and key else {}
    brought: dict[str, core.Scalar] = {}
    names = [value.name.names[-1].text for value in node.values]
    for at, value in enumerate(node.values):
        if names[at] in names[:at]:
            first = node.values[names.index(names[at])].span
            message = f"`{names[at]}` stands twice in this row"
            context.error("given-twice", value.name.span, message, "leave one out", (Label(first, "the first is here"),))
        _given_value(value, record, values, brought, context)
    return core.GivenRow(record.name, values, brought, node.span, key) if key is not None else None


def _key(
    parts: tuple[syntax.Name | syntax.Text | syntax.Number | syntax.Date, ...], record: core.Record, span: Span, context: Context
) -> tuple[core.Scalar, ...] | None:
    """A row's key as written, typed by the key fields; a record without key is told apart by a number."""
    fields = [record.field(name) for name in record.key]
    types = [f.type for f in fields] or [NUMBER]
    if len(parts) != len(types):
        wanted = ", ".join(record.key) or "a number to tell its rows apart"
        context.error(
            "wrong-key", span, f"the key of {record.name} is {wanted}, and {_stand(len(parts))} here",
            "write the key after the record: `given practice P1 with …`",
        )  # fmt: skip
        return None
    values = []
    for part, kind in zip(parts, types, strict=True):
        value = typed(_as_expression(part), kind, context.currency, key_types(context))
        if isinstance(value, Unfit):
            context.error(value.code, part.span, f"the key of {record.name}: {value.message}", value.help)
            return None
        values.append(value)
    return tuple(values)


def _stand(number: int) -> str:
    return f"{number} values stand" if number > 1 else "one value stands" if number else "nothing stands"


def _as_expression(part: syntax.Name | syntax.Text | syntax.Number | syntax.Date) -> syntax.Expr:
    return syntax.Text(part.span, part.text) if isinstance(part, syntax.Name) else part


def _given_value(
    node: syntax.GivenValue,
    record: core.Record,
    values: dict[str, core.Scalar],
    brought: dict[str, core.Scalar],
    context: Context,
) -> None:
    if context.is_full:
        return
    label = node.name.names[-1].text
    field = context.field_of(record.name, label)
    forward = [c for c in context.columns.values() if c.kind is core.ColumnKind.BROUGHT_FORWARD and c.record == record.name]
    column = next((c for c in forward if c.label == label), None)
    if field is None and column is None:
        known = [*(f.name for f in record.fields), *(c.label for c in forward)]
        reckoned = any(c.label == label and c.record == record.name for c in context.columns.values())
        message = f"`{label}` is reckoned, so it cannot be given" if reckoned else f"{record.name} has no field `{label}`"
        context.error("unknown-field", node.name.span, message, did_you_mean(label, known, f"it has {listed(known)}"))
        return
    wanted = field.type if field else MONEY
    if wanted.kind is Kind.BROKEN:
        return
    value = typed(node.value, wanted, context.currency, key_types(context))
    if isinstance(value, Unfit):
        labels = (Label(field.span, "the field"),) if field else ()
        context.error(value.code, node.value.span, f"{label}: {value.message}", value.help, labels)
    elif field is not None:
        values[label] = value
    elif column is not None:
        brought[column.name] = value


# --- parameters that an example sets ---------------------------------------------------------------------------------------


def _set_to(node: syntax.Example, module: Module, context: Context) -> dict[str, core.DatedValue]:
    """The values that an example itself gives to parameters."""
    found: dict[str, core.DatedValue] = {}
    for value in node.sets:
        symbol = _parameter_meant(value.name, module, context)
        parameter = context.parameters.get(symbol.name) if symbol is not None else None
        if parameter is None or parameter.type.kind is Kind.BROKEN:
            continue
        if parameter.name in found:
            labels = (Label(found[parameter.name].span, "the first is here"),)
            context.error("given-twice", value.span, f"`{value.name.span.text}` is set twice here", "leave one out", labels)
        elif parameter.name in context.built_in:
            context.error(
                "built-in-parameter",
                value.span,
                f"`{value.name.span.text}` is part of how a rule is made, so an example cannot change it",
                "try the other value in the parameter itself",
                (Label(context.built_in[parameter.name], "it is built in here"),),
            )
        else:
            _set(value, parameter, found, context)
    return found


def _parameter_meant(node: syntax.Path, module: Module, context: Context) -> Symbol | None:
    symbol = module.find_path(node.names, ("parameter",))
    if symbol is None and not module.is_broken_path(node.names):
        help = module.nearest_path(node.names, ("parameter",), "rows are given below: `given practice P1 with …`")
        context.error("unknown-name", node.span, f"there is no parameter called `{node.span.text}`", help)
    return symbol


def _set(node: syntax.GivenValue, parameter: core.Parameter, found: dict[str, core.DatedValue], context: Context) -> None:
    value = typed(node.value, parameter.type, context.currency, key_types(context))
    if value is None:
        value = Unfit("wrong-type", f"a parameter needs a value, and this is {node.value.span.text}", "give it one")
    if isinstance(value, Unfit):
        labels = (Label(parameter.span, "the parameter"),)
        context.error(value.code, node.value.span, f"{node.name.span.text}: {value.message}", value.help, labels)
        return
    dated = any(other.start is not None for other in parameter.values)
    found[parameter.name] = core.DatedValue(value, date.min if dated else None, None, (), "set by the example", node.span)


# --- what is expected -------------------------------------------------------------------------------------------------------


def _targets(context: Context) -> list[Target]:
    payments = [Target("payment", p.name, p.record, MONEY) for p in context.payments.values()]
    checks = [Target("check", c.name, c.record, MONEY) for c in context.checks.values()]
    figures = [
        Target("figure", c.name, c.record, c.type) for c in context.columns.values() if c.kind is not core.ColumnKind.PAYMENT
    ]
    fields = [Target("figure", f"{r.name}.{f.name}", r.name, f.type) for r in context.records.values() for f in r.fields]
    return [*payments, *checks, *figures, *fields]


def _target(
    node: syntax.Path, targets: list[Target], rows: Mapping[RowKey, core.GivenRow], module: Module, context: Context
) -> Target | None:
    label = ".".join(name.text for name in node.names)
    found = [t for t in targets if t.name == label or t.name.endswith("." + label)]
    rules = [t for t in found if t.kind != "figure"]
    found = rules or [t for t in found if t.name in context.columns] or found
    if len(found) > 1:
        mine = [t for t in found if not any(t.name.startswith(f"{module.prefix}{alias}.") for alias in module.aliases)]
        found = mine if len(mine) == 1 else found
    if len(found) > 1:
        exact = [t for t in found if t.name == label] or [t for t in found if any(r == t.record for r, *_ in rows)]
        found = exact if len(exact) == 1 else found
    if len(found) == 1:
        return found[0]
    if not found:
        if not module.is_broken(node.names[-1].text) and not module.is_broken(node.names[0].text):
            known = dict.fromkeys(t.name.rsplit(".", 1)[-1] for t in targets)
            context.error(
                "unknown-name",
                node.span,
                f"nothing here is called `{label}`",
                did_you_mean(label, known, "name a payment, a check or a figure"),
            )
        return None
    names = [t.name for t in found]
    context.error("ambiguous-name", node.span, f"`{label}` could be {listed(names)}", f"write one of them in full: `{names[0]}`")
    return None


def _expectation(
    node: syntax.Expect, rows: Mapping[RowKey, core.GivenRow] | None, targets: list[Target], module: Module, context: Context
) -> core.Expectation | None:
    """What is expected, typed; `rows` are those of the example, or None where one of them is wrong."""
    target = _target(node.target, targets, rows or {}, module, context)
    if target is None or target.type.kind is Kind.BROKEN:
        return None
    if not _fits(node, target, context):
        return None
    kind = "carried" if node.carried else target.kind
    record = context.records.get(target.record)
    key: tuple[core.Scalar, ...] | None = None
    if node.key and record is not None:
        key = _key(node.key, record, node.span, context)
        if key is None or (rows is not None and not _is_given(key, record, node, rows, context)):
            return None
    elif record is not None and rows is not None and not _is_clear(record, node, rows, context):
        return None
    value: core.Scalar = None
    if node.value is not None:
        found = typed(node.value, target.type.required, context.currency, key_types(context))
        if isinstance(found, Unfit):
            context.error(found.code, node.value.span, found.message, found.help)
            return None
        value = found
    because = node.because.value if node.because else ""
    return core.Expectation(kind, target.name, target.record, key, node.outcome, value, because, node.span)


def _is_clear(record: core.Record, node: syntax.Expect, rows: Mapping[RowKey, core.GivenRow], context: Context) -> bool:
    """Whether an expectation that names no row can only be about one."""
    given = [key for name, key, _ in rows if name == record.name]
    if record.derived_from or record.rows or len(given) == 1:
        return True
    label = node.target.span.text
    message = f"this example gives {len(given) or 'no'} {record.name} rows, and `{label}` is reckoned for each"
    help = f"say which one is meant: {listed(' '.join(shown(part) for part in key) for key in given)}" if given else _give(record)
    context.error("which-row", node.span, message, help)
    return False


def _give(record: core.Record) -> str:
    return f"add a line: `given {record.name} {'K1' if record.key else '1'} with …`"


def _is_given(
    key: tuple[core.Scalar, ...], record: core.Record, node: syntax.Expect, rows: Mapping[RowKey, core.GivenRow], context: Context
) -> bool:
    in_text = (tuple(row.values.get(name) for name in record.key) for row in record.rows or ())
    times = sum(other[:2] == (record.name, key) for other in rows)
    if record.derived_from or times == 1 or (not times and key in in_text):
        return True
    wanted = " ".join(shown(part) for part in key)
    if times > 1:
        message = f"this example gives {record.name} {wanted} {times} times, and `{node.target.span.text}` is reckoned for each"
        context.error("which-row", node.span, message, "expect something of a record that reads one of them on a date")
        return False
    given = [" ".join(shown(part) for part in other) for name, other, _ in rows if name == record.name]
    context.error(
        "not-given",
        node.span,
        f"this example gives no {record.name} {wanted}",
        did_you_mean(wanted, given, f"it gives {listed(given)}" if given else f"add `given {record.name} {wanted} with …`"),
    )
    return False


def _fits(node: syntax.Expect, target: Target, context: Context) -> bool:
    of_checks = {"flags": "flags", "passes": "passes", "challenges": "challenges", "does not challenge": "challenges"}
    if node.carried and not _is_carried(target.name, context):
        message = f"nothing carries `{node.target.span.text}` forward"
        help = "name what a scheme says after `carry forward … as`, or leave out `carried forward`"
    elif target.kind == "check" and node.outcome == "is":
        message, help = "a check flags or passes; it has no value", f"write `expect {node.target.span.text} flags …`"
    elif target.kind != "check" and node.outcome in of_checks:
        message, help = f"only a check {of_checks[node.outcome]} something", f"write `expect {node.target.span.text} is …`"
    else:
        return True
    context.error("wrong-expectation", node.span, message, help)
    return False


def _is_carried(name: str, context: Context) -> bool:
    return any(name == f"{scheme.name}.{carry.name}" for scheme in context.schemes.values() for carry in scheme.carries)
