"""The plain forms of cells, which SQL reads: by the type of a column and the field that is read from it.

SQL reads only what has one meaning at a glance: whole numbers, decimals, ISO dates, texts without anything odd. Every other
cell is left to the readers of `requite.dsl.values`, once for each distinct cell, so that there is one meaning only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from requite.dsl.program import Field, Program
from requite.dsl.types import DATE, QUANTITIES, Kind
from requite.dsl.values import MOST_CHARACTERS
from requite.engine.columnar.reading.names import literal
from requite.engine.reading.columns import Part
from requite.engine.reading.readings import DEEPEST

WHOLE: Final = frozenset(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"))
DECIMAL: Final = re.compile(r"DECIMAL\(([0-9]+),\s*([0-9]+)\)")
TRUE: Final = ("yes", "Yes", "YES", "y", "Y", "true", "True", "TRUE", "1", "1.0")
FALSE: Final = ("no", "No", "NO", "n", "N", "false", "False", "FALSE", "0", "0.0")

DIGITS: Final = "-?[0-9]{1,18}"
POINT: Final = r"(\.[0-9]{1,18})?"
CLOCK: Final = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?"

PLAIN_TEXT: Final = "[!-~]([ -~]*[!-~])?"
ALL, NONE = "TRUE", "FALSE"


Value = Callable[[int, str], str]


@dataclass(frozen=True, slots=True)
class Form:
    """How SQL reads the cells of one column.

    `plain` is the condition under which a cell that is there has the plain form; `value` gives its value: of a number as a whole
    one over ten to a power, as BIGINT or HUGEINT. A number in a text says how many `digits` it has before the point and how many
    `places` after it; a number, date or moment of the database gives itself as `measure`, to find the least and the greatest.
    `shift` is 2 where the cell is in hundredths, `scale` the decimals of a DECIMAL. What is `cheap` may be read again each time; of
    what `is_text`, cells of printable characters alone are plain.
    """

    plain: str
    value: Value
    digits: str = ""
    places: str = ""
    measure: str = ""
    shift: int = 0
    cheap: bool = False
    scale: int = 0
    is_text: bool = False


def field_read(program: Program, part: Part) -> Field:
    """The field as which a part's cells are read: of a reference the key that it refers to, of a period a date."""
    field = part.field
    if part.role != "value":
        return replace(field, type=DATE)
    target, depth = field, 0
    while target.type.kind is Kind.ROW and depth <= DEEPEST:
        other = program.records.get(target.type.record)
        if other is None or len(other.key) != 1:
            break
        key = other.field(other.key[0])
        target, depth = replace(key, format=field.format or key.format, unit=field.unit or key.unit), depth + 1
    return replace(target, optional=field.optional)


def is_bare(cell: str) -> str:
    """Whether a text is blank or of the letters, digits and few signs of codes, all of them plain.

    That is what an address leaves as it is, which is found out in half the time that a pattern takes.
    """
    return f"(url_encode({cell}) = {cell} AND strlen({cell}) <= {MOST_CHARACTERS})"


def all_plain(cells: Sequence[str]) -> str:
    """Whether several texts are all blank or plain, in SQL: asked of all at once, since asking is what takes the time."""
    texts = ", ".join(f"coalesce({cell}, '')" for cell in cells)
    pattern = f"({PLAIN_TEXT})?" + f"(\\x1f({PLAIN_TEXT})?){{{len(cells) - 1}}}"
    length = " + ".join(f"coalesce(strlen({cell}), 0)" for cell in cells)
    return f"(regexp_full_match(concat_ws(chr(31), {texts}), '{pattern}') AND {length} <= {MOST_CHARACTERS})"


