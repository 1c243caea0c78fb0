"""Rulesets: checked as text, published as drafts, approved by another person, in force from a day on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from requite.api.identity import Actor, May
from requite.api.service import patterns
from requite.api.service.checking import MOST_TOLD, Checkers
from requite.api.service.dependencies import TheService, allowed
from requite.api.service.documented import DiagnosticDetails, problems
from requite.api.service.etags import answer_tagged, demand_tag, tag_of
from requite.api.service.idempotency import Once
from requite.api.service.moments import Day, Moment
from requite.api.service.outlining import Declared
from requite.api.service.paging import Page, Pages, page_of
from requite.api.service.problems import Problem
from requite.api.service.turns import Turns
from requite.api.store import versions
from requite.api.store.database import day_of, now, today
from requite.api.store.schema import NAME, InForce, RulesetVersion
from requite.api.store.texts import LONGEST_TABLE, compiled, failing_examples, tables, texts_of
from requite.dsl.diagnostics import Diagnostic, Severity

router = APIRouter(tags=["rulesets"])

Reader = Annotated[Actor, allowed(May.READ_RULESETS)]
Author = Annotated[Actor, allowed(May.WRITE_RULESETS)]
Approver = Annotated[Actor, allowed(May.APPROVE_RULESETS)]

ID: Final = "01JZ8Q4T7V3S5N9K2M6P8R0W1X"
Id = Annotated[str, Path(pattern=patterns.ID, description="The version's id.", examples=[ID])]
Name = Annotated[str, Path(min_length=1, max_length=NAME, description="What the ruleset calls itself.", examples=["dear"])]
FileName = Annotated[str, StringConstraints(min_length=1, max_length=NAME)]
Text = Annotated[str, StringConstraints(max_length=LONGEST_TABLE)]

EXAMPLE: Final = """\
ruleset dear "Dear claims"

record claim
  key id: text
  billed: money

check dear for each claim
  flag when billed > £1,000

example "a dear one"
  given claim C1 with billed £1,200
  expect dear flags C1
"""

_TURNS: Final = Turns()
_CHECKERS: Final = Checkers()


class Texts(BaseModel):
    """The texts of a ruleset by the names of their files."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{"main": "dear.requite", "texts": {"dear.requite": EXAMPLE}}]}
    )

    main: FileName = Field(description="The name of the first of the texts, which uses the others.")
    texts: dict[FileName, Text] = Field(min_length=1, max_length=100, description="Rulesets (.requite, .md) and tables (.csv).")


class NewVersion(Texts):
    """The texts of a version, and what there is to say about it."""

    note: str = Field(default="", max_length=2000, examples=["Prices of 2018/19"])


class Checked(BaseModel):
    """What the checker says of a text, and what the text declares."""

    model_config = ConfigDict(frozen=True)

    ok: bool
    name: str | None = Field(description="What the ruleset calls itself; null where it has errors.", examples=["dear"])
    title: str | None
    diagnostics: list[DiagnosticDetails] = Field(description="What is wrong, or may be: the first 500.")
    more: int = Field(description="How many more there are than are told.", examples=[0])
    outline: list[Declared]


class Version(BaseModel):
    """A version of a ruleset, whose texts never change."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(examples=[ID])
    name: str = Field(examples=["dear"])
    title: str = Field(examples=["Dear claims"])
    hash: str = Field(description="SHA-256 over all texts.")
    main: str = Field(examples=["dear.requite"])
    files: list[str] = Field(examples=[["dear.requite"]])
    state: versions.State = Field(examples=["approved"])
    created_at: datetime
    created_by: str = Field(examples=["Ann"])
    approved_at: datetime | None
    approved_by: str | None = Field(examples=["Bob"])
    note: str


class Published(Version):
    """A version, whether it is new, and what the checker warns of."""

    is_new: bool = Field(description="False where the same texts had been published before.")
    diagnostics: list[DiagnosticDetails]


class VersionTexts(BaseModel):
    """The texts of a version."""

    model_config = ConfigDict(frozen=True)

    main: str
    texts: dict[str, str]


class Stretch(BaseModel):
    """That a version is in force from a day until before another; `ends` is null where no end is known."""

    model_config = ConfigDict(frozen=True)

    version: str = Field(examples=[ID])
    starts: date = Field(examples=["2018-04-01"])
    ends: date | None


class RulesetShown(BaseModel):
    """A ruleset: its versions in number, the one in force today, and when which is, as far as is known."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(examples=["dear"])
    title: str = Field(examples=["Dear claims"])
    versions: int = Field(examples=[1])
    in_force: str | None = Field(description="The id of the version in force today by the organisation's clock.", examples=[ID])
    timeline: list[Stretch]


