"""Explanations as JSON, as text to read, and as Markdown; every engine's explanation goes through here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from requite.engine.decision import ClauseStep, Decision, Explanation, Place, Read

Json = dict[str, Any]

# --- JSON -----------------------------------------------------------------------------------------------------------------


def to_json(explanation: Explanation) -> Json:
    """An explanation as plain data, in the shape of `explanation.schema.json`, which changes only with its version."""
    return {
        "version": explanation.version,
        "ruleset": explanation.ruleset,
        "record": explanation.record,
        "key": list(explanation.key),
        "from_row": explanation.from_row,
        "decisions": [_decision(decision) for decision in explanation.decisions],
        "figures": dict(explanation.figures),
    }


def _decision(decision: Decision) -> Json:
    return {
        "rule": decision.rule,
        "title": decision.title,
        "kind": decision.kind,
        "status": decision.status,
        "amount": decision.amount,
        "reason": decision.reason,
        "place": _place(decision.place),
        "cites": list(decision.cites),
        "clauses": [_clause(clause) for clause in decision.clauses],
    }


def _clause(clause: ClauseStep) -> Json:
    return {
        "kind": clause.kind,
        "text": clause.text,
        "place": _place(clause.place),
        "value": clause.value,
        "effect": clause.effect,
        "note": clause.note,
        "cites": list(clause.cites),
        "reads": [_read(read) for read in clause.reads],
    }


def _read(read: Read) -> Json:
    return {
        "name": read.name,
        "value": read.value,
        "origin": read.origin,
        "place": _place(read.place) if read.place is not None else None,
        "from_row": read.from_row,
        "cites": list(read.cites),
        "note": read.note,
        "missing": read.missing,
        "reads": [_read(inner) for inner in read.reads],
    }


def _place(place: Place) -> Json:
    return {"file": place.file, "line": place.line, "column": place.column}


# --- text -----------------------------------------------------------------------------------------------------------------


def to_text(explanation: Explanation) -> str:
    """An explanation to read: each decision, its clauses, and below each clause what it read, indented."""
    lines = [_heading(explanation)]
    for decision in explanation.decisions:
        lines += ["", *_decision_lines(decision)]
    return "\n".join(lines) + "\n"


def _heading(explanation: Explanation) -> str:
    key = ", ".join(explanation.key)
    where = f" ({explanation.from_row})" if explanation.from_row else ""
    return f"{explanation.record} {key}{where}, by {explanation.ruleset}"


def _decision_lines(decision: Decision) -> Iterator[str]:
    yield f"{decision.kind} {decision.rule}: {_outcome(decision)}  [{_at(decision.place)}]"
    if decision.title and decision.title != decision.rule:
        yield f"  {decision.title}"
    if decision.reason:
        yield f"  because: {decision.reason}"
    yield from (f"  source: {cite}" for cite in decision.cites)
    for clause in decision.clauses:
        yield f"  - {_clause_line(clause)}"
        yield from _read_lines(clause.reads, "      ")


def _outcome(decision: Decision) -> str:
    return f"{decision.status}, {decision.amount}" if decision.amount else decision.status


def _clause_line(clause: ClauseStep) -> str:
    value = f" = {clause.value}" if clause.value else ""
    note = f" ({clause.note})" if clause.note else ""
    return f"{clause.text}{value}: {clause.effect}{note}  [{_at(clause.place)}]"


def _read_lines(reads: Sequence[Read], indent: str) -> Iterator[str]:
    for read in reads:
        yield indent + _read_line(read)
        yield from _read_lines(read.reads, indent + "  ")


def _read_line(read: Read) -> str:
    told = [read.missing, read.note, "" if read.from_row in read.missing else read.from_row, *read.cites]
    if not read.from_row and read.place is not None:
        told.append(_at(read.place))
    more = "; ".join(part for part in told if part)
    value = f" = {read.value}" if read.value else ""
    return f"{read.name}{value}" + (f"  ({more})" if more else "")


def _at(place: Place) -> str:
    return f"{place.file}:{place.line}"


# --- Markdown ---------------------------------------------------------------------------------------------------------------

SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&$:@=^\"'/])")


def to_markdown(explanation: Explanation) -> str:
    """An explanation as Markdown, a heading for each decision and a list of its clauses; all text in it is escaped."""
    lines = [f"# {escaped(_heading(explanation))}"]
    for decision in explanation.decisions:
        lines += ["", f"## {escaped(decision.title or decision.rule)}", "", *_decision_markdown(decision)]
    return "\n".join(lines) + "\n"


def _decision_markdown(decision: Decision) -> Iterator[str]:
    yield f"**{escaped(decision.kind)} {escaped(decision.rule)}: {escaped(_outcome(decision))}** {escaped(_at(decision.place))}"
    yield ""
    if decision.reason:
        yield from (f"Because: {escaped(decision.reason)}", "")
    if decision.cites:
        yield from ("Source: " + escaped("; ".join(decision.cites)), "")
    for clause in decision.clauses:
        yield f"- {escaped(_clause_line(clause))}"
        yield from _read_markdown(clause.reads, "  ")


def _read_markdown(reads: Sequence[Read], indent: str) -> Iterator[str]:
    for read in reads:
        yield f"{indent}- {escaped(_read_line(read))}"
        yield from _read_markdown(read.reads, indent + "  ")


def escaped(text: str) -> str:
    """Text that Markdown shows as it is: on one line, without markup, links or HTML."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))
