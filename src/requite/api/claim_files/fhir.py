"""FHIR R4: a Claim or an ExplanationOfBenefit is a spell. What is no valid resource is set aside, with the path of the field.

The models are those of R4B, which left these two resources of R4 as they were.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from requite.api.claim_files.documents import MOST_DIGITS, Beyond, Found, resources_of
from requite.api.claim_files.plans import SPELL, Plan, Said, Written, spell, spell_faults, target
from requite.api.claim_files.reading import BEFORE, LINES, REJECT_COLUMNS
from requite.dsl.program import Field
from requite.dsl.types import TEXT, Kind
from requite.engine.data import Progress
from requite.engine.reading.files import InputFile
from requite.engine.reading.problems import problem

MODELS: Final = {"Claim": "claim", "ExplanationOfBenefit": "explanationofbenefit"}
HRG_SYSTEM: Final = "urn:x-requite:hrg"
"""The system of the code that says which item is the spell's core HRG."""

COLUMN_SYSTEM: Final = "urn:x-requite:spell"
"""The system of the codes that name a column of a spell: its heading in small letters, with hyphens."""

CURRENCY: Final = "GBP"
TOGETHER: Final = 5_000

PATHS: Final = {
    "Generated Record ID": "identifier.value",
    "NHS Number": "patient",
    "Commissioner Code": "insurer",
    "Provider Code": "provider",
    "PbR Spell Start Date": "billablePeriod.start",
    "PbR Spell End Date": "billablePeriod.end",
    "Spell Core HRG": "item.productOrService",
    "Tariff Initial Amount": "item.unitPrice",
    "Market Forces Factor": "item.factor",
    "Total Payment": "total",
}
"""Where the columns of a spell have a place of their own; all others are supporting information, or a detail of the item."""

DETAILS: Final = ("Long Stay Payment", "Service Adjustment", "Best Practice Payment", "Pre-MFF Tariff")
CODES: Final = {"Diagnosis Codes": "diagnosis", "Procedure Codes": "procedure"}
"""Columns beside those of a spell, each the codes of a list."""

STATUSES: Final = frozenset({"cancelled", "draft", "entered-in-error"})
USES: Final = frozenset({"preauthorization", "predetermination"})
CURRENCY_CODE: Final = re.compile(r"[A-Z]{3}")
"""What a message may repeat of a resource: what may stand in any other field tells who a patient is, if it is there by mistake."""

DAY: Final = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}|[0-9]{4}-[0-9]{2}-[0-9]{2}T.*", re.DOTALL)
FIELD_NAME: Final = re.compile(r"_?[a-z][A-Za-z]*(\[x\])?")

MISSING: Final = "is missing"
REASONS: Final = {
    "missing": MISSING,
    "model_field_validation.missing": MISSING,
}
"""What is said of the faults that models find, by their kind."""

UNKNOWN: Final = "extra_forbidden"
UNKNOWN_SAID: Final = "has a field that FHIR does not have there"

BEYOND_SAID: Final = f"is a number of more than {MOST_DIGITS} digits"
MOST_FAULTS: Final = 5
LONGEST_SHOWN: Final = 200
LONGEST_KIND: Final = 40


class _Unfit(Exception):  # noqa: N818 - it is an answer
    """A resource that is no bill for a spell: the path of the field, and why."""

    def __init__(self, path: str, reason: str, value: object = "") -> None:
        super().__init__(path)
        self.reject = (path, str(value), reason)


def slug(column: str) -> str:
    """The code of a column: adjusted-length-of-stay."""
    return re.sub(r"[^a-z0-9]+", "-", column.lower()).strip("-")


def path_of(column: str) -> str:
    """Where in a resource a column of a spell stands, as the rejects name it."""
    if column in PATHS:
        return PATHS[column]
    return f"item.detail[{slug(column)}]" if column in DETAILS else f"supportingInfo[{slug(column)}]"


