"""Statements as HTML and Markdown: one page each, nothing fetched, every text from data escaped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from requite.api.console import clean
from requite.api.statements import charts
from requite.api.statements.model import (
    Account,
    Asked,
    Board,
    Difference,
    FigureLine,
    Line,
    Measure,
    Party,
    Schedule,
    State,
    Statement,
)
from requite.api.statements.phrases import day, plainly
from requite.engine.wording import money

MOST_HINTS: Final = 8
MOST_MEASURES: Final = 30
MOST_FIGURES: Final = 20
MOST_ENTRIES: Final = 40
"""Rows of a list that are drawn."""

MOST_BARS: Final = 60
"""Payees that a chart shows; the table has all of them."""

MOST_UNBROKEN: Final = 40
"""Letters that a cell keeps on one line; longer ones are wrapped."""

_MARKDOWN: Final = re.compile(r"([\\`*_\[\]<>#|~&$])")
_BLANK_LINES: Final = re.compile(r"\n{3,}")


def statement_html(statement: Statement, rows: int) -> str:
    """A statement as a page of its own."""
    return _rendered("statement.html.j2", statement.about.currency, True, **_of(statement, rows))


def statement_markdown(statement: Statement, rows: int) -> str:
    """A statement as Markdown."""
    return _tidy(_rendered("statement.md.j2", statement.about.currency, False, **_of(statement, rows)))


def board_html(board: Board) -> str:
    """The board's summary as a page of its own."""
    return _rendered("board.html.j2", board.about.currency, True, **_of_board(board))


def board_markdown(board: Board) -> str:
    """The board's summary as Markdown."""
    return _tidy(_rendered("board.md.j2", board.about.currency, False, **_of_board(board)))


def _of(statement: Statement, rows: int) -> dict[str, Any]:
    lines = statement.lines
    own = [line for line in lines if statement.is_own(line)]
    charged = -sum((line.amount for line in own if line.amount is not None and line.amount < 0), Fraction(0))
    charged -= sum((schedule.amount for schedule in statement.schedules if schedule.amount < 0), Fraction(0))
    undecided = sum(line.state is State.UNKNOWN for line in lines)
    undecided += sum(number for schedule in statement.schedules for _, number in schedule.unknown)
    return {
        "statement": statement,
        "about": statement.about,
        "label": " · ".join(part for part in (statement.party.label, statement.name) if part),
        "charged": charged if statement.own + charged > 0 else Fraction(0),
        "undecided": undecided,
        "many_accounts": len(statement.accounts) > 1,
        "most_rows": rows,
        "most_reasons": 3,
        "most_hints": MOST_HINTS,
        "most_measures": MOST_MEASURES,
        "most_figures": MOST_FIGURES,
    }


def _of_board(board: Board) -> dict[str, Any]:
    return {
        "board": board,
        "about": board.about,
        "paid_number": sum(1 for row in board.payees if row.paid),
        "unknown_payments": sum(payment.unknown for payment in board.payments),
        "unknown_checks": sum(check.unknown for check in board.checks),
        "challenged": sum(check.challenged for check in board.checks),
        "on_account": any(row.others for row in board.payees),
    }


# --- templates --------------------------------------------------------------------------------------------------------


def _rendered(name: str, currency: str, as_html: bool, **values: Any) -> str:
    template = _environment(currency, as_html).get_template(name)
    return template.render(charts=_Charts(currency), style=_style(), **values)


@cache
def _style() -> Markup:
    text = (files("requite.api.statements") / "templates" / "style.css").read_text("utf-8")
    return Markup(text)


@cache
def _environment(currency: str, as_html: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("requite.api.statements"),
        autoescape=as_html,
        undefined=StrictUndefined,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_cleaned if as_html else None,
    )
    environment.filters |= {
        "money": lambda amount: money(Fraction(amount), currency),
        "maybe": lambda amount: "–" if amount is None else money(amount, currency),
        "number": lambda number: f"{number:,}",
        "count": _counted,
        "day": day,
        "plainly": plainly,
        "without": _without,
        "sentence": lambda text: text[:1].upper() + text[1:],
        "verdict": _verdict,
        "together": _together,
        "limited": _limited,
        "md": markdown,
    }
    environment.tests["long"] = lambda value: len(str(value)) > MOST_UNBROKEN
    return environment


