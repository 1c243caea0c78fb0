"""Declarations of data at random: records, tables, parameters, bands, codes, payees and sources, as they are written."""

from __future__ import annotations

from tests.engines.agreement.choices import Choices
from tests.engines.agreement.vocabulary import CHOICES, DATES, FIELDS, RECORDS, TEXTS, Bands, Name, Parameter, RecordModel, World

KEYS = (("id",), ("id",), ("id",), ("id", "line"), ("day",), ("line",), ())
KEY_KINDS = {"id": "text", "line": "count", "day": "date"}
AMOUNTS = ("£0", "£5", "£100", "£12.34", "£20,000", "7p", "£0.01")
PERCENTS = ("0%", "50%", "7%", "12.5%", "100%")
NUMBERS = ("0", "1", "3", "10", "0.5", "7.25")


def declare_data(choices: Choices, world: World) -> list[str]:
    """Declare what the rules will read."""
    made = [_payee(world), _source(world)]
    made += [_record(label, choices, world) for label in RECORDS[: choices.weighted(((3, 1), (5, 2), (3, 3), (1, 5)))]]
    made += [_table(choices, world) for _ in range(choices.weighted(((4, 0), (4, 1), (2, 2))))]
    made += [_parameter(choices, world) for _ in range(choices.between(0, 3))]
    made += [_bands(choices, world) for _ in range(choices.weighted(((4, 0), (4, 1), (1, 2))))]
    made += [_codes(choices, world)] if choices.chance(35) else []
    made += [_derived(choices, world)] if choices.chance(35) else []
    return [text for text in made if text]


def _payee(world: World) -> str:
    world.payees.append("fund")
    return 'payee fund "The fund"'


def _source(world: World) -> str:
    world.sources.append("agreement")
    return 'source agreement "The agreement" "https://example.org/agreement"'


def kind_words(name: Name) -> str:
    """A field's type as it is written."""
    if name.kind == "one of":
        return "one of " + ", ".join(word if word.isidentifier() else f'"{word}"' for word in name.choices)
    return name.record if name.kind == "row" else name.kind


def _field_line(name: Name, key: tuple[str, ...]) -> str:
    return f"  {'key ' if name.label in key else ''}{name.label}: {kind_words(name)}{' optional' if name.optional else ''}"


def _fields(choices: Choices, least: int, most: int, but: tuple[str, ...] = ()) -> list[Name]:
    labels = choices.some([label for label in FIELDS if label not in but], least, most)
    return [Name(label, FIELDS[label], choices=CHOICES.get(label, ()), optional=choices.chance(25)) for label in labels]


def _record(label: str, choices: Choices, world: World) -> str:
    key = choices.pick(KEYS)
    fields = [Name(part, KEY_KINDS[part]) for part in key]
    if choices.chance(75):
        fields.append(Name("billed", "money", optional=choices.chance(10)))
    if choices.chance(60):
        fields.append(Name("admitted", "date"))
    fields += _fields(choices, 2, 7, tuple(f.label for f in fields))
    for other in world.records:
        if not other.table and len(other.key) == 1 and choices.chance(55):
            name = other.label if choices.chance(60) else f"their_{other.label}"
            fields.append(Name(name, "row", record=other.label, optional=choices.chance(20)))
            if choices.chance(10):
                fields.append(Name(f"old_{other.label}", "row", record=other.label, optional=choices.chance(50)))
    model = RecordModel(label, key, fields)
    world.records.append(model)
    return "\n".join([f'record {label} "A {label}"', *(_field_line(name, key) for name in fields)])


# --- tables -------------------------------------------------------------------------------------------------------------


def _table(choices: Choices, world: World) -> str:
    label, dated = world.new("tariff"), choices.chance(45)
    key = choices.weighted(((5, ("hrg",)), (2, ("provider",)), (2, ("setting",)), (2, ("hrg", "setting")), (1, ("visits",))))
    fields = [Name(part, FIELDS[part], choices=CHOICES.get(part, ())) for part in key]
    held = [f for f in _fields(choices, 1, 3, key) if f.kind in ("money", "number", "percent", "text", "date", "yes/no")]
    held = held or [Name("price", "money", optional=choices.chance(30))]
    known = dated and choices.chance(50)
    model = RecordModel(label, key, [*fields, *held], table=True, dated=dated)
    world.records.append(model)
    period = '  valid: period from "from" to "until"' + (' known from "published"' if known else "")
    period += " optional" if choices.chance(10) else ""
    lines = [f"table {label}", *(_field_line(name, key) for name in fields), *([period] if dated else [])]
    lines += [_field_line(name, ()) for name in held]
    if choices.chance(45):
        lines += ["  rows", *_rows(choices, fields, held, dated, known)]
    return "\n".join(lines)


