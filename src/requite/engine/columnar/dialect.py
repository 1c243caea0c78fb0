"""What differs between the databases in the SQL that is made for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from requite.engine.columnar.sql import (
    Sql,
    absolute,
    all_of,
    any_of,
    call,
    case,
    cast,
    compare,
    kind,
    minus,
    negative,
    plus,
    remainder,
    text,
    times,
    whole,
    wrap,
)
from requite.engine.columnar.stored import LARGE, SMALL

Divide = Callable[[Sql, Sql], Sql]


@dataclass(frozen=True, slots=True)
class Dates:
    """How a database reckons with dates and moments; the whole numbers that it gives have 64 bits.

    `between` is the days from one date to another; `part` the year, month or day of the month by that name. `micros` counts the
    microseconds from 1970 to a moment, `moment_at` goes back. `months_later` adds months, an INT, to a date, or to a moment where
    the last argument says so: it keeps the day of the month, or takes the last where there is none.
    """

    between: Callable[[Sql, Sql], Sql]
    part: Callable[[str, Sql], Sql]
    micros: Callable[[Sql], Sql]
    moment_at: Callable[[Sql], Sql]
    months_later: Callable[[Sql, Sql, bool], Sql]


@dataclass(frozen=True, slots=True)
class Dialect:
    """`name` is sqlglot's. `big` holds 38 digits; `limit` is the greatest number that surely fits, before an overflow is raised.

    `divide_big` divides whole numbers of that type toward zero, `negate_big` and `magnitude_big` do what they say; `grouped`
    writes one with commas, `moment_text` a date with its time. `texts_in_order` aggregates texts into one, with what stands
    between them, in the order of another value; `decimal_of` is a whole number of 10^-n as a decimal with n places,
    `split_text` a text cut at each of some sign, `no_texts` a list of none. `common_divisor` is the greatest one of a whole
    number, not below zero, and of another, above zero and at most so great. `each` makes of a row one for each of some values that
    is there, beside the other columns of a SELECT. Where a database `sorts_at_once`, on one machine, sorting pays when it saves
    joins time.
    """

    name: str
    big: exp.DataType
    limit: int
    divide_big: Divide
    negate_big: Callable[[Sql], Sql]
    magnitude_big: Callable[[Sql], Sql]
    grouped: Callable[[Sql], Sql]
    moment_text: Callable[[Sql], Sql]
    texts_in_order: Callable[[Sql, str, Sql], Sql]
    decimal_of: Callable[[Sql, int], Sql]
    split_text: Callable[[Sql, str], Sql]
    no_texts: Callable[[], Sql]
    common_divisor: Callable[[Sql, Sql, int], Sql]
    each: Callable[[Sequence[Sql]], Sql]
    dates: Dates
    sorts_at_once: bool


def divide_small(numerator: Sql, divisor: Sql) -> Sql:
    """Whole division toward zero, of 64 bits."""
    return exp.IntDiv(this=wrap(numerator), expression=wrap(divisor))


def _divide_hugeint(numerator: Sql, divisor: Sql) -> Sql:
    return exp.IntDiv(this=wrap(numerator), expression=wrap(divisor))


def _divide_decimal(numerator: Sql, divisor: Sql) -> Sql:
    """Spark's DIV wraps beyond 64 bits without a word: take the remainder off first, and the division is exact.

    It leaves a quotient 32 digits: what may have more is divided in two steps, its last six digits in the second.
    """

    def exact(top: Sql, bottom: Sql) -> Sql:
        return cast(exp.Div(this=wrap(minus(top, remainder(top, bottom))), expression=wrap(bottom)), DECIMAL)

    step = cast(whole(10**6), DECIMAL)
    front, back = exact(numerator, step), remainder(numerator, step)
    rest = plus(times(remainder(front, divisor), step), back)
    long = plus(times(exact(front, divisor), step), exact(rest, divisor))
    most, least = cast(whole(10**32), DECIMAL), cast(whole(-(10**32)), DECIMAL)
    short = all_of([compare(">", numerator, least), compare("<", numerator, most)])
    fits = any_of([short, compare(">=", divisor, most)])
    return case([(fits, exact(numerator, divisor))], long)


def _negate_decimal(value: Sql) -> Sql:
    """Spark's minus sign and ABS leave a decimal 34 digits, and round the others off without a word."""
    return minus(whole(0), value)


def _magnitude_decimal(value: Sql) -> Sql:
    return case([(compare("<", value, whole(0)), _negate_decimal(value))], value)


def _duckdb_moment(value: Sql) -> Sql:
    seconds = call("strftime", value, text("%Y-%m-%d %H:%M:%S"))
    minutes = call("strftime", value, text("%Y-%m-%d %H:%M"))
    return case([(compare("=", call("date_part", text("second"), value), whole(0)), minutes)], seconds)


def _spark_moment(value: Sql) -> Sql:
    seconds = call("date_format", value, text("yyyy-MM-dd HH:mm:ss"))
    minutes = call("date_format", value, text("yyyy-MM-dd HH:mm"))
    return case([(compare("=", call("second", value), whole(0)), minutes)], seconds)


def _duckdb_texts(value: Sql, between: str, order: Sql) -> Sql:
    ordered = exp.Order(this=text(between), expressions=[exp.Ordered(this=order, nulls_first=False)])
    return call("string_agg", value, ordered)