def plan(connection: duckdb.DuckDBPyConnection, file: InputFile, folder: Path, progress: Progress | None) -> tuple[Plan, int]:
    """How the claims of a FHIR file are read, which then lie in the folder as a table; and how many were set aside before."""
    own = spell()
    fields = tuple(replace(f, name=path_of(f.column), column=path_of(f.column)) for f in own.fields)
    extra = tuple(_extra(fields[0], path) for path in CODES.values())
    record = replace(own, fields=(*fields, *extra), key=tuple(f.name for f in fields if f.key))
    staged = folder / "claims.parquet"
    refused, others = _stage(connection, file, staged, progress)
    written = [Written(f.column, f.type.kind, path_of(f.column)) for f in own.fields]
    written += [Written(heading, Kind.TEXT, path) for heading, path in CODES.items()]
    notes = [f"passed over: {number:,} {kind}" for kind, number in sorted(others.items())]
    taken = {f.column: path_of(f.column) for f in own.fields} | CODES
    made = Plan(
        replace(target(), records={SPELL: record}),
        record,
        InputFile(staged, file.name),
        spell_faults({f.column: path_of(f.column) for f in own.fields}),
        written,
        Said(taken, notes=notes),
        frozenset({path_of("NHS Number")}),
    )
    return made, refused


def _extra(like: Field, path: str) -> Field:
    return replace(like, name=path, column=path, type=TEXT, key=False, optional=True, format="", unit="")


# --- out of the file --------------------------------------------------------------------------------------------------


def _stage(
    connection: duckdb.DuckDBPyConnection, file: InputFile, staged: Path, progress: Progress | None
) -> tuple[int, Counter[str]]:
    """Write the claims of a file as a table of texts; how many were set aside, and what else was there."""
    paths = [*(path_of(f.column) for f in spell().fields), *CODES.values()]
    schema = pa.schema([(path, pa.string()) for path in paths])
    refused, others = 0, Counter[str]()
    connection.execute(f"CREATE TEMP TABLE {LINES} (_line BIGINT, stood BIGINT)")
    connection.execute(f"CREATE TEMP TABLE {BEFORE} {REJECT_COLUMNS}")
    with pq.ParquetWriter(staged, schema) as writer:
        done = 0
        for found in _together(resources_of(file.path, file.name)):
            rows: list[Mapping[str, str | None]] = []
            lines: list[int] = []
            rejects: list[tuple[int, str, str, str]] = []
            for one in found:
                kind = str(one.resource.get("resourceType", ""))
                if not one.wrong and kind and kind not in MODELS:
                    others[kind if _is_kind(kind) else "other"] += 1
                    continue
                try:
                    rows.append(_row(one))
                    lines.append(one.at)
                except _Unfit as unfit:
                    rejects.append((one.at, *unfit.reject))
            writer.write_batch(pa.RecordBatch.from_pylist(rows, schema))
            _keep(connection, LINES, {"_line": range(done + 1, done + len(lines) + 1), "stood": lines})
            _keep(connection, BEFORE, dict(zip(("line", "field", "value", "reason"), zip(*rejects, strict=True), strict=False)))
            done, refused = done + len(rows), refused + len(rejects)
            if progress:
                progress("reading resources", done + refused, 0)
    if not done and not refused:
        help = "Give a Claim or an ExplanationOfBenefit, by itself, in a Bundle, or one a line."
        raise problem("empty-file", f"{file.name} holds no Claim and no ExplanationOfBenefit", SPELL, file.name, help)
    return refused, others


def _keep(connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, Sequence[Any]]) -> None:
    if columns and len(next(iter(columns.values()))):
        connection.register("requite_added", pa.table({name: pa.array(list(values)) for name, values in columns.items()}))
        connection.execute(f"INSERT INTO {table} SELECT * FROM requite_added")
        connection.unregister("requite_added")


def _together(found: Iterator[Found]) -> Iterator[list[Found]]:
    some: list[Found] = []
    for one in found:
        some.append(one)
        if len(some) == TOGETHER:
            yield some
            some = []
    yield some