class InForceWanted(BaseModel):
    """That a version shall be in force from a day on, which may lie in the past."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str = Field(pattern=patterns.ID, examples=[ID])
    starts: Day = Field(le=date(2200, 1, 1), examples=["2018-04-01"])


class Said(BaseModel):
    """That somebody said, at a moment, that a version is in force from a day on."""

    model_config = ConfigDict(frozen=True)

    ruleset: str = Field(examples=["dear"])
    version: str = Field(examples=[ID])
    starts: date = Field(examples=["2018-04-01"])
    known_from: datetime
    said_by: str = Field(examples=["Bob"])


# --- texts ------------------------------------------------------------------------------------------------------------


@router.post("/rulesets/check", operation_id="check_ruleset", summary="What is wrong with a text", responses=problems(503))
def check_ruleset(actor: Reader, given: Texts) -> Checked:
    """Say what is wrong with a text, and what it declares. Nothing is kept. One that takes longer than ten seconds is given up."""
    texts_of(given.main, given.texts)
    with _TURNS.of(actor.org):
        return Checked.model_validate(_CHECKERS.checked(given.main, given.texts))


@router.post(
    "/rulesets",
    operation_id="publish_ruleset",
    summary="Publish a version",
    status_code=201,
    responses={200: {"model": Published}, **problems(503)},
)
def publish_ruleset(service: TheService, actor: Author, _: Once, given: NewVersion, response: Response) -> Published:
    """Keep the texts of a ruleset as a draft. The same texts again are the same version (200)."""
    texts = texts_of(given.main, given.texts)
    with _TURNS.of(actor.org):
        _CHECKERS.answer_for(texts.main, texts.by_name)
        if compiled(texts)[0] is not None:  # so that no other writer waits for it
            tables(texts)
    with service.database.writing() as session:
        found = versions.publish(session, actor, given.main, given.texts, given.note)
        if found.version is None:
            errors = [one for one in found.diagnostics if one.severity is Severity.ERROR]
            raise Problem(422, "wrong-ruleset", "the text is no ruleset yet", diagnostics=errors[:MOST_TOLD])
        shown = _shown(found.version)
        response.headers["ETag"] = _tag(found.version)
    response.status_code = 201 if found.is_new else 200
    return Published(**shown.model_dump(), is_new=found.is_new, diagnostics=_told(found.diagnostics))


# --- rulesets by name -------------------------------------------------------------------------------------------------


@router.get("/rulesets", operation_id="list_rulesets", summary="Rulesets")
def list_rulesets(service: TheService, actor: Reader, pages: Pages) -> Page[RulesetShown]:
    """The organisation's rulesets, by name."""
    wanted = select(RulesetVersion.name, func.count().label("versions")).where(RulesetVersion.org == actor.org)
    with service.database.reading() as session:
        return page_of(
            session,
            wanted.group_by(RulesetVersion.name),
            (RulesetVersion.name,),
            pages,
            lambda row: _ruleset(session, actor.org, row.name, row.versions),
        )


@router.get("/rulesets/{name}", operation_id="get_ruleset", summary="One ruleset", responses=problems(404))
def get_ruleset(service: TheService, actor: Reader, name: Name, request: Request, response: Response) -> RulesetShown:
    """A ruleset, and which of its versions is in force when."""
    with service.database.reading() as session:
        versions.demand_ruleset(session, actor.org, name)
        number = session.scalar(
            select(func.count()).select_from(RulesetVersion).where(RulesetVersion.org == actor.org, RulesetVersion.name == name)
        )
        shown = _ruleset(session, actor.org, name, number or 0)
    answer_tagged(request, response, tag_of("ruleset", actor.org, shown.model_dump_json()))
    return shown


@router.get("/rulesets/{name}/versions", operation_id="list_versions", summary="Versions of a ruleset", responses=problems(404))
def list_versions(
    service: TheService,
    actor: Reader,
    name: Name,
    pages: Pages,
    state: Annotated[versions.State | None, Query(description="Only versions in this state.")] = None,
) -> Page[Version]:
    """The versions of a ruleset, the newest first."""
    wanted = select(RulesetVersion).where(RulesetVersion.org == actor.org, RulesetVersion.name == name)
    if state is not None:
        wanted = wanted.where(RulesetVersion.state == state)
    with service.database.reading() as session:
        versions.demand_ruleset(session, actor.org, name)
        return page_of(session, wanted, (RulesetVersion.created_at, RulesetVersion.id), pages, _shown, newest_first=True)


@router.post(
    "/rulesets/{name}/in-force",
    operation_id="put_in_force",
    summary="Put a version in force",
    status_code=201,
    responses=problems(404, 409),
)
def put_in_force(service: TheService, actor: Approver, _: Once, name: Name, wanted: InForceWanted) -> Said:
    """Say that an approved version is in force from a day on, until another one is."""
    with service.database.writing() as session:
        return _said(versions.put_in_force(session, actor, name, wanted.version, wanted.starts))


@router.get("/rulesets/{name}/in-force", operation_id="get_in_force", summary="What is or was in force", responses=problems(404))
def get_in_force(
    service: TheService,
    actor: Reader,
    name: Name,
    on: Annotated[Day | None, Query(description="The day; today by the organisation's clock, if not said.")] = None,
    known_at: Annotated[Moment | None, Query(description="As far as was known then; now, if not said.")] = None,
) -> Version:
    """The version that is in force on a day, as far as was known at a moment."""
    with service.database.reading() as session:
        versions.demand_ruleset(session, actor.org, name)
        day = on or today(session, actor.org)
        found = versions.in_force(session, actor.org, name, day, known_at)
        if found is None:
            raise Problem(404, "none-in-force", f"no version of {name} is in force on {day}", "Approve one, and put it in force.")
        return _shown(found)


