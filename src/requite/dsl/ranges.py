"""Related records: `over each spell with the same patient where …`, `there is no letter …`, `match an earlier spell …`."""

from __future__ import annotations

from dataclasses import replace

from requite.dsl import program as core
from requite.dsl import syntax, units
from requite.dsl.dates_of_one_row import check_dates
from requite.dsl.diagnostics import Label
from requite.dsl.elaborate import as_written, condition, elaborate, guarded
from requite.dsl.facts import known_when
from requite.dsl.names import did_you_mean, listed
from requite.dsl.paths import local, member
from requite.dsl.scope import Elaborator, Level, Scope, broken, is_broken
from requite.dsl.source import Span
from requite.dsl.types import COUNT, NUMBER, QUANTITIES, ROW_KINDS, WEIGHTS, YES_NO, Kind, Type


def related(node: syntax.Range, scope: Scope, names: tuple[str, ...] = ()) -> tuple[core.Range, Scope] | None:
    """A range and the scope of its inner row; None where its record is not known (which is reported)."""
    record = record_named(node.record, scope)
    if record is None:
        return None
    label = node.record.names[-1].text
    inner = scope.within(Level(record, (label, *names)))
    pairs = _same(node, inner) if node.same else _by_reference(node, inner)
    if pairs is None:
        return None
    order = _order(node.by, node, inner) if node.ordinal in ("earlier", "later") else ()
    where = _where(node, inner)
    if order is None or (where is not None and is_broken(where)):
        return None
    if where is not None and node.ordinal and not node.same:
        check_dates(where, inner)
    found = core.Range(record, len(inner.levels) - 1, pairs, where, node.ordinal, order, node.span, _is_bounded(node, pairs))
    after = inner.knowing(known_when(where, True, inner.context.columns)) if where is not None else inner
    return found, after


def record_named(node: syntax.Path, scope: Scope) -> str | None:
    """The unique name of a record or table; an unknown one is reported."""
    module, names = scope.module, node.names
    symbol = module.find_path(names, ROW_KINDS)
    if symbol is not None:
        scope.context.used.add(symbol.name)
        return symbol.name
    if not module.is_broken_path(names):
        known = module.labels(ROW_KINDS)
        help = module.nearest_path(names, ROW_KINDS, f"there are {listed(known)}" if known else "declare it with `record`")
        scope.context.error("unknown-record", node.span, f"there is no record `{as_written(node.span)}`", help)
    return None


def _where(node: syntax.Range, inner: Scope) -> core.Expr | None:
    return guarded(condition(node.where, inner, "`where`"), inner) if node.where is not None else None


def _same(node: syntax.Range, inner: Scope) -> tuple[tuple[core.Expr, core.Expr], ...] | None:
    pairs = [(_side(name, inner, inner=True), _side(name, inner, inner=False)) for name in node.same]
    for (mine, own), name in zip(pairs, node.same, strict=True):
        if is_broken(mine, own):
            return None
        if not units.comparable("=", mine.type, own.type):
            inner.context.error(
                "wrong-units",
                name.span,
                f"`{name.text}` is {mine.type.noun} in {inner.inner.record}, and {own.type.noun} in {inner.levels[-2].record}",
                "records meet by fields of one type",
            )
            return None
    return tuple(pairs)


def _side(name: syntax.Name, scope: Scope, inner: bool) -> core.Expr:
    """The value of a `with the same` name on one side: a field or column of the row, or the row itself if it is so called."""
    level = len(scope.levels) - (1 if inner else 2)
    value = member(level, name, scope)
    if value is None and level == 0:
        value = local(name, scope)
    if value is None and name.text in scope.levels[level].names:
        return scope.row(level, name.span)
    if value is None:
        record = scope.levels[level].record
        if not scope.module.is_broken(record):
            fields = [f.name for f in scope.context.records[record].fields] if record in scope.context.records else []
            scope.context.error(
                "unknown-field",
                name.span,
                f"`with the same {name.text}`: {record} has no `{name.text}`",
                did_you_mean(name.text, [*fields, *scope.module.member_labels(record)], f"{record} has {listed(fields)}"),
            )
        return broken(name.span)
    return value


def _by_reference(node: syntax.Range, inner: Scope) -> tuple[tuple[core.Expr, core.Expr], ...] | None:
    """How two records meet when the text does not say: by the one reference between them, or not at all."""
    records, record, outer = inner.context.records, inner.inner.record, inner.levels[-2]
    if node.every or outer.record == core.WHOLE or node.ordinal or record not in records:
        return ()
    level = len(inner.levels) - 1
    if any(f.type.kind is Kind.BROKEN for f in records[record].fields):
        return None  # told of already: one of these may be the reference
    references = [f for f in records[record].fields if f.type.kind is Kind.ROW and f.type.record == outer.record]
    if len(references) == 1:
        field = references[0]
        mine = core.FieldRead(field.type, node.record.span, inner.row(level, node.record.span), field.name)
        return ((mine, inner.row(level - 1, node.record.span)),)
    if not references and node.where is not None and "this." in node.where.span.text:
        return ()
    how = (
        f"{record} refers to {outer.record} in more than one field: {listed(f.name for f in references)}"
        if references
        else f"nothing says which {record} rows belong to a {outer.record}"
    )
    inner.context.error(
        "how-related",
        node.span,
        how,
        f"write `with the same …`, or `every {record}` if all of them are meant",
        (Label(records[record].span, f"{record} is declared here"),),
    )
    return None