def _row(found: Found) -> dict[str, str | None]:
    """What a resource says in the columns of a spell; _Unfit where it is not valid, or not a bill for one."""
    if found.wrong:
        raise _Unfit("", found.wrong)
    resource = found.resource
    kind = resource.get("resourceType")
    if kind not in MODELS:
        raise _Unfit("resourceType", "is missing")
    _validate(kind, resource)
    if resource.get("status") != "active":
        raise _Unfit("status", "is not active: it bills for nothing", _one_of(STATUSES, resource.get("status")))
    if resource.get("use") != "claim":
        raise _Unfit("use", "is not claim: it bills for nothing", _one_of(USES, resource.get("use")))
    row = {path_of(f.column): _supporting(resource, f.column) for f in spell().fields}
    row |= {path_of(column): _detail(resource, column) for column in DETAILS}
    item = _hrg_item(resource)
    period = resource.get("billablePeriod", {})
    own = {
        "Generated Record ID": _first_identifier(resource),
        "NHS Number": _reference(resource["patient"]),
        "Commissioner Code": _reference(resource.get("insurer", {})),
        "Provider Code": _reference(resource["provider"]),
        "PbR Spell Start Date": _day(period.get("start"), "billablePeriod.start"),
        "PbR Spell End Date": _day(period.get("end"), "billablePeriod.end"),
        "Spell Core HRG": _code(item.get("productOrService", {}), HRG_SYSTEM),
        "Tariff Initial Amount": _money(item.get("unitPrice"), "item.unitPrice"),
        "Market Forces Factor": _text(item.get("factor")),
        "Total Payment": _total(resource),
    }
    row |= {path_of(column): value for column, value in own.items()}
    return row | {path: _codes(resource, path) for path in CODES.values()}


def _validate(kind: str, resource: Mapping[str, Any]) -> None:
    model, invalid = model_of(kind)
    try:
        model.model_validate(resource)
    except invalid as error:
        faults = [_fault(one) for one in error.errors(include_url=False, include_context=False)]  # type: ignore[attr-defined]
        path, reason = faults[0]
        more = len(faults) - MOST_FAULTS
        also = [f"{other} {why}".strip() for other, why in faults[1:MOST_FAULTS]] + ([f"{more} more"] if more > 0 else [])
        raise _Unfit(path, "; also ".join([reason, *also])) from None
    except RecursionError:
        raise _Unfit("", "is nested too deep") from None
    except (LookupError, TypeError):
        # The models look for one of the kind that a contained resource says it is.
        raise _Unfit("contained", "is no resource that FHIR has") from None


def _fault(fault: Mapping[str, Any]) -> tuple[str, str]:
    """The path of a field that is not valid, and why. Neither its value nor the name of an unknown field is repeated."""
    unknown = fault["type"] == UNKNOWN
    path = ""
    for one in fault["loc"][:-1] if unknown else fault["loc"]:
        if not isinstance(one, int) and not FIELD_NAME.fullmatch(str(one)):
            break
        path += f"[{one}]" if isinstance(one, int) else f".{one}"
    reason = UNKNOWN_SAID if unknown else REASONS.get(fault["type"], "is not what FHIR asks for there")
    if isinstance(fault.get("input"), Beyond) and not unknown:
        reason = BEYOND_SAID
    return path.removeprefix(".")[:LONGEST_SHOWN], reason


def _one_of(codes: frozenset[str], given: object) -> str:
    """What is given, where it is a code that tells nothing of anybody."""
    return given if isinstance(given, str) and given in codes else ""


@cache
def _is_kind(name: str) -> bool:
    """Whether FHIR has resources of this kind."""
    return name.isascii() and name.isalpha() and len(name) < LONGEST_KIND and bool(find_spec(f"fhir.resources.R4B.{name.lower()}"))


