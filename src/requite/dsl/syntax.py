"""What the author wrote, as frozen nodes: every node knows its place.

Nothing here is resolved or checked. `parse` makes these nodes, `format` prints them, `resolve` gives the names a meaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from requite.dsl.source import Source, Span


@dataclass(frozen=True, slots=True)
class Node:
    span: Span


@dataclass(frozen=True, slots=True)
class Name(Node):
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Text(Node):
    """Text in quotes; `value` is what stands between them."""

    value: str


# --- expressions ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Number(Node):
    value: Fraction


@dataclass(frozen=True, slots=True)
class Percent(Node):
    """`70%`: the value is 7/10."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Money(Node):
    """`£12,500`, `£1.8m`, `10p`, `$500.00`: the value in pounds or dollars; the currency as its sign says (GBP, USD, EUR)."""

    value: Fraction
    currency: str


@dataclass(frozen=True, slots=True)
class Date(Node):
    value: date


@dataclass(frozen=True, slots=True)
class Moment(Node):
    value: datetime


@dataclass(frozen=True, slots=True)
class Duration(Node):
    """`30 days`, `6 months`, `2 years`, `36 hours`, `10 working days`; the unit always in the plural."""

    value: Fraction
    unit: str


@dataclass(frozen=True, slots=True)
class Nothing(Node):
    """`none`: a blank cell in a row or an example."""


@dataclass(frozen=True, slots=True)
class DateRange(Node):
    """`2017-04-01 to 2018-03-31`, both days included: the value of a period field in a row or an example."""

    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Path(Node):
    """`billed`, `this.admitted`, `estimate.expected_cost`, `tariff.price`; also the words `yes` and `no`."""

    names: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Lookup(Node):
    """`tariff[hrg on discharged]`, `reward[underspend]`, `marginal_rate[on discharged]`."""

    target: Path
    keys: tuple[Expr, ...]
    on: Expr | None