def form_of(cell: str, type: str, field: Field) -> Form | None:
    """How the cells of a column are read; None where SQL does not know its type. `cell` is the column in SQL."""
    kind = field.type.kind
    if type == "VARCHAR":
        return _text_form(cell, field)
    if type in WHOLE:
        return _whole_form(cell, field)
    if match := DECIMAL.fullmatch(type):
        return _decimal_form(cell, int(match[2]), field)
    if type in ("DOUBLE", "FLOAT"):
        return _float_form(cell, type, field)
    if type == "BOOLEAN":
        return Form(ALL, lambda _, __: cell, cheap=True) if kind is Kind.YES_NO else _odd()
    if type == "DATE":
        return Form(ALL, lambda _, __: cell, measure=cell, cheap=True) if kind is Kind.DATE else _odd(measure=cell)
    if type == "TIMESTAMP":
        if kind is Kind.MOMENT:
            return Form(ALL, lambda _, __: cell, measure=cell, cheap=True)
        midnight = f"{cell} = date_trunc('day', {cell})"
        if kind is not Kind.DATE:
            return _odd(measure=cell)
        return Form(midnight, lambda _, __: f"CAST({cell} AS DATE)", measure=cell, cheap=True)
    return None


def _odd(measure: str = "") -> Form:
    """The form of a column of which no cell is plain."""
    return Form(NONE, lambda _, __: "NULL", measure=measure)


def _shift(field: Field) -> int:
    return 2 if field.unit in ("pence", "hundredths") else 0


# --- text -------------------------------------------------------------------------------------------------------------


def _text_form(cell: str, field: Field) -> Form:
    kind = field.type.kind
    if kind is Kind.TEXT:
        plain = f"(regexp_full_match({cell}, '{PLAIN_TEXT}') AND strlen({cell}) <= {MOST_CHARACTERS})"
        return Form(plain, lambda _, __: cell, cheap=True, is_text=True)
    if kind is Kind.CHOICE:
        choices = [choice for choice in field.type.choices if choice]
        return Form(f"{cell} IN ({', '.join(map(literal, choices))})" if choices else NONE, lambda _, __: cell, cheap=True)
    if kind is Kind.YES_NO:
        return Form(f"{cell} IN ({_texts(TRUE + FALSE)})", lambda _, __: f"({cell} IN ({_texts(TRUE)}))")
    if kind is Kind.DATE and not field.format:
        plain = f"(regexp_full_match({cell}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') AND {cell} >= '0001'"
        return Form(f"{plain} AND TRY_CAST({cell} AS DATE) IS NOT NULL)", lambda _, __: f"TRY_CAST({cell} AS DATE)")
    if kind is Kind.MOMENT and not field.format:
        plain = f"(regexp_full_match({cell}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ]{CLOCK}') AND {cell} >= '0001'"
        return Form(f"{plain} AND TRY_CAST({cell} AS TIMESTAMP) IS NOT NULL)", lambda _, __: f"TRY_CAST({cell} AS TIMESTAMP)")
    return _number_in_text(cell, field) if kind in QUANTITIES else _odd()


def _texts(texts: tuple[str, ...]) -> str:
    return ", ".join(map(literal, texts))


def _number_in_text(cell: str, field: Field) -> Form:
    kind, shift, bare = field.type.kind, _shift(field), cell
    pattern = DIGITS if kind is Kind.COUNT else DIGITS + POINT
    if kind is Kind.PERCENT and not field.unit:
        pattern, shift, bare = pattern + "%", 2, f"rtrim({cell}, '%')"
    return _number(bare, f"regexp_full_match({cell}, {literal(pattern)})", shift)


def _number(text: str, plain: str, shift: int) -> Form:
    """The form of a number that stands as plain digits with at most one point in a text."""
    point = f"strpos({text}, '.')"
    return Form(
        plain,
        lambda power, type: _from_digits(text, power - shift, type),
        digits=f"CASE WHEN {point} > 0 THEN {point} - 1 ELSE strlen({text}) END",
        places=f"CASE WHEN {point} > 0 THEN strlen({text}) - {point} ELSE 0 END",
        shift=shift,
    )


