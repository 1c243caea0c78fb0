"""What each clause needs, said when it is not there."""

from __future__ import annotations

from typing import NamedTuple


class Missing(NamedTuple):
    """Where `awaited` would have been accepted in one of the clauses (in any if none is named), this is missing.

    `alone`: only where nothing else (but a title) would do; `unless`: not where that would do too. In the texts, {name} is
    the clause's name, {of} the same after a space, {before} what stands before the gap.
    """

    awaited: str
    clauses: tuple[str, ...]
    code: str
    message: str
    help: str
    alone: bool = False
    unless: str = ""


PAYEE_HELP = "write `payment {name} to practice`, with the payee's or the record's name"

MISSING = (
    Missing("to", ("payment",), "missing-payee", "the payment{of} needs `to` and who receives it", PAYEE_HELP),
    Missing("to", ("charge",), "missing-payee", "the charge{of} needs `to` and who bears it", "write `charge {name} to practice`"),
    Missing(
        "to", ("split",), "missing-payee", "a part of the split needs `to` and who receives it", "write `25% to practice as kept`"
    ),
    Missing(
        "met when",
        ("marker",),
        "missing-condition",
        "`met when` or `scores` is missing from the marker{of}",
        "write `met when a >= 70%`, or `scores 57 points on a / b from 40% to 70%`",
    ),
    Missing(
        "points on",
        ("scores", "marker"),
        "missing-value",
        "`points on` is missing after `scores`",
        "write `scores 57 points on a / b from 40% to 70%`",
    ),
    Missing(
        "when",
        ("except",),
        "missing-condition",
        "an exception needs `when` and its condition",
        'write `except £0 when closed because "…"`',
    ),
    Missing("=", ("let",), "missing-equals", "`=` is missing after `let{of}`", "write `let {name} = …`", True),
    Missing(
        "for each",
        ("check",),
        "missing-record",
        "the check{of} does not say `for each` of which record",
        "write `check {name} for each spell`",
    ),
    Missing("for each", ("challenge each",), "missing-record", "`challenge each` is not finished", ""),
    Missing(
        "once for the largest overcharge",
        (),
        "unfinished-declaration",
        "`once for the largest overcharge` is missing",
        "write `challenge each spell once for the largest overcharge`",
    ),
    Missing(
        "of",
        ("record",),
        "missing-record",
        "a record `for each` of some names needs `of` and the record that has them",
        "write `record contract for each provider, commissioner of spell`",
    ),
    Missing(
        "among",
        ("share",),
        "missing-record",
        "the share needs `among each` and a record",
        "write `share £1.8m among each practice by weight as allocation`",
    ),
    Missing(
        "each",
        (),
        "missing-record",
        "`each` and the name of a record are missing after {before}",
        "write `over each spell` or `among each practice`",
    ),
    Missing(
        "over",
        (),
        "missing-record",
        "`total of`, `average of`, `least of`, `greatest of` need `over each` and a record",
        "write `total of billed over each spell`",
    ),
    Missing(
        "as",
        ("share", "split"),
        "missing-name",
        "`as` and a name are missing: what is the result called?",
        "write `as allocation` at the end",
    ),
    Missing(
        "as",
        ("carry forward",),
        "missing-name",
        "`as` and a name are missing: under which name does the next run read it?",
        "write `as debt` at the end",
    ),
    Missing(
        "answers within",
        (),
        "missing-value",
        "`answers within` and a number of days are missing",
        "write `challenge provider answers within 10 working days`",
    ),
    Missing(
        "key", ("record", "table"), "missing-fields", "the {clause}{of} has no fields", "write one on each line: `key code: text`"
    ),
    Missing(
        "days",
        (),
        "missing-unit",
        "the unit is missing after the number",
        "write `10 working days`, `30 days`, `6 months`, `2 years` or `36 hours`",
        True,
    ),
    Missing(
        "working days",
        ("challenge",),
        "missing-unit",
        "the unit is missing after the number",
        "write `10 working days` or `30 days`",
    ),
    Missing(
        ", first come by",
        (),
        "missing-order",
        "`together at most` does not say who comes first",
        "end with `, first come by given, id` or with `, in proportion`",
    ),
    Missing(
        "for the same",
        ("only the first",),
        "missing-order",
        "`only the first` needs `for the same …` and `by …`",
        "write `only the first 3 for the same patient, service by given, id`",
    ),
    Missing(
        "by",
        ("only the first",),
        "missing-order",
        "`only the first` does not say in which order: `by …` is missing",
        "write `only the first 3 for the same patient, service by given, id`",
    ),
    Missing("by", ("bands",), "missing-name", "the bands{of} do not say `by` what", "write `bands {name} by score`"),
    Missing(
        "are",
        ("codes",),
        "missing-value",
        "`are` and the codes are missing from the codes{of}",
        'write `codes {name} are "21", "22"`',
    ),
    Missing(
        "and",
        (),
        "missing-value",
        "`the greater of` and `the lesser of` need two values with `and` between them",
        "write `the greater of 20% of expected and £100`",
        unless="or",
    ),
    Missing(
        "born", (), "missing-value", "`age on …` needs `born` and the date of birth", "write `age on admitted born birth_date`"
    ),
    Missing(
        "at the start", (), "missing-value", "`at the start` is missing", "write `brought forward debt: money, £0 at the start`"
    ),
    Missing(
        "is",
        ("expect",),
        "missing-outcome",
        "the example does not say what is expected",
        "write `expect {name} is £5`, `flags S1`, `passes S1`, `is not assessable` or `is out of scope`",
    ),
    Missing(
        "expect", (), "missing-expectation", "the example expects nothing", "add a line such as `expect prescribing is £12,500`"
    ),
    Missing(
        "one of",
        ("parameter", "record", "table"),
        "missing-type",
        "the type is missing after {before}",
        "write text, number, count, money, percent, date, yes/no, `one of a, b` or a record's name",
    ),
    Missing(
        ":", ("parameter",), "missing-type", "the parameter{of} does not say its type", "write `parameter {name}: percent 15%`"
    ),
    Missing(
        ":",
        ("record", "table", "key"),
        "missing-colon",
        "a colon and the type are missing after the field {before}",
        "write `list_size: number`",
    ),
    Missing(
        ":",
        ("brought forward",),
        "missing-colon",
        "a colon, the type and the first value are missing after {before}",
        "write `brought forward {name}: money, £0 at the start`",
    ),
    Missing(
        ",",
        ("brought forward",),
        "missing-value",
        "what the first run begins with is missing after {before}",
        "write `brought forward {name}: money, £0 at the start`",
        alone=True,
    ),
    Missing(
        ":",
        (),
        "missing-colon",
        "a colon is missing after {before}",
        "write the edge or the key, a colon and the value: `2% and above: 20p`",
    ),
    Missing("to", ("bands",), "missing-value", "the band is not finished", "write `0% to below 2%: 10p`"),
    Missing("to", ("period",), "missing-date", "the period has no last day", "write `period 2004-04-01 to 2005-03-31`"),
    Missing(
        "the rest to",
        ("split",),
        "missing-value",
        "a part of the split is missing",
        "write `25% to practice as kept` or `the rest to practice as kept`",
    ),
    Missing(
        "half even",
        (),
        "missing-value",
        "{before} needs `to` and a unit",
        "write `rounded to 1p`, `rounded down to £1` or `rounded half even to 1p`",
    ),
    Missing(
        "when", (), "missing-condition", "a case needs `when` and its condition", "write `£10 when a, £5 when b, otherwise £0`"
    ),
    Missing(
        "to",
        (),
        "missing-value",
        "`to` and what belongs to it are missing after {before}",
        "write `from 40% to 70%`, `rounded to 1p`",
    ),
    Missing(
        "of",
        (),
        "missing-value",
        "`per` needs a size and `of`, after {before}",
        "write `£10,000 per 10,000 of list_size`",
        unless="+",
    ),
)

