"""Small pieces of SQL as sqlglot trees. Operands are always wrapped, since a tree built by hand prints no parentheses.

Trees share their branches: they are only ever printed, never rewritten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b

from sqlglot import exp

Sql = exp.Expression

_WHOLE = (exp.Column, exp.Literal, exp.Paren, exp.Case, exp.Cast, exp.Null, exp.Boolean, exp.Func, exp.Neg)


@lru_cache(maxsize=10_000)
def column(name: str, table: str = "") -> exp.Column:
    """A column by name, always quoted."""
    of = identifier(table) if table else None
    return exp.Column(this=identifier(name), table=of)


@lru_cache(maxsize=1_000)
def whole(value: int) -> Sql:
    """A whole number."""
    literal = exp.Literal(this=str(abs(value)), is_string=False)
    return exp.Neg(this=literal) if value < 0 else literal


def text(value: str) -> exp.Literal:
    return exp.Literal(this=value, is_string=True)


def day(value: str) -> Sql:
    """A date, given as its ISO text."""
    return exp.Cast(this=text(value), to=kind("DATE"))


def moment(value: str) -> Sql:
    return exp.Cast(this=text(value), to=kind("TIMESTAMP"))


@lru_cache(maxsize=64)
def kind(name: str) -> exp.DataType:
    return exp.DataType.build(name)


def cast(value: Sql, to: str | exp.DataType) -> Sql:
    return exp.Cast(this=value, to=kind(to) if isinstance(to, str) else to)


def enumeration(texts: Sequence[str]) -> exp.DataType:
    """The type of a column that holds none but these texts; said as a whole, since there may be thousands."""
    said = ", ".join(text(one).sql() for one in texts)
    return exp.DataType(this=exp.DataType.Type.USERDEFINED, kind=f"ENUM({said})")


def is_never(condition: Sql) -> bool:
    """Whether a condition holds of no row, as far as can be told from it alone."""
    return isinstance(condition, exp.Boolean) and not condition.this


def is_certain(condition: Sql) -> bool:
    """Whether a condition holds whatever the row."""
    return isinstance(condition, exp.Boolean) and bool(condition.this)


NULL = exp.Null()
NOT_NULL = exp.Not(this=NULL)
TRUE, FALSE = exp.Boolean(this=True), exp.Boolean(this=False)


def null() -> Sql:
    return NULL


def true() -> Sql:
    return TRUE


def false() -> Sql:
    return FALSE


def yes_no(value: bool) -> Sql:
    return TRUE if value else FALSE


def wrap(value: Sql) -> Sql:
    """An operand, in parentheses where it needs them."""
    return value if isinstance(value, _WHOLE) and not isinstance(value, exp.Connector) else exp.Paren(this=value)


Node = Callable[..., Sql]
"""A kind of node, as it is made."""


def binary(node: Node, left: Sql, right: Sql) -> Sql:
    return node(this=wrap(left), expression=wrap(right))


def plus(left: Sql, right: Sql) -> Sql:
    return binary(exp.Add, left, right)


def minus(left: Sql, right: Sql) -> Sql:
    return binary(exp.Sub, left, right)


def times(left: Sql, right: Sql) -> Sql:
    return binary(exp.Mul, left, right)


def remainder(left: Sql, right: Sql) -> Sql:
    return binary(exp.Mod, left, right)


def negative(value: Sql) -> Sql:
    return exp.Neg(this=wrap(value))


def absolute(value: Sql) -> Sql:
    return exp.Abs(this=value)


COMPARISONS: dict[str, Node] = {
    "=": exp.EQ,
    "!=": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
}


def compare(operator: str, left: Sql, right: Sql) -> Sql:
    return binary(COMPARISONS[operator], left, right)


def equal(left: Sql, right: Sql) -> Sql:
    return binary(exp.EQ, left, right)


def is_null(value: Sql) -> Sql:
    return exp.Is(this=wrap(value), expression=NULL)


def is_there(value: Sql) -> Sql:
    return exp.Is(this=wrap(value), expression=NOT_NULL)


def is_true(value: Sql) -> Sql:
    """Whether a condition holds; false where it is not known."""
    return coalesce(value, false())


def not_(value: Sql) -> Sql:
    if isinstance(value, exp.Boolean):
        return yes_no(not value.this)
    return exp.Not(this=wrap(value))


def all_of(conditions: Iterable[Sql]) -> Sql:
    """`AND` with SQL's own unknowns: false where any is false, else unknown where any is."""
    return _joined(exp.And, conditions, True)


def any_of(conditions: Iterable[Sql]) -> Sql:
    return _joined(exp.Or, conditions, False)


def _joined(node: Node, conditions: Iterable[Sql], neutral: bool) -> Sql:
    parts = [part for part in conditions if not (isinstance(part, exp.Boolean) and part.this is neutral)]
    if any(isinstance(part, exp.Boolean) for part in parts):
        return yes_no(not neutral)
    if not parts:
        return yes_no(neutral)
    joined: Sql = parts[0] if len(parts) == 1 else wrap(parts[0])
    for part in parts[1:]:
        joined = node(this=joined, expression=wrap(part))
    return joined