def _from_digits(text: str, power: int, type: str) -> str:
    """The whole number that plain digits are, over ten to a power that leaves none behind the point."""
    if power == 0:
        return f"TRY_CAST({text} AS {type})"
    if power <= 9:
        decimal = f"TRY_CAST({text} AS DECIMAL({18 + power}, {power}))"
        return f"CAST({decimal} * CAST({10**power} AS DECIMAL({power + 1}, 0)) AS {type})"
    after = f"CASE WHEN contains({text}, '.') THEN strlen({text}) - strpos({text}, '.') ELSE 0 END"
    return f"TRY_CAST(replace({text}, '.', '') || repeat('0', {power} - ({after})) AS {type})"


# --- numbers ----------------------------------------------------------------------------------------------------------


def _whole_form(cell: str, field: Field) -> Form:
    kind, shift = field.type.kind, _shift(field)
    if kind is Kind.TEXT:
        return Form(ALL, lambda _, __: f"CAST({cell} AS VARCHAR)", cheap=True)
    if kind is Kind.YES_NO:
        return Form(f"{cell} IN (0, 1)", lambda _, __: f"({cell} = 1)", cheap=True)
    if kind not in QUANTITIES or (kind is Kind.PERCENT and not field.unit):
        return _odd()
    return Form(ALL, lambda power, type: _times(cell, power - shift, type), measure=cell, shift=shift, cheap=True)


def _times(cell: str, power: int, type: str) -> str:
    return f"CAST({cell} AS {type})" + (f" * {10**power}" if power else "")


def _decimal_form(cell: str, scale: int, field: Field) -> Form:
    kind, shift = field.type.kind, _shift(field)
    if kind is Kind.TEXT:
        return Form(ALL, lambda _, __: f"CAST({cell} AS VARCHAR)", cheap=True)
    if kind not in QUANTITIES or (kind is Kind.PERCENT and not field.unit):
        return _odd()
    plain = f"{cell} = trunc({cell})" if kind is Kind.COUNT and scale else ALL

    def value(power: int, type: str) -> str:
        return _of_decimal(cell, scale, power - shift, type)

    return Form(plain, value, measure=cell, shift=shift, cheap=True, scale=scale)


def _of_decimal(cell: str, scale: int, power: int, type: str) -> str:
    """A DECIMAL as a whole number over ten to a power: by its digits, which no arithmetic of decimals can round."""
    digits = f"CAST(replace(CAST({cell} AS VARCHAR), '.', '') AS HUGEINT)"
    if power > scale:
        digits = f"{digits} * {10 ** (power - scale)}"
    elif power < scale:
        digits = f"{digits} // {10 ** (scale - power)}"
    return f"CAST({digits} AS {type})"


def short_decimal(form: Form, digits: int, places: int) -> Form:
    """The form of a DECIMAL column whose numbers have few digits: where the database can, they are read by multiplication.

    `digits` are those before the point: none, or fewer, where all numbers are small.
    """
    digits = max(digits, 0)

    def value(power: int, type: str) -> str:
        shifted = power - form.shift
        if digits + places + shifted + 1 > 38:
            return form.value(power, type)
        narrow = f"CAST({form.measure} AS DECIMAL({max(digits + places, 1)}, {places}))"
        return f"CAST({narrow} * CAST({10**shifted} AS DECIMAL({shifted + 1}, 0)) AS {type})"

    return replace(form, value=value)


def _float_form(cell: str, type: str, field: Field) -> Form:
    """A float is what its shortest decimal says; where that has fewer digits than the type keeps, it is the only such one."""
    kind = field.type.kind
    if kind not in QUANTITIES or (kind is Kind.PERCENT and not field.unit):
        return _odd()
    most = 15 if type == "DOUBLE" else 6
    text = f"CAST({cell} AS VARCHAR)"
    bare = f"CASE WHEN {text} LIKE '%.0' THEN left({text}, strlen({text}) - 2) ELSE {text} END"
    pattern = DIGITS if kind is Kind.COUNT else DIGITS + POINT
    digits = f"strlen(replace(ltrim({bare}, '-'), '.', '')) <= {most}"
    plain = f"(regexp_full_match({bare}, {literal(pattern)}) AND {digits} AND TRY_CAST({bare} AS {type}) = {cell})"
    return _number(f"({bare})", plain, _shift(field))
