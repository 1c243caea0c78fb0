"""Exact reading of numbers, money and percentages as people and their programs write them."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from requite.dsl.types import Kind
from requite.dsl.values.base import MOST_DIGITS, NOUNS, Numeric, Reader, Unreadable, trimmed

PLAIN = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?", re.ASCII)
DIGITS = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+", re.ASCII)
GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?", re.ASCII)
EXPONENT = re.compile(r"[0-9.,]+[eE][+-]?[0-9]+", re.ASCII)
CODE = re.compile(r"(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])", re.ASCII)

MINUS = "-−–"
"""The hyphen, the minus sign, and the dash that a word processor makes of them."""

SIGNS = {"GBP": "£", "USD": "$", "EUR": "€", "JPY": "¥"}
ALL_SIGNS = frozenset("£$€¥")
SMALL_COINS = {"GBP": "p", "USD": "¢"}
SUFFIXES = {
    Kind.DAYS: re.compile(r"\s*days?$"),
    Kind.WORKING_DAYS: re.compile(r"\s*(?:working\s+)?days?$"),
    Kind.MONTHS: re.compile(r"\s*months?$"),
    Kind.HOURS: re.compile(r"\s*hours?$"),
    Kind.POINTS: re.compile(r"\s*points?$"),
}

PERCENT_ADVICE = (
    "has no % sign, so it is not sure what it is a percentage of: write 70%, or let the ruleset say whether the column "
    "is `in fractions` (0.7) or `in hundredths` (70)"
)


def exact(text: str) -> Fraction:
    """The fraction that plain digits with at most one point are."""
    whole, point, decimals = text.partition(".")
    return Fraction(int(whole + decimals), 10 ** len(decimals)) if point else Fraction(int(whole))


def number(text: str, noun: str) -> Numeric:
    """A number without its unit: digits, a point, commas that group thousands, a sign or brackets for a negative one."""
    sign, rest = _sign(text)
    if not sign or not rest:
        return Unreadable(f"is not {noun}")
    value = _unsigned(rest, noun)
    return -value if sign < 0 and isinstance(value, Fraction) else value


def _unsigned(text: str, noun: str) -> Numeric:
    if GROUPED.fullmatch(text):
        text = text.replace(",", "")
    elif not DIGITS.fullmatch(text):
        return Unreadable(_why_not_a_number(text, noun))
    if len(text) - text.count(".") > MOST_DIGITS:
        return Unreadable(f"has more than {MOST_DIGITS} digits")
    return exact(text.rstrip("."))


def _sign(text: str) -> tuple[int, str]:
    """The sign (0 where there are two) and what is left."""
    if text.startswith("(") and text.endswith(")"):
        inner = text[1:-1].strip()
        return (0 if inner[:1] in (*MINUS, "+", "(") else -1), inner
    if text[:1] and text[0] in MINUS:
        return -1, text[1:].lstrip()
    return 1, text.removeprefix("+")


def _why_not_a_number(text: str, noun: str) -> str:
    if EXPONENT.fullmatch(text):
        return f"is in exponent form, which may have lost digits: give {noun} in full"
    if "," in text and DIGITS.fullmatch(text.replace(",", "")):
        return f"is not {noun}: a comma only groups thousands, as in 1,234.50"
    if text and text[-1] in MINUS and DIGITS.fullmatch(text[:-1].replace(",", "")):
        return f"is not {noun}: write the minus in front"
    return f"is not {noun}"


def plain_reader(kind: Kind) -> Reader:
    """A reader of numbers, counts, points, days, months and hours."""
    noun = NOUNS[kind]
    suffix = SUFFIXES.get(kind)

    def read(text: str) -> Numeric | None:
        if PLAIN.fullmatch(text):
            return _whole(exact(text), kind)
        text = trimmed(text)
        if not text:
            return None
        value = number(suffix.sub("", text) if suffix else text, noun)
        return _whole(value, kind) if isinstance(value, Fraction) else value

    return read


def _whole(value: Fraction, kind: Kind) -> Numeric:
    if kind is Kind.COUNT and value.denominator != 1:
        return Unreadable("is not a whole number")
    return value


def percent_reader(unit: str) -> Reader:
    """A reader of percentages; `unit` says what a bare number is: fractions, hundredths, or empty (then it is refused)."""
    noun = NOUNS[Kind.PERCENT]

    def read(text: str) -> Numeric | None:
        text = trimmed(text)
        if not text:
            return None
        if text.endswith("%"):
            value = number(text[:-1].rstrip(), noun)
            return value / 100 if isinstance(value, Fraction) else value
        value = number(text, noun)
        return in_unit(value, Kind.PERCENT, unit) if isinstance(value, Fraction) else value

    return read


def money_reader(unit: str, currency: str) -> Reader:
    """A reader of money in whole currency units; `unit` may be pence."""
    strip_currency = _currency_stripper(currency)
    coin = SMALL_COINS.get(currency, "")
    noun = NOUNS[Kind.MONEY]

    def read(text: str) -> Numeric | None:
        if PLAIN.fullmatch(text):
            return in_unit(exact(text), Kind.MONEY, unit)
        text = trimmed(text)
        if not text:
            return None
        if coin and text.endswith(coin):
            value = number(text.removesuffix(coin).rstrip(), noun)
            return value / 100 if isinstance(value, Fraction) else value
        bare, marked, complaint = strip_currency(text)
        if marked and unit == "pence" and not complaint:
            complaint = f"has a {marked} sign in a column that is in pence"
        if complaint:
            return Unreadable(complaint)
        value = number(bare, noun)
        return in_unit(value, Kind.MONEY, unit) if isinstance(value, Fraction) else value

    return read


def _currency_stripper(currency: str) -> Callable[[str], tuple[str, str, str]]:
    """A function from a text to it without its currency, the currency it names, and what is wrong with that."""
    own = {SIGNS.get(currency, currency), currency}

    def strip_currency(text: str) -> tuple[str, str, str]:
        found = [c for c in text if c in ALL_SIGNS] + CODE.findall(text)
        if not found:
            return text, "", ""
        if found[0] not in own:
            return text, found[0], f"is in {found[0]}, but the ruleset reckons in {currency}"
        before, _, after = text.partition(found[0])
        before, after = before.rstrip(), after.lstrip()
        if len(found) > 1 or not _stands_at_an_end(before, after):
            return text, found[0], f"is not {NOUNS[Kind.MONEY]}"
        return before + after, found[0], ""

    return strip_currency


def _stands_at_an_end(before: str, after: str) -> bool:
    """Whether nothing but a sign or brackets stands on one side of the currency."""
    return not before.strip("(+" + MINUS) or not after.strip(")")


def in_unit(value: Fraction, kind: Kind, unit: str) -> Numeric:
    """A bare number as a value of a kind, by the unit that the field gives."""
    if unit in ("pence", "hundredths"):
        return value / 100
    if kind is Kind.PERCENT and unit != "fractions":
        return Unreadable(PERCENT_ADVICE)
    return _whole(value, kind)