def _spark_texts(value: Sql, between: str, order: Sql) -> Sql:
    ordered = exp.Order(expressions=[exp.Ordered(this=order, nulls_first=True)])
    return exp.WithinGroup(this=call("listagg", value, text(between)), expression=ordered)


def _duckdb_months(value: Sql, months: Sql, exact: bool) -> Sql:
    later = plus(value, call("to_months", months))
    return later if exact else cast(later, "DATE")


def _spark_months(value: Sql, months: Sql, exact: bool) -> Sql:
    del exact
    return plus(value, call("make_ym_interval", whole(0), months))


def _spark_micros(value: Sql) -> Sql:
    return call("timestampdiff", exp.Var(this="MICROSECOND"), _START, value)


def _spark_moment_at(micros: Sql) -> Sql:
    return cast(call("timestampadd", exp.Var(this="MICROSECOND"), micros, _START), "TIMESTAMP")


_START = cast(text("1970-01-01"), "TIMESTAMPNTZ")

DUCKDB_DATES = Dates(
    between=lambda start, end: minus(end, start),
    part=call,
    micros=lambda value: call("epoch_us", value),
    moment_at=lambda micros: call("make_timestamp", micros),
    months_later=_duckdb_months,
)
SPARK_DATES = Dates(
    between=lambda start, end: cast(call("datediff", end, start), "BIGINT"),
    part=lambda name, value: cast(call(name, value), "BIGINT"),
    micros=_spark_micros,
    moment_at=_spark_moment_at,
    months_later=_spark_months,
)


def _decimal(value: Sql, places: int) -> Sql:
    """Whole numbers are multiplied by a decimal: dividing one would pass through a double."""
    unit = cast(text("0." + "0" * (places - 1) + "1"), exp.DataType.build(f"DECIMAL({places}, {places})"))
    product = exp.Mul(this=cast(value, exp.DataType.build(f"DECIMAL({38 - places}, 0)")), expression=unit)
    return cast(product, exp.DataType.build(f"DECIMAL(38, {places})"))


def _euclid(value: Sql, other: Sql, most: int) -> Sql:
    """Spark has no GCD: Euclid's steps, as many as numbers of this size can need."""
    steps = 5 * len(str(most)) + 1
    pair, a, b = exp.Identifier(this="pair"), exp.Column(this="a", table="pair"), exp.Column(this="b", table="pair")
    start = call("struct", _named(cast(value, DECIMAL), "a"), _named(cast(other, DECIMAL), "b"))
    swapped = call("struct", _named(b, "a"), _named(remainder(a, b), "b"))
    following = case([(compare("=", b, whole(0)), exp.Column(this="pair"))], swapped)
    step = exp.Lambda(this=following, expressions=[pair, exp.Identifier(this="number")])
    return call("aggregate", call("sequence", whole(1), whole(steps)), start, step, exp.Lambda(this=a, expressions=[pair]))


def _named(value: Sql, name: str) -> Sql:
    return exp.Alias(this=value, alias=exp.Identifier(this=name))


HUGEINT = kind("INT128")
DECIMAL = exp.DataType.build("DECIMAL(38, 0)")

DUCKDB = Dialect(
    name="duckdb",
    big=HUGEINT,
    limit=LARGE,
    divide_big=_divide_hugeint,
    negate_big=negative,
    magnitude_big=absolute,
    grouped=lambda value: call("format", text("{:,}"), value),
    moment_text=_duckdb_moment,
    texts_in_order=_duckdb_texts,
    decimal_of=_decimal,
    split_text=lambda value, sign: call("string_split", value, text(sign)),
    no_texts=lambda: cast(exp.Array(expressions=[]), exp.DataType.build("ARRAY<TEXT>")),
    common_divisor=lambda value, other, _: call("gcd", value, other),
    each=lambda values: call("unnest", call("list_distinct", exp.Array(expressions=list(values)))),
    dates=DUCKDB_DATES,
    sorts_at_once=True,
)
SPARK = Dialect(
    name="spark",
    big=DECIMAL,
    limit=LARGE,
    divide_big=_divide_decimal,
    negate_big=_negate_decimal,
    magnitude_big=_magnitude_decimal,
    grouped=lambda value: call("format_number", value, whole(0)),
    moment_text=_spark_moment,
    texts_in_order=_spark_texts,
    decimal_of=_decimal,
    split_text=lambda value, sign: call("split", value, text(f"[{sign}]")),
    no_texts=lambda: cast(call("array"), exp.DataType.build("ARRAY<TEXT>")),
    common_divisor=_euclid,
    each=lambda values: call("explode", call("array_compact", exp.Array(expressions=list(values)))),
    dates=SPARK_DATES,
    sorts_at_once=False,
)

DIALECTS = {dialect.name: dialect for dialect in (DUCKDB, SPARK)}


def divide(numerator: Sql, divisor: Sql, numerator_is_big: bool, divisor_is_big: bool, dialect: Dialect) -> Sql:
    """Whole division toward zero. Most big numerators fit 64 bits, where dividing is several times faster."""
    if not numerator_is_big and not divisor_is_big:
        return divide_small(numerator, divisor)
    slow = dialect.divide_big(numerator, divisor)
    if divisor_is_big:
        return slow
    fits = exp.Between(this=wrap(numerator), low=whole(-SMALL), high=whole(SMALL))
    fast = cast(divide_small(cast(numerator, "BIGINT"), divisor), dialect.big)
    return case([(fits, fast)], slow)