def case(branches: Sequence[tuple[Sql, Sql]], otherwise: Sql | None = None) -> Sql:
    """The value of the first condition that holds; branches that can never hold are left out, and those behind a certain one."""
    kept: list[tuple[Sql, Sql]] = []
    for condition, value in branches:
        if isinstance(condition, exp.Boolean):
            if condition.this:
                otherwise = value
                break
            continue
        kept.append((condition, value))
    if not kept:
        return otherwise if otherwise is not None else null()
    ifs = [exp.If(this=condition, true=value) for condition, value in kept]
    return exp.Case(ifs=ifs, default=otherwise if not isinstance(otherwise, exp.Null) else None)


def coalesce(*values: Sql) -> Sql:
    kept = [value for value in values if not isinstance(value, exp.Null)]
    if not kept:
        return null()
    if len(kept) == 1 or isinstance(kept[0], (exp.Literal, exp.Boolean)):
        return kept[0]
    return exp.Coalesce(this=kept[0], expressions=kept[1:])


def _each_once(values: Sequence[Sql]) -> tuple[Sql, ...]:
    """Values without those that are there already: DuckDB takes a column that is given twice for one argument named twice."""
    return tuple({sameness(value): value for value in values}.values())


def greatest(*values: Sql) -> Sql:
    """The greatest of values that are all there."""
    values = _each_once(values)
    return values[0] if len(values) == 1 else exp.Greatest(this=values[0], expressions=list(values[1:]), ignore_nulls=True)


def least(*values: Sql) -> Sql:
    values = _each_once(values)
    return values[0] if len(values) == 1 else exp.Least(this=values[0], expressions=list(values[1:]), ignore_nulls=True)


def call(name: str, *values: Sql) -> Sql:
    """A function by its own name, as both databases have it."""
    return exp.Anonymous(this=name, expressions=list(values))


def joined_text(*parts: Sql | str) -> Sql:
    """Texts one after another; NULL where one is. Neighbouring constants are one."""
    flat: list[Sql] = []
    for part in parts:
        piece = text(part) if isinstance(part, str) else part
        if isinstance(piece, exp.Literal) and piece.is_string:
            if not piece.this:
                continue
            if flat and isinstance(flat[-1], exp.Literal) and flat[-1].is_string:
                flat[-1] = text(flat[-1].this + piece.this)
                continue
        flat.append(piece)
    if not flat:
        return text("")
    result = flat[0] if len(flat) == 1 else wrap(flat[0])
    for piece in flat[1:]:
        result = exp.DPipe(this=result, expression=wrap(piece), safe=True)
    return result


def in_list(value: Sql, values: Iterable[Sql]) -> Sql:
    return exp.In(this=wrap(value), expressions=list(values))


def is_small(value: Sql) -> bool:
    """Whether repeating a piece costs nothing."""
    return isinstance(value, (exp.Column, exp.Literal, exp.Null, exp.Boolean)) or (
        isinstance(value, (exp.Neg, exp.Cast)) and is_small(value.this)
    )


def aliased(value: Sql, name: str, comment: str = "") -> Sql:
    made = exp.Alias(this=value, alias=identifier(name))
    if comment:
        made.add_comments([f" {comment} "])
    return made


# --- what is in a piece -----------------------------------------------------------------------------------------------


def identifier(name: str) -> exp.Identifier:
    """A name, always quoted."""
    return exp.Identifier(this=name, quoted=True)


def table(name: str, alias: str = "") -> exp.Table:
    """A table by its name, which may say where it lies."""
    *place, last = name.split(".")
    made = exp.Table(this=identifier(last), db=identifier(place[-1]) if place else None)
    if alias:
        made.set("alias", exp.TableAlias(this=identifier(alias)))
    return made


def select_of(columns: Sequence[Sql], name: str, alias: str = "") -> exp.Select:
    """SELECT columns FROM a table or part."""
    return exp.Select(expressions=list(columns), from_=exp.From(this=table(name, alias)))


def columns_in(sql: Sql) -> tuple[str, ...]:
    """The names of the columns in a piece of SQL, each once; in one order, so that the same plan is the same SQL every time."""
    return _seen(sql)[1]


def sameness(sql: Sql) -> bytes:
    """Alike for two pieces of SQL that say the same, and for no others."""
    return _seen(sql)[2]


_Seen = tuple[int, tuple[str, ...], bytes]


def _seen(node: exp.Expr) -> _Seen:
    """The columns and the sameness of a piece, made of those of its parts.

    They are kept with it, beside its own id: a copy, which may come to differ, has another.
    """
    kept: _Seen | None = node.meta.get("seen")
    if kept is not None and kept[0] == id(node):
        return kept
    columns: tuple[str, ...] = (node.name,) if isinstance(node, exp.Column) else ()
    said = [type(node).__name__.encode()]
    for name, value in node.args.items():
        if value is None or value is False:
            continue
        said.append(name.encode())
        if type(value) is list:
            said.append(b"%d" % len(value))
        for part in value if type(value) is list else (value,):
            if isinstance(part, exp.Expr):
                _, own, same = _seen(part)
                said.append(same)
                if own and own is not columns:
                    columns = tuple(dict.fromkeys(columns + own)) if columns else own
            else:
                plain = repr(part).encode("utf-8", "surrogatepass")
                said.append(b"%d:%s" % (len(plain), plain))
    made = id(node), columns, blake2b(b"\n".join(said), digest_size=16).digest()
    node.meta["seen"] = made
    return made
