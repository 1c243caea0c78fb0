"""A challenge schedule as FHIR R4: a Bundle with a ClaimResponse for each challenged claim."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from requite.api.claim_files.fhir import model_of
from requite.api.schedules.schedule import Row, Schedule

ADJUDICATION: Final = "http://terminology.hl7.org/CodeSystem/adjudication"
CLAIM_TYPE: Final = "http://terminology.hl7.org/CodeSystem/claim-type"
ABSENT: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
ORGANISATION: Final = "https://fhir.nhs.uk/Id/ods-organization-code"
OWN: Final = "urn:x-requite:adjudication"
"""The system of the codes that FHIR has none for: overcharge and penalty."""

CLAIMS: Final = "urn:x-requite:claim:"
"""What stands before the name of a record in the system of its keys."""

CHECKS: Final = "urn:x-requite:check"


def write_responses(schedule: Schedule, path: Path) -> int:
    """Write a schedule as a Bundle, claim by claim, each one validated; how many there are."""
    model, _ = model_of("ClaimResponse")
    bundle, _ = model_of("Bundle")
    head = {"resourceType": "Bundle", "type": "collection", "timestamp": f"{schedule.sent:%Y-%m-%d}T00:00:00Z"}
    bundle.model_validate(head)
    number = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(rendered(head)[:-1])
        for response in _responses(schedule):
            model.model_validate(response)
            file.write(("," if number else ', "entry": [') + "\n  " + rendered({"resource": response}))
            number += 1
        # FHIR has no empty lists.
        file.write("\n]}\n" if number else "}\n")
    return number


def _responses(schedule: Schedule) -> Iterator[dict[str, Any]]:
    for row in schedule.rows():
        yield _response(row, schedule)


def _response(row: Row, schedule: Schedule) -> dict[str, Any]:
    """What is said of one claim. Who the patient is stays out of it: the claim's own number says which claim is meant."""
    amounts = _amounts(row, schedule.currency)
    made: dict[str, Any] = {
        "resourceType": "ClaimResponse",
        "status": "active",
        "type": {"coding": [{"system": CLAIM_TYPE, "code": "institutional"}]},
        "use": "claim",
        "patient": _absent("masked"),
        "created": f"{schedule.sent:%Y-%m-%d}",
        "insurer": _absent("unknown"),
        "request": {"type": "Claim", "identifier": {"system": f"{CLAIMS}{row['record']}", "value": row["claim"]}},
        "outcome": "complete",
        "disposition": f"Challenged: {row['title']}",
        "adjudication": [_adjudication(code, amount, row) for code, amount in amounts],
        "total": [{"category": _category(code), "amount": amount} for code, amount in amounts],
        "processNote": [{"number": i, "type": "print", "text": text} for i, text in enumerate(_notes(row), 1)],
    }
    if row["provider"]:
        made["requestor"] = {"identifier": {"system": ORGANISATION, "value": row["provider"]}}
    return made


def _amounts(row: Row, currency: str) -> list[tuple[str, dict[str, Any]]]:
    """What was billed, what it should have been, by how much that is too much, and what is due on top."""
    named = (("submitted", "billed"), ("eligible", "expected"), ("overcharge", "overcharge"), ("penalty", "penalty"))
    return [(code, {"value": row[column], "currency": currency}) for code, column in named if row[column] is not None]


def _adjudication(code: str, amount: Mapping[str, Any], row: Row) -> dict[str, Any]:
    made: dict[str, Any] = {"category": _category(code), "amount": amount}
    if code == "eligible" or (code == "overcharge" and row["expected"] is None):
        check = {"system": CHECKS, "code": row["check"], "display": row["title"]}
        made["reason"] = {"coding": [check], **({"text": row["reason"]} if row["reason"].strip() else {})}
    return made


def _category(code: str) -> dict[str, Any]:
    system = OWN if code in ("overcharge", "penalty") else ADJUDICATION
    return {"coding": [{"system": system, "code": code}]}


def _notes(row: Row) -> Sequence[str]:
    notes = [row["reason"]] if row["reason"].strip() else []
    if row["answer_due"]:
        due: date = row["answer_due"]
        silence = f"; without one the challenge is {row['without_answer']}" if row["without_answer"] else ""
        notes.append(f"An answer is due by {due:%Y-%m-%d}{silence}.")
    if row["also_found_by"]:
        notes.append(f"Also found by: {row['also_found_by']}")
    return notes or [row["title"]]


def _absent(why: str) -> dict[str, Any]:
    return {"extension": [{"url": ABSENT, "valueCode": why}]}


def rendered(value: Any) -> str:
    """JSON in which amounts keep every decimal that they have: 12.10."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(name)}: {rendered(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(rendered, value)) + "]"
    return f"{value:f}" if isinstance(value, Decimal) else json.dumps(value)