_NAMES_AFTER = {
    "for each": "the name of a record",
    "each": "the name of a record",
    "every": "the name of a record",
    "of": "the name of a record",
    "to": "who receives it",
    "as": "a name",
    "by": "a name that gives the order",
    "same": "a name that both records have",
    "cites": "the name of a source",
    ".": "a name",
    ",": "another name",
    "let": "a name",
    "marker": "a name",
    "payment": "a name",
    "charge": "a name",
    "given": "the name of a record",
    "expect": "the name of a rule or a figure",
    "for": "the key of a record",
    "with": "the name of a field and its value",
    "show": "the name of a figure",
    "match": "the name of a record",
    "challenge": "who answers",
    "in": "a unit (`pence`, `fractions`, `hundredths`) or a list of codes",
    "currency": "a currency such as `GBP`",
    "forward": "a name",
}
_TEXTS_AFTER = {
    "reason": '`reason "billed {billed}"`',
    "because": '`because "quality gateway"`',
    "on": '`spent on "patient care"`',
    "from": '`from "Column"`',
    "as": '`as "DD/MM/YYYY"`',
    "at": '`at "p. 3"`',
    "illustrative": '`illustrative "the source gives no figure"`',
    "use": '`use "tariff.requite"`',
    "example": '`example "both markers met"`',
    "in": '`as in "the other example"`',
}


