"""Runs that are asked for: by which rules, on what data, and whether the organisation may have one more."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from requite.api.identity import Actor
from requite.api.jobs import queue
from requite.api.jobs.inputs import kept_inputs
from requite.api.jobs.models import AgainAsked, RunAsked, RunTold, RunWhole
from requite.api.jobs.places import remove_partials, run_folder
from requite.api.jobs.told import told_manifest
from requite.api.service.errors import of_data
from requite.api.service.problems import Problem, not_found
from requite.api.service.service import Service
from requite.api.store.audit import record
from requite.api.store.columns import new_id
from requite.api.store.database import moment_text, now, take_turn, today
from requite.api.store.schema import RulesetVersion, Run
from requite.api.store.versions import DRAFT, WITHDRAWN, in_force, moment_of, program_of, version_of
from requite.engine.reading.sources import unknown_records

ACTIVE: Final = ("queued", "running")

OWN_ROWS: Final = "rows in the text"
"""What a manifest calls the form of rows that stand in the ruleset's text."""


def make(service: Service, actor: Actor, asked: RunAsked) -> Run:
    """Put a run into the queue."""
    with service.database.reading() as session:
        asked_version, _ = _version_asked(session, actor, asked)
    # A large ruleset takes its time, in which others may write.
    if problems := unknown_records(program_of(asked_version), asked.inputs):
        raise of_data(problems)
    with service.database.writing() as session:
        take_turn(session, actor.org, "runs")
        day = asked.known or today(session, actor.org)
        version, rules = _version_asked(session, actor, asked)
        inputs = kept_inputs(service, session, actor.org, asked.inputs)
        options = {"engine": asked.engine, "check_engines": asked.check_engines, "rules": rules}
        if asked.brought_forward is not None:
            before = found(session, actor.org, asked.brought_forward)
            _refuse_unfinished(service, before, "brought_forward")
            options["brought_forward"] = before.id
        return _queued(service, session, actor, version, inputs, options, day)


def _version_asked(session: Session, actor: Actor, asked: RunAsked) -> tuple[RulesetVersion, str | None]:
    """The version that is to run, and by which rule it is that one, where it was not named."""
    if asked.version is None:
        on = asked.in_force_on or asked.known or today(session, actor.org)
        version = _in_force(session, actor.org, asked.ruleset, on, asked.known_at or now(session, actor.org))
        return version, f"in force on {on}"
    version = version_of(session, actor.org, asked.version)
    if version.name != asked.ruleset:
        raise Problem(422, "other-ruleset", f"that version is one of {version.name}, not of {asked.ruleset}")
    return version, None


def make_again(service: Service, actor: Actor, id: str, asked: AgainAsked) -> Run:
    """Put the data of a run into the queue again, to be settled by other rules."""
    with service.database.writing() as session:
        take_turn(session, actor.org, "runs")
        first = found(session, actor.org, id)
        if asked.rules == "in force now":
            on = asked.on or today(session, actor.org)
            version = _in_force(session, actor.org, first.ruleset, on, now(session, actor.org))
            rules = f"in force on {on}, as known now"
        elif asked.rules == "known then":
            on = asked.on or first.known
            at = asked.known_at or moment_of(on)
            version = _in_force(session, actor.org, first.ruleset, on, at)
            rules = f"in force on {on}, as known at {moment_text(at.replace(microsecond=0))}"
        else:
            version, rules = version_of(session, actor.org, asked.rules), "a version that was named"
            if version.name != first.ruleset:
                raise Problem(422, "other-ruleset", f"that version is one of {version.name}, not of {first.ruleset}")
        if before := first.options.get("brought_forward"):
            _refuse_unfinished(service, found(session, actor.org, before), "brought_forward")
        options = {**first.options, "again_of": first.id, "rules": rules}
        return _queued(service, session, actor, version, first.inputs, options, first.known)


def _queued(
    service: Service,
    session: Session,
    actor: Actor,
    version: RulesetVersion,
    inputs: Mapping[str, Any],
    options: Mapping[str, Any],
    known: date,
) -> Run:
    if version.state == WITHDRAWN:
        raise Problem(409, "withdrawn", "that version was withdrawn", "Run another one.")
    waiting = session.scalar(select(func.count()).select_from(Run).where(Run.org == actor.org, Run.state.in_(ACTIVE))) or 0
    if waiting >= service.settings.most_runs:
        message = f"{waiting} runs of the organisation wait or run already, and {service.settings.most_runs} is the most"
        raise Problem(429, "too-many-runs", message, "Wait for one to end, or cancel one.", headers={"Retry-After": "30"})
    run = Run(
        id=new_id(),
        org=actor.org,
        ruleset=version.name,
        version=version.id,
        inputs=dict(inputs),
        options=dict(options) | {"trial": version.state == DRAFT},
        known=known,
        state="queued",
        created_at=datetime.now(UTC),
        created_by=actor.name,
    )
    session.add(run)
    session.flush()
    told = {"ruleset": run.ruleset, "version": run.version, "known": known.isoformat()}
    record(session, actor.org, actor.name, "run.created", run.id, told | {"again_of": options.get("again_of")})
    return run


