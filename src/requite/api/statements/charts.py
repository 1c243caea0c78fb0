"""Charts as SVG, drawn here: no script, nothing fetched, the same bytes for the same figures.

Every chart says in words what it shows, stays readable in black and white, and uses colours that the colour-blind tell apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from markupsafe import Markup, escape

from requite.api.console import clean
from requite.api.statements.model import Difference, FigureLine, Measure
from requite.engine.wording import money

WIDTH: Final = 680
INK: Final = "#1b1f24"
SOFT: Final = "#5c6670"
LINE: Final = "#c9cfd6"
FIELD: Final = "#eef1f4"
BLUE: Final = "#0b5fa5"
PALE_BLUE: Final = "#d5e6f5"
ORANGE: Final = "#c4570a"
DOT: Final = "#8b96a1"
PARTS: Final = ("#0b5fa5", "#e69f00", "#4d9a86", "#a3527f", "#6aaed6", "#7d6b3f", "#b5bcc4")
"""Colours of the parts of a whole, after Okabe and Ito: told apart by lightness, too."""

FONT: Final = "Liberation Sans, Helvetica, Arial, sans-serif"
ROOM: Final = Fraction(108, 100)
"""How much further than its largest value a scale goes."""


@dataclass(frozen=True, slots=True)
class Bar:
    """An amount to draw, and what it is of."""

    title: str
    amount: Fraction


def _svg(width: int, height: int, title: str, parts: Sequence[str]) -> Markup:
    said = escape(clean(title))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img"'
        f' font-family="{FONT}" font-size="12" aria-label="{said}"><title>{said}</title>'
    )
    return Markup(head + "".join(parts) + "</svg>")


def _text(x: int | str, y: int, text: str, colour: str = INK, anchor: str = "start", size: int = 12, weight: str = "") -> str:
    bold = f' font-weight="{weight}"' if weight else ""
    return f'<text x="{x}" y="{y}" fill="{colour}" text-anchor="{anchor}" font-size="{size}"{bold}>{escape(clean(text))}</text>'


def _box(x: str | int, y: int, width: str | int, height: int, colour: str, more: str = "") -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{colour}"{more}/>'


def _at(value: Fraction, low: Fraction, high: Fraction, start: int, width: int) -> Fraction:
    """Where a value lies on a scale."""
    part = (value - low) / (high - low) if high != low else Fraction(0)
    return start + max(Fraction(0), min(Fraction(1), part)) * width


def _px(place: Fraction) -> str:
    """A place on paper to a tenth of a point."""
    tenths = round(place * 10)
    return f"{tenths // 10}.{tenths % 10}" if tenths % 10 else str(tenths // 10)


def cut(text: str, letters: int) -> str:
    """A text that fits."""
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"


# --- a whole and its parts --------------------------------------------------------------------------------------------


def parts_bar(bars: Sequence[Bar], currency: str) -> Markup:
    """One bar, in as many pieces as there are parts."""
    there = [(i, bar) for i, bar in enumerate(bars) if bar.amount > 0]
    total = sum((bar.amount for _, bar in there), Fraction(0))
    if len(there) < 2:
        return Markup()
    drawn, x = list[str](), Fraction(0)
    for i, bar in there:
        width = bar.amount / total * WIDTH
        colour = PARTS[min(i, len(PARTS) - 1)]
        drawn.append(_box(_px(x), 0, _px(max(width - 2, Fraction(1))), 26, colour))
        share = f"{round(bar.amount / total * 100)}%"
        if width > 34:
            drawn.append(_text(_px(x + width / 2 - 1), 17, share, "#1b1f24" if i in (1, 4, 6) else "#ffffff", "middle", 12, "bold"))
        x += width
    told = "; ".join(f"{bar.title} {money(bar.amount, currency)}" for _, bar in there)
    return _svg(WIDTH, 26, f"What the sum is made of: {told}", drawn)


def part_colour(number: int) -> str:
    """The colour of a part, for its mark in a table."""
    return PARTS[min(number, len(PARTS) - 1)]


# --- values against levels --------------------------------------------------------------------------------------------


def measure_chart(measure: Measure) -> Markup:
    """A value on a scale, with the level it had to reach, the side that counts as met, and the others as dots."""
    values = [v for v in (measure.value, measure.level, measure.start, *measure.peers) if v is not None]
    if measure.level is None or not values or not any(values):
        return Markup()
    low, high = min(Fraction(0), min(values)), max(values)
    # Where all values lie close together far from 0, the scale begins below the lowest of them.
    if min(values) > high / 2:
        low = max(Fraction(0), min(values) - (high - min(values)) / 3)
    high = low + (high - low) * ROOM
    start, width, middle = 10, WIDTH - 20, 38
    level = _at(measure.level, low, high, start, width)
    begins, ends = (level, Fraction(start + width)) if measure.high else (Fraction(start), level)
    drawn = [_box(start, middle - 11, width, 22, FIELD, ' rx="2"')]
    drawn.append(_box(_px(begins), middle - 11, _px(ends - begins), 22, PALE_BLUE))
    drawn += [_dot(_at(peer, low, high, start, width), middle) for peer in measure.peers]
    if measure.start is not None:
        x = _at(measure.start, low, high, start, width)
        drawn.append(_upright(x, middle, SOFT, 'stroke-width="1.5" stroke-dasharray="3 2"'))
        drawn.append(_text(_px(x), middle + 28, measure.start_text, SOFT, _side(x, start, width), 11))
    drawn.append(_upright(level, middle, INK, 'stroke-width="2"'))
    drawn.append(_text(_px(level), middle + 28, f"level {measure.level_text}", INK, _side(level, start, width), 11))
    if measure.value is not None:
        drawn += _own(_at(measure.value, low, high, start, width), middle, measure.value_text, measure.met, start, width)
    met = {True: "met", False: "not met", None: "cannot be judged"}[measure.met]
    others = f"; {measure.place.words}" if measure.place is not None else ""
    return _svg(WIDTH, 70, f"{measure.title}: {measure.value_text}, needed {measure.needed}, {met}{others}", drawn)


def _dot(x: Fraction, middle: int) -> str:
    return f'<circle cx="{_px(x)}" cy="{middle}" r="3.5" fill="{DOT}" fill-opacity="0.55"/>'


def _upright(x: Fraction, middle: int, colour: str, more: str) -> str:
    return f'<line x1="{_px(x)}" x2="{_px(x)}" y1="{middle - 15}" y2="{middle + 15}" stroke="{colour}" {more}/>'


def _side(place: Fraction, start: int, width: int) -> str:
    """How a label stands at a place, so that it does not leave the chart."""
    return "start" if place < start + 60 else "end" if place > start + width - 60 else "middle"


def _own(x: Fraction, middle: int, text: str, good: bool | None, start: int, width: int) -> list[str]:
    """The own value: a diamond, filled where it is met, and its figure above."""
    colour = BLUE if good or good is None else ORANGE
    fill = colour if good is not False else "#ffffff"
    points = f"{_px(x)},{middle - 8} {_px(x + 8)},{middle} {_px(x)},{middle + 8} {_px(x - 8)},{middle}"
    return [
        f'<polygon points="{points}" fill="{fill}" stroke="{colour}" stroke-width="2.5"/>',
        _text(_px(x), middle - 19, text, colour, _side(x, start, width), 13, "bold"),
    ]


def figure_chart(figure: FigureLine) -> Markup:
    """A figure among those of the others."""
    if figure.value is None or len(figure.peers) < 2:
        return Markup()
    values = [figure.value, *figure.peers]
    low, high = min(Fraction(0), min(values)), max(max(values), Fraction(0))
    if low == high:
        return Markup()
    high = low + (high - low) * ROOM
    start, width, middle = 10, WIDTH - 20, 34
    drawn = [_box(start, middle - 11, width, 22, FIELD, ' rx="2"')]
    drawn += [_dot(_at(peer, low, high, start, width), middle) for peer in figure.peers]
    drawn += _own(_at(figure.value, low, high, start, width), middle, figure.text, None, start, width)
    place = figure.place.words if figure.place is not None else ""
    return _svg(WIDTH, 50, f"{figure.name}: {figure.text}, {place}", drawn)


# --- amounts beside each other ----------------------------------------------------------------------------------------


def difference_chart(difference: Difference, currency: str) -> Markup:
    """Two amounts, one below the other, and the gap between them."""
    amounts = (difference.first_amount, difference.second_amount)
    high = max(amounts) * Fraction(101, 100)
    if high <= 0:
        return Markup()
    start, width = 130, WIDTH - 130 - 120
    drawn = list[str]()
    for i, (name, amount) in enumerate(((difference.first, amounts[0]), (difference.second, amounts[1]))):
        y = 4 + 34 * i
        end = _at(amount, Fraction(0), high, start, width)
        drawn.append(_text(start - 8, y + 18, cut(name, 20), INK, "end"))
        drawn.append(_box(start, y, _px(end - start), 26, BLUE if i else "#9fb3c6"))
        drawn.append(_text(_px(end + 6), y + 18, money(amount, currency), INK, "start", 12, "bold"))
    gap = amounts[0] - amounts[1]
    x1, x2 = sorted(_at(amount, Fraction(0), high, start, width) for amount in amounts)
    said = f"{money(abs(gap), currency)} {'below' if gap >= 0 else 'above'} {difference.first}"
    colour = BLUE if gap >= 0 else ORANGE
    bracket = f'<path d="M{_px(x1)} 70 v6 H{_px(x2)} v-6" fill="none" stroke="{colour}" stroke-width="2"/>'
    anchor = "end" if x1 > start + width // 2 else "start"
    drawn += [bracket, _text(_px(x2 if anchor == "end" else x1), 92, said, colour, anchor, 13, "bold")]
    return _svg(
        WIDTH,
        98,
        f"{difference.first} {money(amounts[0], currency)}, {difference.second} {money(amounts[1], currency)}: {said}",
        drawn,
    )


def bars_chart(bars: Sequence[Bar], currency: str, title: str) -> Markup:
    """Amounts below each other, each with its name and figure."""
    high = max((bar.amount for bar in bars), default=Fraction(0))
    if high <= 0 or len(bars) < 2:
        return Markup()
    start, width, drawn = 250, WIDTH - 250 - 100, list[str]()
    for i, bar in enumerate(bars):
        y = 22 * i
        end = _at(max(bar.amount, Fraction(0)), Fraction(0), high, start, width)
        drawn.append(_text(start - 8, y + 13, cut(bar.title, 40), INK, "end"))
        drawn.append(_box(start, y + 1, _px(max(end - start, Fraction(1))), 16, BLUE))
        drawn.append(_text(_px(end + 6), y + 13, money(bar.amount, currency), INK))
    told = "; ".join(f"{bar.title} {money(bar.amount, currency)}" for bar in bars)
    return _svg(WIDTH, 22 * len(bars), f"{title}: {told}", drawn)


def stacked_chart(rows: Sequence[tuple[str, Sequence[Fraction]]], parts: Sequence[str], currency: str, title: str) -> Markup:
    """For each name one bar of several parts, longest scale for all; the parts are named in a line above.

    What is taken off has no bar: the sum beside the bars is what is left.
    """
    sums = [sum((amount for amount in amounts if amount > 0), Fraction(0)) for _, amounts in rows]
    told = [_net(amounts, currency) for _, amounts in rows]
    high = max(sums, default=Fraction(0))
    if high <= 0 or len(rows) < 2:
        return Markup()
    drawn, x, y = list[str](), 0, 0
    for i, part in enumerate(parts):
        room = 30 + 7 * len(cut(part, 40))
        if x + room > WIDTH:
            x, y = 0, y + 20
        drawn += [_box(x, y + 2, 12, 12, part_colour(i)), _text(x + 17, y + 12, cut(part, 40), SOFT)]
        x += room
    y += 28
    start, width = 170, WIDTH - 170 - 100
    for (name, amounts), (total, _) in zip(rows, told, strict=True):
        place = Fraction(start)
        drawn.append(_text(start - 8, y + 12, cut(name, 27), INK, "end"))
        for i, amount in enumerate(amounts):
            if amount > 0:
                length = amount / high * width
                drawn.append(_box(_px(place), y, _px(length), 15, part_colour(i)))
                place += length
        drawn.append(_text(_px(place + 6), y + 12, total, INK, "start", 11))
        y += 20
    spoken = (f"{name} {total}{off}" for (name, _), (total, off) in zip(rows, told, strict=True))
    return _svg(WIDTH, y, f"{title}: {'; '.join(spoken)}", drawn)


def _net(amounts: Sequence[Fraction], currency: str) -> tuple[str, str]:
    """What is left of some amounts when what is taken off is taken off, and how much that is."""
    off = -sum((amount for amount in amounts if amount < 0), Fraction(0))
    left = money(sum(amounts, Fraction(0)), currency)
    return (f"{left} net", f" of {money(off, currency)} taken off") if off else (left, "")
