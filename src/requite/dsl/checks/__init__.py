"""What only the whole program can show: each check is a plain function, program → diagnostics, and this is their list."""

from __future__ import annotations

from collections.abc import Callable

from requite.dsl.checks.always_known import values_always_known
from requite.dsl.checks.caps import caps_that_never_bind, floors_above_caps
from requite.dsl.checks.cycles import cycles
from requite.dsl.checks.examples import rules_without_example
from requite.dsl.checks.exclusive import cases_that_overlap, exceptions_that_meet
from requite.dsl.checks.never_true import conditions_that_never_hold
from requite.dsl.checks.references import references_to_nobody
from requite.dsl.checks.totals import totals_of_quotients
from requite.dsl.checks.unused import unused_names
from requite.dsl.checks.waits import rules_that_wait
from requite.dsl.diagnostics import Diagnostic
from requite.dsl.names import Module
from requite.dsl.program import Program

Check = Callable[[Program, tuple[Module, ...], frozenset[str]], list[Diagnostic]]
"""A check gets the program, the modules it was made from, and the unique names that something uses."""

CHECKS: tuple[Check, ...] = (
    cycles,
    rules_that_wait,
    totals_of_quotients,
    cases_that_overlap,
    exceptions_that_meet,
    conditions_that_never_hold,
    caps_that_never_bind,
    floors_above_caps,
    references_to_nobody,
    values_always_known,
    unused_names,
    rules_without_example,
)