def model_of(kind: str) -> tuple[Any, type[Exception]]:
    """The model of a kind of resource, and what it raises; DataError where there are no models."""
    try:
        module = import_module(f"fhir.resources.R4B.{kind.lower()}")
        return getattr(module, kind), import_module("pydantic").ValidationError
    except ImportError as error:
        help = "Install it with `pip install requite[fhir]`."
        raise problem("cannot-run", "FHIR needs fhir.resources, which is not installed", help=help) from error


# --- out of a resource ------------------------------------------------------------------------------------------------


def _first_identifier(resource: Mapping[str, Any]) -> str | None:
    values = (one.get("value") for one in resource.get("identifier", ()))
    return next((value for value in values if value), resource.get("id"))


def _reference(reference: Mapping[str, Any]) -> str | None:
    """Whom a reference means: the identifier that it gives, or else the last part of its address."""
    value = reference.get("identifier", {}).get("value") or reference.get("reference", "")
    return re.split(r"[/:#]", value)[-1] or None


def _code(concept: Mapping[str, Any], *systems: str | None) -> str | None:
    codes = (one.get("code") for one in concept.get("coding", ()) if not systems or one.get("system") in systems)
    return next(codes, None)


def _supporting(resource: Mapping[str, Any], column: str) -> str | None:
    """The supporting information that names a column; _Unfit where two do and differ."""
    named = [one for one in resource.get("supportingInfo", ()) if _code(one["category"], COLUMN_SYSTEM, None) == slug(column)]
    values = {_info(one) for one in named}
    if len(values) > 1:
        raise _Unfit(path_of(column), f"is given {len(named)} times, with different values")
    return next(iter(values), None)


def _info(one: Mapping[str, Any]) -> str | None:
    if "valueQuantity" in one:
        return _text(one["valueQuantity"].get("value"))
    if "valueReference" in one:
        return _reference(one["valueReference"])
    for name in ("valueString", "valueBoolean"):
        if name in one:
            return _text(one[name])
    return _code(one.get("code", {}))


def _hrg_item(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    items = [one for one in resource.get("item", ()) if _code(one.get("productOrService", {}), HRG_SYSTEM)]
    if len(items) > 1:
        raise _Unfit("item.productOrService", f"names {len(items)} HRGs, and a spell has one")
    return items[0] if items else {}


def _detail(resource: Mapping[str, Any], column: str) -> str | None:
    details = _hrg_item(resource).get("detail", ())
    named = [one for one in details if _code(one.get("productOrService", {}), COLUMN_SYSTEM) == slug(column)]
    if len(named) > 1:
        raise _Unfit(path_of(column), f"is given {len(named)} times")
    return _money(named[0].get("net"), path_of(column)) if named else None


def _total(resource: Mapping[str, Any]) -> str | None:
    """What is billed: the total of a Claim, or of an ExplanationOfBenefit that part of it which was submitted."""
    total = resource.get("total")
    if not isinstance(total, list):
        return _money(total, "total")
    submitted = [one for one in total if _code(one["category"]) == "submitted"]
    if len(submitted) > 1:
        raise _Unfit("total", f"says {len(submitted)} times what was submitted")
    return _money(submitted[0].get("amount"), "total") if submitted else None


def _money(money: Mapping[str, Any] | None, path: str) -> str | None:
    if money is None:
        return None
    if money.get("currency", CURRENCY) != CURRENCY:
        given = str(money["currency"])
        raise _Unfit(f"{path}.currency", f"is not {CURRENCY}", given if CURRENCY_CODE.fullmatch(given) else "")
    return _text(money.get("value"))


def _codes(resource: Mapping[str, Any], name: str) -> str | None:
    listed = sorted(resource.get(name, ()), key=lambda one: int(one.get("sequence", 0)))
    return ";".join(filter(None, (_code(one.get(f"{name}CodeableConcept", {})) for one in listed))) or None


def _day(moment: str | None, path: str) -> str | None:
    """The day of a moment as it was where it was written down."""
    if moment and not DAY.fullmatch(str(moment)):
        raise _Unfit(path, "is not a date such as 2017-04-01")
    return moment[:10] if moment else None


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