def _cleaned(value: Any) -> Any:
    """A text of the data without control characters, which would turn lines around or break the page."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def markdown(text: str) -> str:
    """A text that Markdown shows as it is: on one line, without markup, links or HTML."""
    line = " ".join(clean(str(text)).split())
    line = _MARKDOWN.sub(r"\\\1", line)
    line = re.sub(r"(?i)\b(https?|ftp|www)(?=[:.])", r"\1&#8203;", line)
    line = re.sub(r"@(?=\w)", "&#64;", line)
    return re.sub(r"^([-+=]|\d+[.)](?=\s|$))", lambda m: m.group()[:-1] + "\\" + m.group()[-1], line)


def _tidy(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", lines).strip("\n") + "\n"


def _counted(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def _without(key: tuple[str, ...], party: Party) -> str:
    """The key of a row without the part that says whose it is, where something is left then."""
    left = [part for part in key if part != party.code]
    return ", ".join(left or key)


def _verdict(measure: Measure) -> str:
    if measure.met is None:
        return "cannot be judged"
    if measure.met:
        return "Met" if measure.start is None else "In full"
    if measure.start is None or measure.value is None:
        return "Not met"
    below = measure.value < measure.start if measure.high else measure.value > measure.start
    return "Not met" if below else "In part"


def _together(account: Account) -> Fraction:
    return sum((line.amount for line in account.lines if line.amount is not None), Fraction(0))


def _limited(account: Account) -> list[tuple[Line, str]]:
    """The payments that a limit cut, each with the limit and from what to what it cut."""
    cut = (line for line in account.lines if line.state is State.CUT)
    limits = ((line, [f"{step.text}: {step.note}" for step in line.steps if step.did == "limits"]) for line in cut)
    return [(line, "; ".join(told)) for line, told in limits if told]


# --- charts -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Charts:
    """The charts of one page."""

    currency: str

    def parts(self, account: Account) -> Markup:
        return charts.parts_bar([charts.Bar(line.title, line.amount or Fraction(0)) for line in account.lines], self.currency)

    def mark(self, account: Account, line: Line) -> Markup:
        """The colour of a payment in the bar above its table; nothing where there is no bar."""
        if sum(1 for other in account.lines if other.amount and other.amount > 0) < 2 or not line.amount or line.amount < 0:
            return Markup()
        colour = charts.part_colour(account.lines.index(line))
        return Markup('<span class="mark" style="background:{}"></span>').format(colour)

    def measure(self, measure: Measure) -> Markup:
        return charts.measure_chart(measure)

    def figure(self, figure: FigureLine) -> Markup:
        return charts.figure_chart(figure)

    def difference(self, difference: Difference) -> Markup:
        return charts.difference_chart(difference, self.currency)

    def entries(self, schedule: Schedule, party: Party) -> Markup:
        if len(schedule.entries) > MOST_ENTRIES or schedule.number > len(schedule.entries):
            return Markup()
        bars = [charts.Bar(_without(entry.key, party), entry.amount) for entry in schedule.entries]
        return charts.bars_chart(bars, self.currency, schedule.title)

    def checks(self, asked: Asked) -> Markup:
        bars = [charts.Bar(part.title, part.credit) for part in asked.active]
        return charts.bars_chart(bars, self.currency, "To credit, by what was found")

    def payees(self, board: Board) -> Markup:
        ranked = sorted((row for row in board.payees if row.party.noun), key=lambda row: -row.paid) or list(board.payees)
        rows = [(" · ".join(p for p in (row.party.label, row.name) if p), row.parts) for row in ranked[:MOST_BARS]]
        title = "Payments by payee" + (", with what others get on its account" if any(row.others for row in ranked) else "")
        return charts.stacked_chart(rows, board.parts, self.currency, title)

    def respondents(self, board: Board) -> Markup:
        bars = [charts.Bar(row.party.label, row.credit) for row in board.respondents[:MOST_BARS]]
        return charts.bars_chart(bars, self.currency, "To credit, by who is asked")