def _rows(choices: Choices, key: list[Name], held: list[Name], dated: bool, known: bool) -> list[str]:
    """Rows that stand in the text; those of a dated table with one key follow each other, and may be corrected."""
    lines, seen = list[str](), set[str]()
    for _ in range(choices.between(1, 5)):
        words = ", ".join(_cell(choices, name, key=True) for name in key)
        if words in seen:
            continue
        seen.add(words)
        periods = choices.pick(PERIODS) if dated else ("",)
        for since in choices.pick(SINCE) if known else ("",):
            cells = [_cell(choices, name) for name in held]
            lines += [f"    {words}: {', '.join([*([period + since] if period else []), *cells])}" for period in periods]
    return lines


SINCE = (("",), (" known from 2012-01-01",), ("", " known from 2012-06-30"), (" known from 2012-01-01", " known from 2013-01-01"))


PERIODS = (
    ("2012-04-01 to 2013-03-31",),
    ("2011-04-01 to 2012-03-31", "2012-04-01 to 2013-03-31"),
    ("2011-01-01 to 2012-02-29", "2012-03-01 to 2012-12-31", "2013-01-01 to 2020-12-31"),
)


def _cell(choices: Choices, name: Name, key: bool = False) -> str:
    if name.optional and choices.chance(35):
        return "none"
    match name.kind:
        case "money":
            return choices.pick(("-£3", *AMOUNTS))
        case "number" | "points" | "count":
            return choices.pick(("1", "2", "3", "10") if key or name.kind == "count" else NUMBERS)
        case "percent":
            return choices.pick(PERCENTS)
        case "date":
            return choices.pick(DATES)
        case "yes/no":
            return choices.pick(("yes", "no"))
        case "one of":
            return f'"{choices.pick(name.choices)}"'
    return f'"{choices.pick(TEXTS)}"'


# --- parameters, bands, codes -----------------------------------------------------------------------------------------------


VALUES = {
    "money": AMOUNTS, "percent": PERCENTS, "number": NUMBERS, "days": ("3 days", "30 days", "0 days"),
    "working days": ("10 working days", "1 working day"), "date": DATES, "months": ("2 months",),
    "text": tuple(f'"{text}"' for text in TEXTS),
}  # fmt: skip


def _parameter(choices: Choices, world: World) -> str:
    kind = choices.weighted(
        ((5, "money"), (4, "percent"), (3, "number"), (2, "days"), (1, "date"), (1, "text"), (1, "working days"), (1, "months"))
    )
    label, dated = world.new("rate_of"), choices.chance(50)
    days = sorted(choices.some(("2010-04-01", "2012-04-01", "2012-03-01", "2013-01-01"), 1, 3)) if dated else []
    world.parameters.append(Parameter(label, kind, dated, "2010-04-01" in days))
    head = f"parameter {label}: {kind}"
    if not dated:
        return f'{head} {choices.pick(VALUES[kind])} illustrative "no figure is given"'
    lines = [head]
    for day in days:
        known = [f" known from {when}" for when in choices.some(("2011-12-31", "2012-06-30"), 0, 2)] or [""]
        lines += [f"  {choices.pick(VALUES[kind])} from {day}{when} cites agreement" for when in known]
    return "\n".join(lines)


EDGES = {"money": ("£0", "£10", "£100", "£1,000"), "number": ("0", "1", "5", "10"), "percent": ("0%", "2%", "50%", "70%")}


def _bands(choices: Choices, world: World) -> str:
    label, by, kind = world.new("steps"), choices.pick(("money", "number", "percent")), choices.pick(("money", "number", "percent"))
    world.bands.append(Bands(label, by, kind))
    low, middle, high, last = EDGES[by]
    bands: tuple[str, ...] = choices.pick(
        (
            (f"below {low}", f"{low} to below {middle}", f"{middle} and above"),
            (f"up to {low}", f"above {low} to {high}", f"above {high}"),
            (f"{low} to {middle}", f"above {middle} to {last}"),
            (low, middle, last),
            (low, high, f"{last} and above"),
        )
    )
    straight = bands[0] == low
    lines = [f"bands {label} by measure{' straight' if straight else ''} cites agreement"]
    return "\n".join(
        [*lines, *(f"  {band}: {choices.pick(('-2' if kind == 'number' else VALUES[kind][0], *VALUES[kind]))}" for band in bands)]
    )


def _codes(choices: Choices, world: World) -> str:
    label = world.new("emergency")
    world.codes.append(label)
    return f"codes {label} are " + ", ".join(f'"{code}"' for code in choices.some(TEXTS, 1, 4))


def _derived(choices: Choices, world: World) -> str:
    """A record of the combinations that occur in another."""
    sources = [r for r in world.records if not r.table]
    source = choices.pick(sources)
    fields = [n for n in source.fields if n.kind in ("text", "one of", "date", "count", "row") and n.label not in source.key]
    parts = choices.some([n for n in fields if not n.optional] or [n for n in source.fields if not n.optional][:1], 1, 2)
    parts = [n for n in parts if n.kind in ("text", "one of", "date", "count", "row", "number")]
    if not parts:
        return ""
    label = world.new("contract")
    key = tuple(name.label for name in parts)
    world.records.append(RecordModel(label, key, parts, derived=True))
    world.waiting.add(label)
    return f"record {label} for each {', '.join(key)} of {source.label}"
