"""`requite explain`: why a record got what it got, clause by clause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from requite.api.answers import Refusal, refused
from requite.api.arguments import check_memory
from requite.api.console import Screen, listed
from requite.dsl.program import WHOLE, Program
from requite.engine.decision import Explanation
from requite.engine.explain import explain_row
from requite.engine.interpret import Interpreter
from requite.engine.overview import reject_words
from requite.engine.render import to_json, to_markdown, to_text
from requite.engine.sampling import check_records
from requite.engine.seeking import Opened
from requite.engine.settings import INTERPRET, settings_of
from requite.engine.verify import Reloaded, opened_again, reload
from requite.engine.wording import joined, key_text

NEAR: Final = 3
MOST_COMPARED: Final = 20_000
"""Keys that are looked through for a near one: comparing takes time."""


@dataclass(frozen=True, slots=True)
class Explained:
    """An explanation, to be printed as text or Markdown; its JSON is the explanation's own, without anything around it."""

    explanation: Explanation
    markdown: bool
    ok: bool = True

    def content(self) -> dict[str, Any]:
        return to_json(self.explanation)

    def show(self, screen: Screen) -> None:
        text = to_markdown(self.explanation) if self.markdown else to_text(self.explanation)
        screen.say(text.rstrip("\n"))
        if not self.explanation.decisions:
            screen.note(f"no rule of {self.explanation.ruleset} decides about {self.explanation.record}")


def explain(
    folder: str, key: str, record: str | None, markdown: bool, memory: str | None, threads: int | None, screen: Screen
) -> Explained:
    """Read a run's data again, and explain what became of one record; Refusal where no record, or more than one, has the key."""
    check_memory(memory)
    settings = settings_of(INTERPRET, memory, threads)
    with screen.progress() as progress:
        reloaded = reload(folder)
        with opened_again(reloaded, progress, settings) as data:
            return Explained(explain_key(reloaded, data, key, record), markdown)


def explain_key(reloaded: Reloaded, data: Opened, key: str, record: str | None) -> Explanation:
    """What became of one record of a run, given its data; Refusal as above."""
    interpreter = data.interpreter()
    wanted = key.strip() if key.strip() != WHOLE else ""
    found = [row for name in _records(reloaded.program, record) for row in interpreter.tables.named(name, [wanted])]
    if not found:
        raise _unknown(key, _records(reloaded.program, record), interpreter, data)
    deciding = [row for row in found if row.record in _decided(reloaded.program)] or found
    if len(deciding) > 1:
        raise _several(key, list(dict.fromkeys(row.record for row in deciding)))
    row = deciding[0]
    engine = reloaded.manifest.get("engine", {}).get("name", INTERPRET)
    if engine != INTERPRET:
        # An explanation of anything but what the folder holds would be a wrong one.
        check_records(interpreter, reloaded.folder, [(row.record, joined(key_text(row.key)))], engine)
    return explain_row(interpreter, row)


def _records(program: Program, record: str | None) -> Sequence[str]:
    """The records that may be meant: all, or the one that is named, its last part being enough."""
    names = [*program.records, WHOLE] if any(s.record == WHOLE for s in program.schemes.values()) else list(program.records)
    if record is None:
        return names
    found = [name for name in names if record in (name, name.rpartition(".")[2])]
    if not found:
        near = get_close_matches(record, names, n=1)
        help = f"Did you mean {near[0]}?" if near else f"There {'is' if len(names) == 1 else 'are'} {listed(names)}."
        raise refused("unknown-record", f"{program.name} has no record {record}", help)
    return found


def _decided(program: Program) -> frozenset[str]:
    """The records about which something is decided."""
    records = {scheme.record for scheme in program.schemes.values()} | {check.record for check in program.checks.values()}
    records |= {shown.record for shown in program.shown}
    return frozenset(records | {share.range.record for share in program.shares.values() if share.scheme})


def _several(key: str, records: Sequence[str]) -> Refusal:
    if len(records) == 1:
        return refused("several-rows", f"{records[0]} has several rows with the key {key}, and no rule decides about them")
    help = f"Say which: {' or '.join(f'--record {name}' for name in records)}."
    return refused("several-records", f"{listed(records)} each have the key {key}", help, records=list(records))


def _unknown(key: str, records: Sequence[str], interpreter: Interpreter, data: Opened) -> Refusal:
    """What to say of a key that no record has: that its rows were rejected, or which keys are near."""
    reject = data.reject(records, key)
    if reject is not None:
        where = f"{reject.file} line {reject.line}"
        return refused("rejected", f"{reject.record} {key} was rejected ({where}): {reject_words(reject.field, reject.reason)}")
    declared = (interpreter.program.records.get(name) for name in records)
    known = f", as known on {interpreter.known}" if any(one is not None and one.known_from for one in declared) else ""
    help = ""
    near = get_close_matches(key, list(dict.fromkeys(_near_keys(key, records, interpreter))), n=NEAR, cutoff=0.5)
    if near:
        help = f"The nearest: {', '.join(near)}."
    elif data.rejected:
        help = "Its row may have been rejected: rejects.parquet has those, line by line."
    return refused("unknown-key", f"no {listed(records, 'or')} has the key {key}{known}", help, near=near)


def _near_keys(key: str, records: Sequence[str], interpreter: Interpreter) -> Iterator[str]:
    """The keys worth comparing: all, or of many those that begin or end alike."""
    for record in records:
        every, alike = list[str](), list[str]()
        for text in interpreter.tables.key_texts(record):
            if len(every) <= MOST_COMPARED:
                every.append(text)
            if len(alike) < MOST_COMPARED and (text[:2] == key[:2] or text[-2:] == key[-2:]):
                alike.append(text)
        yield from every if len(every) <= MOST_COMPARED else alike
