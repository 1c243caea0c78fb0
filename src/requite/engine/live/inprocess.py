"""durable-rules in this process: a case file in, the names of the rules that held out.

Its faults shape how it is used (see the architecture notes): conditions on single facts only; a rule that holds for every fact,
so that nothing goes unhandled; one state; the same few ids in every file; all facts of a file asserted at once, and each taken
back afterwards. Definitions are a JSON object: the ruleset by its name, in it for each rule its name and what durable-rules calls
its `all`. The fields `here`, `id` and `sid` of a fact, and the rule `here` that matches every fact, are put there by this module.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from threading import RLock
from typing import Final

import durable_rules_engine as durable  # type: ignore[import-not-found]

from requite.engine.live.identities import hashed
from requite.engine.reading.problems import DataError, problem

MOST_RULES: Final = 31
"""Rules of one ruleset, the one that matches every fact not counted."""

MOST_FIELDS: Final = 250
"""Fields of one fact: what durable-rules takes, its own aside."""

HERE: Final = "here"

TAKEN: Final = frozenset({"sid", "s", "$s"})
"""Names that durable-rules has for itself."""

KEPT: Final = 512
"""Rulesets that are kept made."""

STATE: Final = "1"

NAME: Final = re.compile(r"\w+")

NOT_HANDLED: Final = 1
SEEN_BEFORE: Final = 2
DEFERRED: Final = 3
"""What the library answers when a change was not plainly taken in."""

Files = Sequence[Sequence[Mapping[str, int]]]


class InProcess:
    """A matcher without a process of its own. Safe among threads: one file after another."""

    def __init__(self) -> None:
        self._made: dict[str, _Made] = {}
        self._lock = RLock()

    def fired(self, definitions: str, files: Files) -> Sequence[Sequence[str]]:
        """For each case file the rules that held, each once, in the order in which they fired."""
        with self._lock:
            made = self._made.get(definitions)
            if made is None:
                made = self._made[definitions] = _Made(definitions)
                if len(self._made) > KEPT:
                    del self._made[next(iter(self._made))]
            try:
                return [made.fired(file) for file in files]
            except DataError:
                del self._made[definitions]  # facts may be left in it
                raise

    def close(self) -> None:
        self._made.clear()


class _Made:
    """One ruleset of durable-rules. The library's own loop over actions takes each fact apart again for each rule: not this one."""

    def __init__(self, definitions: str) -> None:
        ((name, rules),) = json.loads(definitions).items()
        rules.pop(HERE, None)
        if len(rules) > MOST_RULES or not all(map(NAME.fullmatch, rules)):
            raise problem(
                "cannot-run", f"{name} has {len(rules)} rules: at most {MOST_RULES} are safe, named with letters and digits"
            )
        self.name = f"{name}-{hashed(definitions)}"
        rules[HERE] = {"all": [{"m": {HERE: 1}}]}
        try:
            self._handle = durable.create_ruleset(self.name, json.dumps(rules))
        except durable.error as error:
            raise problem("cannot-run", f"durable-rules does not take these rules: {error}") from error

    def fired(self, file: Sequence[Mapping[str, int]]) -> tuple[str, ...]:
        facts = [_fact(number, fact) for number, fact in enumerate(file, 1)]
        try:
            said = self._actions(durable.assert_facts(self._handle, f"[{','.join(facts)}]"))
            for fact in facts:
                self._actions(durable.retract_fact(self._handle, fact))
        except durable.error as error:
            raise _failed(str(error)) from error
        if HERE not in said:
            raise _failed("it did not see the facts")
        return tuple(name for name in dict.fromkeys(said) if name != HERE)

    def _actions(self, result: tuple[int, int]) -> list[str]:
        """The rules that hold after a change, each let go as soon as its name is known."""
        status, state = result
        if status in (NOT_HANDLED, SEEN_BEFORE):
            raise _failed("a fact was not handled" if status == NOT_HANDLED else "a fact was taken for another")
        said: list[str] = []
        begun = durable.start_action_for_state(self._handle, state if status != DEFERRED else 0)
        message = begun[1] if begun else None
        while message:
            said.append(message.split('"', 2)[1])
            message = durable.complete_and_start_action(self._handle, state)
        return said


def _fact(number: int, fact: Mapping[str, int]) -> str:
    if len(fact) > MOST_FIELDS or not TAKEN.isdisjoint(fact):
        names = ", ".join(sorted(TAKEN))
        message = f"a fact has {len(fact)} fields: at most {MOST_FIELDS} are safe in durable-rules, and none may be called {names}"
        raise problem("cannot-run", message)
    return json.dumps({**fact, HERE: 1, "id": number, "sid": STATE})


def _failed(why: str) -> DataError:
    return problem("engines-differ", f"durable-rules did not finish: {why}")
