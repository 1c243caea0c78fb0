"""Looking back at a run: why a record got what it got, and the statements of who is paid or asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Final, Literal

from requite.api.answers import Refusal
from requite.api.commands.explain import explain_key
from requite.api.jobs.models import PartyTold
from requite.api.jobs.told import told_problems
from requite.api.service.problems import Problem
from requite.api.service.service import Service
from requite.api.statements.gather import Gathered, gathered
from requite.api.statements.model import Party
from requite.api.statements.write import page_of
from requite.engine.decision import Explanation
from requite.engine.reading.problems import DataError
from requite.engine.verify import opened_again, reload

Paper = Literal["html", "md", "pdf"]

PAYEE: Final = "payee"
"""What somebody is called who is no row of a record."""

AT_ONCE: Final = threading.BoundedSemaphore(2)
"""Looking back opens the data again, which takes memory."""

PATIENCE: Final = 20
"""Seconds that a request waits for its turn."""

NOT_THERE: Final = frozenset(("unknown-key", "unknown-record", "unknown-party", "rejected", "not-found"))


@contextmanager
def _in_turn(service: Service) -> Iterator[None]:
    """One of few at a time; what goes wrong is told without the service's own paths."""
    if not AT_ONCE.acquire(timeout=PATIENCE):
        raise Problem(429, "busy", "too many runs are looked back at", "Ask again soon.", headers={"Retry-After": "5"})
    try:
        yield
    except Refusal as refusal:
        errors = told_problems(refusal.problems, service.settings)
        code = errors[0].code if errors else "refused"
        help = errors[0].help if errors and "--" not in errors[0].help else "Say which with `record`." if "several" in code else ""
        raise Problem(404 if code in NOT_THERE else 422, code, errors[0].message if errors else "", help, errors=errors) from None
    except DataError as error:
        errors = told_problems(error.problems, service.settings)
        status = 409 if errors[0].code.startswith("changed-") else 422
        raise Problem(status, errors[0].code, errors[0].message, errors[0].help, errors=errors) from None
    finally:
        AT_ONCE.release()


def explanation(service: Service, folder: Path, key: str, record: str | None) -> Explanation:
    """Why a record of a run got what it got."""
    with _in_turn(service):
        reloaded = reload(folder)
        with opened_again(reloaded) as data:
            return explain_key(reloaded, data, key, record)


def parties(service: Service, folder: Path) -> list[PartyTold]:
    """Who has a statement."""
    with _in_turn(service), gathered(str(folder)) as run:
        return [PartyTold(kind=party.noun or PAYEE, payee=party.code) for party in run.parties]


def statement(service: Service, folder: Path, kind: str, payee: str, form: Paper) -> bytes:
    """The statement of one payee or respondent."""
    with _in_turn(service), gathered(str(folder)) as run:
        return page_of(next(iter(run.statements([_party(run, kind, payee)]))), form)


def _party(run: Gathered, kind: str, payee: str) -> Party:
    there: Sequence[Party] = [party for party in run.parties if (party.noun or PAYEE) == kind]
    found = next((party for party in there if party.code == payee), None)
    if found is not None:
        return found
    if not there:
        kinds = ", ".join(sorted({party.noun or PAYEE for party in run.parties}))
        raise Problem(404, "not-found", "nobody of that kind is paid or asked by this run", f"There are: {kinds}." if kinds else "")
    near = get_close_matches(payee, [party.code for party in there][:20_000], n=3, cutoff=0.5)
    help = f"The nearest: {', '.join(near)}." if near else "The list of statements has everybody."
    raise Problem(404, "not-found", f"no {kind} of that name is paid or asked by this run", help)