def _in_force(session: Session, org: str, ruleset: str, on: date, known: datetime) -> RulesetVersion:
    version = in_force(session, org, ruleset, on, known)
    if version is None:
        message = f"no version of {ruleset} was in force on {on}, as known at {moment_text(known.replace(microsecond=0))}"
        raise Problem(409, "not-in-force", message, "Put one in force, or name a version.")
    return version


# --- one --------------------------------------------------------------------------------------------------------------


def found(session: Session, org: str, id: str, to_change: bool = False) -> Run:
    """A run of the organisation; a problem where there is none."""
    statement = select(Run).where(Run.org == org, Run.id == id)
    run = session.scalar(statement.with_for_update() if to_change else statement)
    if run is None:
        raise not_found("run")
    return run


def cancel(service: Service, actor: Actor, id: str) -> Run:
    """Stop a run: at once where it waits, soon where its process works on it."""
    with service.database.writing() as session:
        run = found(session, actor.org, id, to_change=True)
        if run.state not in ACTIVE:
            raise Problem(409, "ended", f"the run has ended already: it is {run.state}")
        if run.state == "queued":
            queue.end(session, run, "cancelled", by=actor.name)
            remove_partials(service.settings, run.org, run.id)
        elif not run.cancel:
            run.cancel = True
            record(session, run.org, actor.name, "run.cancel", run.id, {"ruleset": run.ruleset})
    return run


def remove_results(service: Service, actor: Actor, id: str) -> None:
    """Take a run's results away; that it was made, and its manifest, stay."""
    with service.database.writing() as session:
        take_turn(session, actor.org, "runs")
        run = found(session, actor.org, id, to_change=True)
        if run.state in ACTIVE:
            raise Problem(409, "not-ended", f"the run is {run.state}", "Cancel it first.")
        others = session.scalars(select(Run).where(Run.org == actor.org, Run.state.in_(ACTIVE)))
        if any(other.options.get("brought_forward") == id for other in others):
            raise Problem(409, "in-use", "a run that is not finished brings figures forward from this one", "Wait for it.")
        folder = run_folder(service.settings, actor.org, run.id)
        if run.state != "done" or not folder.is_dir():
            raise Problem(410, "results-gone", "the run has no results")
        record(session, actor.org, actor.name, "run.deleted", run.id, {"ruleset": run.ruleset})
    shutil.rmtree(folder, ignore_errors=True)


def _refuse_unfinished(service: Service, run: Run, what: str) -> None:
    if not has_results(service, run):
        raise Problem(422, "no-results", f"the run that is named by {what} has no results", "Name one that is done.")


def has_results(service: Service, run: Run) -> bool:
    """Whether a run's results are there to be read."""
    return run.state == "done" and run_folder(service.settings, run.org, run.id).is_dir()


# --- told -------------------------------------------------------------------------------------------------------------


def told(service: Service, run: Run) -> RunTold:
    """A run as it is answered."""
    return RunTold(**_members(service, run))


def told_whole(service: Service, run: Run) -> RunWhole:
    """A run as it is answered, with its manifest."""
    return RunWhole(**_members(service, run), manifest=told_manifest(run.manifest) if run.manifest else None)


def _members(service: Service, run: Run) -> dict[str, Any]:
    own = ("id", "ruleset", "version", "state", "stage", "done", "total", "attempts", "known", "inputs", "problems")
    times = ("created_at", "created_by", "started_at", "finished_at")
    return {name: getattr(run, name) for name in (*own, *times)} | {
        "trial": bool(run.options.get("trial")),
        "brought_forward": run.options.get("brought_forward"),
        "engine": run.options.get("engine", "duckdb"),
        "check_engines": run.options.get("check_engines", 0),
        "again_of": run.options.get("again_of"),
        "rules": run.options.get("rules"),
        "results": has_results(service, run),
        "totals": run.manifest["totals"] if run.manifest else None,
        "rows": _rows(run.manifest) if run.manifest else None,
    }


def _rows(manifest: Mapping[str, Any]) -> dict[str, int]:
    """How many rows of the data were read and rejected; those that stand in the ruleset's text are none of the data."""
    counts = [count for count in manifest["rows"] if count["form"] != OWN_ROWS]
    return {"read": sum(count["read"] for count in counts), "rejected": sum(count["rejected"] for count in counts)}
