"""Worked examples, and the program as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from requite.dsl.program.data import Bands, DatedValue, Parameter, Record
from requite.dsl.program.expressions import Rounding, Scalar
from requite.dsl.program.figures import Column, Share
from requite.dsl.program.rules import CheckRule, PaymentRule, Precedence, Scheme, Shown
from requite.dsl.source import Span


@dataclass(frozen=True, slots=True)
class GivenRow:
    """A row of an example. `values` are typed, by field; `brought` are figures brought forward, by column name.

    `key` are the values of the key fields; of a record without a key, the number that the example gives the row.
    """

    record: str
    values: Mapping[str, Scalar]
    brought: Mapping[str, Scalar]
    span: Span
    key: tuple[Scalar, ...] = ()


@dataclass(frozen=True, slots=True)
class Expectation:
    """What an example expects.

    `kind` is payment, check, figure or carried (what is carried forward), `target` the rule's or
    column's unique name (of a field, `record.field`).
    `key` is None where the example does not name the record. Outcomes: is, flags, passes, challenges,
    does not challenge, not assessable, out of scope.
    `value` is exact and typed; for `flags`, the overcharge or None.
    """

    kind: str
    target: str
    record: str
    key: tuple[Scalar, ...] | None
    outcome: str
    value: Scalar
    because: str
    span: Span


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example, with the rows of those it is `as in` already merged in.

    `parameters` have the value here that it gives them, on every day, whatever the ruleset says.
    """

    name: str
    known: date | None
    rows: tuple[GivenRow, ...]
    expects: tuple[Expectation, ...]
    span: Span
    parameters: Mapping[str, DatedValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Program:
    """A checked ruleset with all that it uses. Dictionaries are by unique name and in the order declared."""

    name: str
    title: str
    currency: str
    rounding: Rounding
    records: Mapping[str, Record]
    parameters: Mapping[str, Parameter]
    bands: Mapping[str, Bands]
    codes: Mapping[str, tuple[str, ...]]
    columns: Mapping[str, Column]
    shares: Mapping[str, Share]
    payments: Mapping[str, PaymentRule]
    schemes: Mapping[str, Scheme]
    checks: Mapping[str, CheckRule]
    precedences: tuple[Precedence, ...]
    shown: tuple[Shown, ...]
    examples: tuple[Example, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    """The text of every file that the program was made from, by its name; the ruleset's own file first."""
    own_files: frozenset[str] = frozenset()
    """Its own file, and those it uses that are no rulesets of their own: what stands there is tried with this one."""