@router.get(
    "/rulesets/{name}/in-force/said",
    operation_id="list_in_force",
    summary="All that was said of what is in force",
    responses=problems(404),
)
def list_in_force(service: TheService, actor: Reader, name: Name, pages: Pages) -> Page[Said]:
    """All that was ever said of which version is in force, in the order in which it was said."""
    wanted = select(InForce).where(InForce.org == actor.org, InForce.ruleset == name)
    with service.database.reading() as session:
        versions.demand_ruleset(session, actor.org, name)
        return page_of(session, wanted, (InForce.known_from, InForce.id), pages, _said)


# --- versions ---------------------------------------------------------------------------------------------------------


@router.get("/rulesets/versions/{id}", operation_id="get_version", summary="One version", responses=problems(404))
def get_version(service: TheService, actor: Reader, id: Id, request: Request, response: Response) -> Version:
    """A version of a ruleset, without its texts."""
    with service.database.reading() as session:
        found = versions.version_of(session, actor.org, id)
    answer_tagged(request, response, _tag(found))
    return _shown(found)


@router.get(
    "/rulesets/versions/{id}/texts", operation_id="get_version_texts", summary="The texts of a version", responses=problems(404)
)
def get_version_texts(service: TheService, actor: Reader, id: Id, request: Request, response: Response) -> VersionTexts:
    """The texts of a version, which never change."""
    with service.database.reading() as session:
        found = versions.version_of(session, actor.org, id)
    answer_tagged(request, response, tag_of("texts", found.hash))
    return VersionTexts(main=found.main, texts=found.texts)


@router.post(
    "/rulesets/versions/{id}/approve",
    operation_id="approve_version",
    summary="Approve a version",
    responses=problems(404, 409, 412, 503),
)
def approve_version(service: TheService, actor: Approver, _: Once, id: Id, request: Request, response: Response) -> Version:
    """Say of a draft that it may come into force: by another person than its author, and only if its examples hold."""
    with service.database.reading() as session:
        texts = versions.texts_in(versions.version_of(session, actor.org, id))
    with _TURNS.of(actor.org):
        _CHECKERS.answer_for(texts.main, texts.by_name, examples=True)
        failing_examples(texts)  # so that no other writer waits for it
    with service.database.writing() as session:
        demand_tag(request, _tag(versions.version_of(session, actor.org, id)))
        found = versions.approve(session, actor, id)
        response.headers["ETag"] = _tag(found)
        return _shown(found)


@router.post(
    "/rulesets/versions/{id}/withdraw",
    operation_id="withdraw_version",
    summary="Withdraw a version",
    responses=problems(404, 409, 412),
)
def withdraw_version(service: TheService, actor: Approver, _: Once, id: Id, request: Request, response: Response) -> Version:
    """Say of a version that it shall never come into force."""
    with service.database.writing() as session:
        demand_tag(request, _tag(versions.version_of(session, actor.org, id)))
        found = versions.withdraw(session, actor, id)
        response.headers["ETag"] = _tag(found)
        return _shown(found)


# --- as they are shown ------------------------------------------------------------------------------------------------


def _tag(version: RulesetVersion) -> str:
    return tag_of("version", version.id, version.state)


def _shown(version: RulesetVersion) -> Version:
    return Version(
        id=version.id,
        name=version.name,
        title=version.title,
        hash=version.hash,
        main=version.main,
        files=sorted(version.texts),
        state=version.state,  # type: ignore[arg-type]  # the store keeps no other
        created_at=version.created_at,
        created_by=version.created_by,
        approved_at=version.approved_at,
        approved_by=version.approved_by,
        note=version.note,
    )


def _said(row: InForce) -> Said:
    return Said(ruleset=row.ruleset, version=row.version, starts=row.starts, known_from=row.known_from, said_by=row.said_by)


def _ruleset(session: Session, org: str, name: str, number: int) -> RulesetShown:
    moment = now(session, org)
    current = versions.in_force(session, org, name, day_of(moment), moment)
    of_name = select(RulesetVersion.title).where(RulesetVersion.org == org, RulesetVersion.name == name)
    newest = session.scalar(of_name.order_by(RulesetVersion.created_at.desc(), RulesetVersion.id.desc()).limit(1))
    stretches = versions.timeline(session, org, name, moment)
    return RulesetShown(
        name=name,
        title=current.title if current is not None else newest or "",
        versions=number,
        in_force=current.id if current is not None else None,
        timeline=[Stretch(version=one.version, starts=one.starts, ends=one.ends) for one in stretches],
    )


def _told(diagnostics: Sequence[Diagnostic]) -> list[DiagnosticDetails]:
    return [DiagnosticDetails.model_validate(one.to_json()) for one in diagnostics[:MOST_TOLD]]
