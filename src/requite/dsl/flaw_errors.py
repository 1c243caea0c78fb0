"""What is wrong with a single piece of the text, in its author's words."""

from __future__ import annotations

import re

from requite.dsl.diagnostics import Diagnostic, error
from requite.dsl.scan import INVISIBLE, LONGEST_NUMBER, Flaw
from requite.dsl.source import Source, Span
from requite.dsl.wording import quoted

_GROUP = re.compile(r"(?<![\w.,])([£$€]?\d{1,3}(?:,\d{3})*)[ \u00a0\u202f]$")
"""What stands before the digits of a number that are parted by a space."""
_FORMS = {
    "number-too-long": ("{text} has more than {most} digits", "no amount needs so many; write a code in quotes"),
    "number-with-leading-zero": ("{text} starts with a zero, so it is not a number", 'write codes in quotes: "{bare}"'),
    "split-number": (
        "{text}: a comma between digits is not followed by a space",
        "write `{joined}` if one number is meant",
    ),
    "bad-money": (
        "{text} is not an amount of money",
        "write `£12,500`, `£12,500.50`, `£1.8m`, `10p`, `$500` or `€500`: no space after the sign, digits in threes",
    ),
    "bad-number": ("{text} is not a number: the digits are not in groups of three", "write `10,000`, `1,234,567` or `4029.25`"),
    "bad-percent": ("{text} is not a percentage", "write `70%` or `2.5%`"),
    "code-without-quotes": (
        "{text} is neither a number nor a name",
        'write codes in quotes: "{bare}"; a name starts with a letter',
    ),
    "bad-date": ("{text} is not a date as they are written here", "write year, month and day: `2011-04-30`"),
}
_CHARACTERS = {
    "%": ("`%` does not stand right after a number", "write `70%`"),
    "'": ("text stands in double quotes", 'write "…"'),
    "‘": ("text stands in double quotes", 'write "…"'),
    "’": ("text stands in double quotes", 'write "…"'),
    "«": ("text stands in double quotes", 'write "…"'),
    "»": ("text stands in double quotes", 'write "…"'),
    "£": ("no number follows the sign `£`", "write `£12,500`"),
    "$": ("no number follows the sign `$`", "write `$500`"),
    "€": ("no number follows the sign `€`", "write `€500`"),
    ";": ("`;` is not used", "a new line or a space is enough"),
    "&": ("`&` is not used", "write `and`"),
    "|": ("`|` is not used", "write `or`"),
    "!": ("`!` is not used", "write `not`, `is not` or `!=`"),
    "{": ("braces stand only inside a text in quotes", "for calculations use round brackets"),
    "}": ("braces stand only inside a text in quotes", "for calculations use round brackets"),
    "^": ("`^` is not used", "write a product: `a * a`"),
}


def name_flaw(source: Source, flaw: Flaw) -> Diagnostic:
    """The diagnostic for a piece that is not well formed."""
    span = Span(source, flaw.start, flaw.end)
    found = span.text
    if flaw.code == "unclosed-text":
        help = (
            f'write `"` after {quoted(found[1:])}'
            if found[1:].strip()
            else 'one `"` of this line is too many, or its partner is missing'
        )
        return error("unclosed-text", span, "text in quotes is not closed on its line", help)
    if (
        flaw.code == "number-with-leading-zero"
        and len(found) == 3
        and (grouped := _GROUP.search(source.text[max(0, flaw.start - 20) : flaw.start]))
    ):
        help = f"if one number is meant, write `{grouped[1]},{found}`; codes are written in quotes"
        return error(flaw.code, span, f"{quoted(found)} starts with a zero, so it is not a number", help)
    if flaw.code == "unknown-character":
        return error("unknown-character", span, *_unknown(flaw, found))
    message, help = _FORMS[flaw.code]
    joined = "".join(found.split())
    bare = found.replace('"', "")[:40]
    fill = {"text": quoted(found), "most": LONGEST_NUMBER, "joined": joined[:60], "bare": bare}
    return error(flaw.code, span, message.format(**fill), help.format(**fill))


def _unknown(flaw: Flaw, found: str) -> tuple[str, str]:
    if flaw.detail == "word":
        inside = next((c for c in found if c in INVISIBLE), "")
        if inside:
            return f"an invisible character stands inside {quoted(found)}", "write the word anew"
        if found.startswith("_"):
            better = quoted(found.strip("_") or "a_name")
            return f"{quoted(found)} is not a name: it begins with `_`", f"names begin with a letter, as {better} does"
        odd = next((c for c in found if not c.isascii()), found)
        return f"{quoted(found)} is not a name: `{odd}` cannot stand in one", "names are written with a to z, digits and _"
    if found in _CHARACTERS:
        return _CHARACTERS[found]
    if found.isprintable():
        return f"`{found}` is not used in the language", "take it away, or put it in quotes if it belongs to a text"
    return f"a character that cannot be seen stands here (U+{ord(found):04X})", "take it away"