def _order(names: tuple[syntax.Name, ...], node: syntax.Range, inner: Scope) -> tuple[tuple[core.Expr, core.Expr], ...] | None:
    if inner.inner.record != inner.levels[-2].record:
        inner.context.error(
            "not-earlier",
            node.span,
            f"`{node.ordinal}` compares rows of one record, and here are {inner.inner.record} and {inner.levels[-2].record}",
            "say when: `where sent within 14 days after this.discharged`",
        )
        return None
    mine = order_of(names, inner)
    own = order_of(names, replace(inner, levels=inner.levels[:-1])) if mine is not None else None
    if mine is None or own is None:
        return None
    return tuple(zip(mine, own, strict=True))


def order_of(names: tuple[syntax.Name, ...], scope: Scope) -> tuple[core.Expr, ...] | None:
    """What rows are put in order by: fields or columns of the innermost row that can be compared."""
    found: list[core.Expr] = []
    for name in names:
        value = member(len(scope.levels) - 1, name, scope) or (None if scope.is_inner else local(name, scope))
        if value is None:
            record = scope.inner.record
            fields = [f.name for f in scope.context.records[record].fields] if record in scope.context.records else []
            known = [*fields, *scope.module.member_labels(record)]
            if not scope.module.is_broken(record):
                help = did_you_mean(
                    name.text, known, f"it has {listed(known)}" if known else "nothing orders what is reckoned once"
                )
                scope.context.error("unknown-field", name.span, f"{record} has no `{name.text}`", help)
            return None
        if is_broken(value):
            return None
        if value.type.kind in (Kind.ROW, Kind.PERIOD):
            scope.context.error(
                "wrong-units",
                name.span,
                f"`{name.text}` is {value.type.noun}, which has no order",
                "order by a date, a number or a text",
            )
            return None
        found.append(value)
    return tuple(found)


def _is_bounded(node: syntax.Range, pairs: tuple[tuple[core.Expr, core.Expr], ...]) -> bool:
    """Whether the rows share a date with the rule's own, or lie in a window of time beside it."""
    if any(mine.type.kind in units.DATES for mine, _ in pairs):
        return True
    parts = [node.where] if node.where is not None else []
    while parts:
        part = parts.pop()
        if isinstance(part, syntax.Within):
            return True
        if isinstance(part, syntax.Logic) and part.operator == "and":
            parts += part.operands
    return False


# --- what is taken over a range -----------------------------------------------------------------------------------------


def aggregate(node: syntax.Aggregate, scope: Scope) -> core.Expr:
    """`total of … over each …` and its kin."""
    found = related(node.range, scope)
    if found is None:
        return broken(node.span)
    reach, inner = found
    if node.operand is None:
        return core.Aggregate(COUNT, node.span, "count", None, reach)
    if node.weight is not None:
        return _weighted(node.operand, node.weight, node.span, reach, inner)
    operand = _taken(node.operand, node.kind, inner)
    if is_broken(operand):
        return broken(node.span)
    return core.Aggregate(_aggregate_type(node.kind, operand.type), node.span, node.kind, operand, reach)


def _taken(node: syntax.Expr, kind: str, inner: Scope) -> core.Expr:
    """What an aggregate is taken of, for each row."""
    operand = elaborate(node, inner)
    allowed = QUANTITIES if kind in ("total", "average") else QUANTITIES | units.DATES
    if not is_broken(operand) and operand.type.kind not in allowed:
        inner.context.error(
            "wrong-units",
            node.span,
            f"`{as_written(node.span)}` is {operand.type.noun}, which has no {kind}",
            "take it of a quantity, such as `billed`",
        )
        return broken(node.span)
    return guarded(operand, inner)


def _weighted(of: syntax.Expr, by: syntax.Expr, span: Span, reach: core.Range, inner: Scope) -> core.Expr:
    """A weighted average: a quotient of two totals over the same rows, of each value times its weight and of the weights."""
    operand, weight = _taken(of, "average", inner), elaborate(by, inner)
    if not is_broken(weight) and weight.type.kind not in WEIGHTS:
        inner.context.error(
            "wrong-units",
            by.span,
            f"`{as_written(by.span)}` is {weight.type.noun}, which is no weight",
            "weigh by a number, an amount of money, a percentage, points or days",
        )
        return broken(span)
    weight = guarded(weight, inner)
    if is_broken(operand, weight):
        return broken(span)
    type_ = units.result_of("*", operand.type, weight.type) or NUMBER
    product = core.Arithmetic(type_, of.span.to(by.span), "*", operand, weight)
    whole = core.Aggregate(type_, of.span.to(reach.span), "total", product, reach)
    weights = core.Aggregate(weight.type.required, by.span.to(reach.span), "total", weight, reach)
    return core.Arithmetic(_aggregate_type("average", operand.type), span, "/", whole, weights)


def _aggregate_type(kind: str, operand: Type) -> Type:
    return Type(Kind.NUMBER) if kind == "average" and operand.kind is Kind.COUNT else operand.required


def there_is(node: syntax.ThereIs, scope: Scope) -> core.Expr:
    found = related(node.range, scope)
    if found is None:
        return broken(node.span)
    exists = core.Exists(YES_NO, node.span, found[0])
    return core.Not(YES_NO, node.span, exists) if node.negated else exists


def matched(node: syntax.Match, scope: Scope) -> tuple[core.Matched, Type] | None:
    """What `match` finds, and the type of the row; None where something is wrong with it."""
    alias = (node.alias.text,) if node.alias else ()
    found = related(node.range, scope, alias)
    if found is None:
        return None
    reach, inner = found
    order = order_of(node.range.by, replace(inner, known=frozenset()))
    if order is None:
        return None
    return core.Matched(reach, node.pick, order), Type(Kind.ROW, record=reach.record)


RANGES: dict[type, Elaborator] = {syntax.Aggregate: aggregate, syntax.ThereIs: there_is}