@dataclass(frozen=True, slots=True)
class FieldOf(Node):
    """`tariff[hrg].day_case`: a field of what a lookup found."""

    of: Expr
    name: Name


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """`+ - * /`, and `of` (as in `50% of savings`)."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Per(Node):
    """`£12,500 per 10,000 of list_size`; `complete` where only whole ten thousands count."""

    amount: Expr
    size: Expr
    of: Expr
    complete: bool


@dataclass(frozen=True, slots=True)
class Negative(Node):
    operand: Expr


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """`= != < <= > >=`, with `is` and `is not` as `=` and `!=`; `word` says which the author wrote."""

    operator: str
    left: Expr
    right: Expr
    word: bool = False


@dataclass(frozen=True, slots=True)
class Known(Node):
    """`x is known` or, where `known` is false, `x is missing`."""

    operand: Expr
    known: bool


@dataclass(frozen=True, slots=True)
class Within(Node):
    """`referred within 180 days before this.admitted`, both ends included; `whence` is before or after."""

    operand: Expr
    length: Expr
    whence: str
    anchor: Expr


@dataclass(frozen=True, slots=True)
class In(Node):
    """`method in emergency` (a code list), `setting in (day_case, elective)` (values); `negated` for `not in`."""

    operand: Expr
    codes: Path | None
    values: tuple[Expr, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """`and`, `or` over two or more operands."""

    operator: str
    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    operand: Expr


@dataclass(frozen=True, slots=True)
class AtLeastOf(Node):
    """`at least 1 of generics, few_follow_ups`: a gate over yes/no names."""

    number: Number
    names: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Else(Node):
    """`p.day_case else p.combined`: the first where it is known, otherwise the second."""

    operand: Expr
    fallback: Expr


@dataclass(frozen=True, slots=True)
class Case(Node):
    value: Expr
    condition: Expr


@dataclass(frozen=True, slots=True)
class Cases(Node):
    """`a when x, b when y, otherwise c`."""

    cases: tuple[Case, ...]
    otherwise: Expr | None


@dataclass(frozen=True, slots=True)
class Rounding(Node):
    """`rounded down to £1`, `rounded half even to 1p`; direction is half away (nothing written), half even, down or up."""

    direction: str
    unit: Expr


@dataclass(frozen=True, slots=True)
class Rounded(Node):
    operand: Expr
    rounding: Rounding


@dataclass(frozen=True, slots=True)
class Scaled(Node):
    """`achieved scaled from 40% to 70%`: held between 0 and 1."""

    operand: Expr
    lower: Expr
    upper: Expr


@dataclass(frozen=True, slots=True)
class Extreme(Node):
    """`max(a, b)`, `min(a, b)`, `the greater of a and b`; `phrase` where the words were used."""

    greatest: bool
    operands: tuple[Expr, ...]
    phrase: bool


@dataclass(frozen=True, slots=True)
class Whole(Node):
    """`whole years from birth to given`: complete units between two dates; the unit in the plural."""

    unit: str
    start: Expr
    end: Expr


@dataclass(frozen=True, slots=True)
class Age(Node):
    """`age on admitted born birth_date`: complete years."""

    on: Expr
    born: Expr


@dataclass(frozen=True, slots=True)
class PeriodOf(Node):
    """`financial year of discharged`, `quarter of …`, `month of …`, `calendar year of …`: the period's label as text.

    `edge` is first or last for `first day of financial year of …`, a date; empty for the label.
    """

    period: str
    operand: Expr
    edge: str


@dataclass(frozen=True, slots=True)
class Range(Node):
    """`each earlier spell with the same patient where … by admitted`: the related records that something is taken over.

    `ordinal` is earlier, later, another or empty; `every` where the author wrote `every` for all records, related or not.
    """

    record: Path
    ordinal: str
    every: bool
    same: tuple[Name, ...]
    where: Expr | None
    by: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Aggregate(Node):
    """`total of billed over each spell …`; kinds: total, average, least, greatest, count (which has no operand)."""

    kind: str
    operand: Expr | None
    range: Range


@dataclass(frozen=True, slots=True)
class ThereIs(Node):
    """`there is a letter …`, `there is no letter …`."""

    negated: bool
    range: Range


Literal = Number | Percent | Money | Date | Moment | Duration | Text | Nothing | DateRange
Expr = (
    Number | Percent | Money | Date | Moment | Duration | Text | Nothing | DateRange | Path | Lookup | FieldOf | Arithmetic
    | Per | Negative | Compare | Known | Within | In | Logic | Not | AtLeastOf | Else | Cases | Rounded | Scaled | Extreme
    | Whole | Age | PeriodOf | Aggregate | ThereIs
)  # fmt: skip


# --- clauses ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cites(Node):
    source: Name
    at: Text | None


@dataclass(frozen=True, slots=True)
class Period(Node):
    """`period 2004-04-01 to 2005-03-31 by discharged`, or `period financial year of year_end by given`."""

    dates: DateRange | None
    relative: PeriodOf | None
    by: Name | None


@dataclass(frozen=True, slots=True)
class Let(Node):
    name: Name
    value: Expr


@dataclass(frozen=True, slots=True)
class Match(Node):
    """`match an earlier spell as index with the same … where … latest by discharged, id`; pick is latest, earliest or empty."""

    range: Range
    alias: Name | None
    pick: str


@dataclass(frozen=True, slots=True)
class Share(Node):
    """`share £1.8m among each practice by weight as allocation`; the weights may be absent (equal shares)."""

    amount: Expr
    range: Range
    weight: Expr | None
    name: Name
    spent_on: Text | None


@dataclass(frozen=True, slots=True)
class Show(Node):
    names: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Requires(Node):
    condition: Expr


@dataclass(frozen=True, slots=True)
class Needs(Node):
    condition: Expr


@dataclass(frozen=True, slots=True)
class Amount(Node):
    value: Expr


@dataclass(frozen=True, slots=True)
class Except(Node):
    value: Expr
    condition: Expr
    because: Text | None


@dataclass(frozen=True, slots=True)
class AtMost(Node):
    value: Expr


@dataclass(frozen=True, slots=True)
class AtLeast(Node):
    value: Expr


@dataclass(frozen=True, slots=True)
class OnlyFirst(Node):
    """`only the first 3 for the same patient, service by given, id`."""

    number: Expr
    same: tuple[Name, ...]
    by: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class TogetherAtMost(Node):
    """`together at most £20,000 for the same practice, first come by given, id` or `…, in proportion`."""

    value: Expr
    same: tuple[Name, ...]
    first_come: tuple[Name, ...]
    in_proportion: bool


@dataclass(frozen=True, slots=True)
class Marker(Node):
    """`met when …`, or `scores 57 points on x from 40% to 70%`, then with the four last fields set."""

    name: Name
    title: Text | None
    cites: tuple[Cites, ...]
    condition: Expr | None
    points: Expr | None
    operand: Expr | None
    lower: Expr | None
    upper: Expr | None


PaymentClause = Requires | Needs | Amount | Except | AtMost | AtLeast | OnlyFirst | TogetherAtMost | Cites


@dataclass(frozen=True, slots=True)
class Payment(Node):
    """A payment, or a charge: written positive and taken off."""

    name: Name
    title: Text | None
    payee: Path
    spent_on: Text | None
    clauses: tuple[PaymentClause, ...]
    charge: bool


@dataclass(frozen=True, slots=True)
class Part(Node):
    """`25% to practice as kept`; without a percentage it is `the rest`."""

    percent: Expr | None
    payee: Path
    name: Name
    spent_on: Text | None


@dataclass(frozen=True, slots=True)
class Split(Node):
    amount: Expr
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Altogether(Node):
    value: Expr
    in_proportion: bool


@dataclass(frozen=True, slots=True)
class BroughtForward(Node):
    name: Name
    type: TypeName
    start: Expr


@dataclass(frozen=True, slots=True)
class CarryForward(Node):
    value: Expr
    name: Name


@dataclass(frozen=True, slots=True)
class SettlesWithPeriod(Node):
    """`settles with the period`."""


@dataclass(frozen=True, slots=True)
class Expected(Node):
    value: Expr


@dataclass(frozen=True, slots=True)
class Tolerance(Node):
    value: Expr


@dataclass(frozen=True, slots=True)
class FlagWhen(Node):
    condition: Expr


@dataclass(frozen=True, slots=True)
class FlagUndercharges(Node):
    """`flag undercharges too`."""


@dataclass(frozen=True, slots=True)
class Overcharge(Node):
    value: Expr


@dataclass(frozen=True, slots=True)
class Reason(Node):
    """`reason "billed {billed}"`: `paths` are the names in braces, in order, each with its place inside the text."""

    text: Text
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Challenge(Node):
    """`challenge provider answers within 10 working days, otherwise deemed upheld`, `penalty 10% of overcharge when upheld`."""

    respondent: Path
    within: Duration | Path
    otherwise: Name | None
    penalty: Expr | None
    penalty_when: Name | None


SchemeClause = (
    Cites | Period | Needs | Requires | BroughtForward | SettlesWithPeriod | Marker | Payment | Split | Let | Share | Match
    | Altogether | CarryForward | Show
)  # fmt: skip
CheckClause = (
    Cites | Period | Match | Let | Needs | Requires | Expected | Tolerance | FlagWhen | FlagUndercharges | Overcharge | Reason
    | Challenge | SettlesWithPeriod | Show
)  # fmt: skip
ForEachClause = Let | Share | Match | Show


# --- declarations -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ruleset(Node):
    name: Name
    title: Text | None
    currency: Name | None
    rounding: Rounding | None


@dataclass(frozen=True, slots=True)
class SourceDecl(Node):
    name: Name
    title: Text
    link: Text | None


@dataclass(frozen=True, slots=True)
class Payee(Node):
    name: Name
    title: Text | None


@dataclass(frozen=True, slots=True)
class Use(Node):
    file: Text
    alias: Name | None


@dataclass(frozen=True, slots=True)
class TypeName(Node):
    """A type as written: a word (`money`, a record's name), the values of a `one of`, or the columns of a `period`.

    `words` holds the values of `one of` (names or text); `columns` the two columns of `period from "a" to "b"`.
    """

    word: str
    words: tuple[Name | Text, ...]
    columns: tuple[Text, ...]
    known_from: Text | None


@dataclass(frozen=True, slots=True)
class Field(Node):
    """`key id: text optional from "Column" as "DD/MM/YYYY" in pence`."""

    key: bool
    name: Name
    type: TypeName
    optional: bool
    column: Text | None
    format: Text | None
    unit: Name | None


@dataclass(frozen=True, slots=True)
class Record(Node):
    name: Name
    title: Text | None
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class DerivedRecord(Node):
    """`record contract for each provider, commissioner of spell`."""

    name: Name
    title: Text | None
    by: tuple[Name, ...]
    of: Path


@dataclass(frozen=True, slots=True)
class Row(Node):
    """`"T1": 50%, 10%`: the values of the key fields, then those of the others, in the order declared."""

    keys: tuple[Expr, ...]
    values: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Table(Node):
    """A table; its rows stand in the text (`rows`), in the next Markdown table (`rows_below`), in `file`, or come with the run."""

    name: Name
    title: Text | None
    cites: tuple[Cites, ...]
    file: Text | None
    fields: tuple[Field, ...]
    rows: tuple[Row, ...]
    rows_below: bool


@dataclass(frozen=True, slots=True)
class Codes(Node):
    name: Name
    title: Text | None
    cites: tuple[Cites, ...]
    values: tuple[Name | Text, ...]


@dataclass(frozen=True, slots=True)
class DatedValue(Node):
    """One value of a parameter: `30% from 2010-04-01 known from 2010-02-01 cites pbr_2010`; `start` absent where undated."""

    value: Expr
    start: Date | None
    known_from: Date | None
    cites: Cites | None
    illustrative: Text | None


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    name: Name
    title: Text | None
    type: TypeName
    values: tuple[DatedValue, ...]


@dataclass(frozen=True, slots=True)
class Band(Node):
    """One line of bands. Edges absent are open to infinity; a point of straight bands has lower = upper."""

    lower: Expr | None
    lower_included: bool
    upper: Expr | None
    upper_included: bool
    value: Expr


@dataclass(frozen=True, slots=True)
class Bands(Node):
    name: Name
    title: Text | None
    by: Name
    straight: bool
    cites: tuple[Cites, ...]
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class ForEach(Node):
    record: Path
    clauses: tuple[ForEachClause, ...]


@dataclass(frozen=True, slots=True)
class Scheme(Node):
    """A scheme; without a record it is reckoned once for the whole ruleset."""

    name: Name
    title: Text | None
    record: Path | None
    clauses: tuple[SchemeClause, ...]


@dataclass(frozen=True, slots=True)
class Check(Node):
    name: Name
    title: Text | None
    record: Path
    clauses: tuple[CheckClause, ...]


@dataclass(frozen=True, slots=True)
class Precedence(Node):
    """`challenge each spell once for the largest overcharge ties in the order a, b`."""

    record: Path
    ties: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class GivenValue(Node):
    """`list_size 10,000`; a bare word stands for a choice, a yes/no, or a key."""

    name: Path
    value: Expr


@dataclass(frozen=True, slots=True)
class Given(Node):
    """`given practice P1 as in "…" with list_size 10,000, …`."""

    record: Path
    key: tuple[Name | Text | Number | Date, ...]
    as_in: Text | None
    values: tuple[GivenValue, ...]


@dataclass(frozen=True, slots=True)
class Expect(Node):
    """What an example expects of a rule or figure.

    `outcome` is one of: is (with `value`), flags (`value` is then the overcharge or None), passes, challenges,
    not assessable, out of scope. `key` names the record; it may be absent where the example gives only one.
    """

    target: Path
    key: tuple[Name | Text | Number | Date, ...]
    outcome: str
    value: Expr | None
    because: Text | None


@dataclass(frozen=True, slots=True)
class Example(Node):
    name: Text
    as_in: Text | None
    known: Date | None
    givens: tuple[Given, ...]
    expects: tuple[Expect, ...]


@dataclass(frozen=True, slots=True)
class Broken(Node):
    """A declaration that could not be read, with its name where that much was clear, so that uses of it are not called unknown."""

    word: str
    name: Name | None


Declaration = (
    Ruleset | SourceDecl | Payee | Use | Record | DerivedRecord | Table | Codes | Parameter | Bands | ForEach | Scheme | Check
    | Precedence | Example | Broken
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MarkdownTable(Node):
    """A table of a Markdown document: header cells, then rows of cells, each with its place."""

    header: tuple[Text, ...]
    rows: tuple[tuple[Text, ...], ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One file as written: its declarations in order, the tables of its Markdown, its comments for the formatter."""

    source: Source
    declarations: tuple[Declaration, ...]
    tables: tuple[MarkdownTable, ...]
    comments: tuple[Span, ...]