def missing_after(accepted: frozenset[str], before: str, found: str, clause: str, breaks_off: bool) -> tuple[str, str, str] | None:
    """The name, text, date or value that is missing after a word."""
    if "(" in accepted and "NAME" in accepted:
        return _missing_value(before, found, clause, breaks_off)
    if "NAME" in accepted:
        return _missing_name(accepted, before, found, clause, breaks_off)
    if {"NUMBER", "MONEY"} <= accepted:
        return _missing_value(before, found, clause, breaks_off)
    if accepted == {"TEXT"}:
        form = _TEXTS_AFTER.get(before) or f'`{clause} … "title"`'
        message = f"`{before}` needs a text in quotes" if before in _TEXTS_AFTER else f"text in quotes is missing after `{before}`"
        return "missing-text", message, f"write {form}"
    if accepted == {"NUMBER"}:
        return "missing-value", f"a number is missing after `{before}`", f"write `{before} 2`"
    if accepted == {"DATE"}:
        return "missing-date", f"a date is missing after `{before}`", "write year, month and day: `2011-04-30`"
    return None


def _missing_value(before: str, found: str, clause: str, breaks_off: bool) -> tuple[str, str, str] | None:
    if before in ("when", "where") or (clause in ("needs", "requires") and before == clause):
        code, what, help = "missing-condition", "a condition", f"write `{before} a >= 70%`, or the name of a marker"
    else:
        code, what, help = "missing-value", "a value", "write a number, a name or a calculation there"
    if breaks_off:
        return code, f"{what} is missing after `{before}`", help
    return code, f"{what} is missing between `{before}` and `{found}`", help


def _missing_name(accepted: frozenset[str], before: str, found: str, clause: str, breaks_off: bool) -> tuple[str, str, str] | None:
    what = _NAMES_AFTER.get(before, "a name")
    if before == "to" and clause in ("payment", "charge", "split"):
        return (
            "missing-payee",
            f"`to` needs who {'bears' if clause == 'charge' else 'receives'} it",
            "write `to practice`, or a payee's name",
        )
    if accepted == {"NAME", "TEXT"}:
        what = "a word or a text in quotes"
    code = "missing-record" if what == "the name of a record" else "missing-name"
    if "NUMBER" in accepted and before != "for" and (breaks_off or clause == "given"):
        help = f"write `{before} 10,000`" if clause == "given" else "write the value there"
        return "missing-value", f"a value is missing after `{before}`", help
    if breaks_off:
        return code, f"{what} is missing after `{before}`", f"write `{before}` and {what}"
    if found[:1] in '"“”„':
        return (
            code,
            f"{what} is missing between `{before}` and the text in quotes",
            "write a name without quotes first: letters, digits and _",
        )
    return (
        code,
        f"{what} is missing between `{before}` and `{found}`",
        "a name is written with letters, digits and _, and starts with a letter",
    )
