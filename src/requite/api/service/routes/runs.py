"""Runs: rulesets on whole files, in the background."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import IO, Annotated, Any, Final, Literal

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from sqlalchemy import select
from sse_starlette import EventSourceResponse
from starlette.concurrency import run_in_threadpool

from requite.api.identity import Actor, May
from requite.api.jobs import looking, making, results, streams
from requite.api.jobs.difference import difference
from requite.api.jobs.models import ID, AgainAsked, Difference, Rows, RunAsked, RunTold, RunWhole, State
from requite.api.jobs.results import MEDIA, Form, Table
from requite.api.service import patterns
from requite.api.service.dependencies import TheService, allowed
from requite.api.service.documented import problems
from requite.api.service.etags import answer_tagged, tag_of
from requite.api.service.explained import Form as ExplainedForm
from requite.api.service.explained import explained
from requite.api.service.idempotency import Once
from requite.api.service.paging import Page, Pages, Paging, cursor_of, page_of, values_of
from requite.api.service.problems import not_found
from requite.api.service.service import Service
from requite.api.service.streaming import streamed
from requite.api.store.schema import Run

router = APIRouter(tags=["runs"])

Runner = Annotated[Actor, allowed(May.RUN)]
Reader = Annotated[Actor, allowed(May.READ_RUNS)]
RunId = Annotated[str, Path(pattern=patterns.ID, examples=[ID])]
Value = Annotated[str | None, Query(max_length=1000)]

BLOCK: Final = 1 << 18
BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
TEXT: Final = {"schema": {"type": "string"}}


# --- making -----------------------------------------------------------------------------------------------------------


@router.post("/runs", status_code=202, operation_id="make_run", summary="Run a ruleset", responses=problems(404, 409))
def make_run(service: TheService, actor: Runner, _: Once, asked: RunAsked, response: Response) -> RunTold:
    """Run a ruleset on uploads or configured sources. The answer comes at once; the run is done in the background."""
    return _queued(service, making.make(service, actor, asked), response)


@router.post(
    "/runs/{id}/again",
    status_code=202,
    operation_id="run_again",
    summary="Settle the same data by other rules",
    responses=problems(404, 409),
)
def run_again(service: TheService, actor: Runner, id: RunId, _: Once, asked: AgainAsked, response: Response) -> RunTold:
    """Settle a run's data again, by the rules of today, by those that were known then, or by a version that is named.

    What would last March's settlement be with today's rules? Ask for `in force now`. And with those known then? `known then`.
    """
    return _queued(service, making.make_again(service, actor, id, asked), response)


def _queued(service: Service, run: Run, response: Response) -> RunTold:
    response.headers["Location"] = f"/runs/{run.id}"
    if (pool := service.parts.get("jobs")) is not None:
        pool.wake.set()
    return making.told(service, run)


@router.post("/runs/{id}/cancel", operation_id="cancel_run", summary="Cancel a run", responses=problems(404, 409))
def cancel_run(service: TheService, actor: Runner, id: RunId) -> RunTold:
    """Stop a run. One that waits is cancelled at once; one under way says so within seconds."""
    return making.told(service, making.cancel(service, actor, id))


# --- looking ----------------------------------------------------------------------------------------------------------


@router.get("/runs", operation_id="list_runs", summary="List runs")
def list_runs(
    service: TheService,
    actor: Reader,
    pages: Pages,
    state: State | None = None,
    ruleset: Annotated[str | None, Query(max_length=200)] = None,
) -> Page[RunTold]:
    """The organisation's runs, the latest first."""
    wanted = select(Run).where(Run.org == actor.org)
    if state is not None:
        wanted = wanted.where(Run.state == state)
    if ruleset is not None:
        wanted = wanted.where(Run.ruleset == ruleset)
    with service.database.reading() as session:
        return page_of(session, wanted, (Run.created_at, Run.id), pages, lambda run: making.told(service, run), newest_first=True)


@router.get("/runs/{id}", operation_id="get_run", summary="Look at a run", responses=problems(404))
def get_run(service: TheService, actor: Reader, id: RunId, request: Request, response: Response) -> RunWhole:
    """How far a run is, and once it is done its manifest: what it was made from, by hash, and what became of every row."""
    run = making.told_whole(service, _run(service, actor, id))
    answer_tagged(request, response, tag_of("run", run.id, streams.mark(run), run.results))
    return run


@router.get(
    "/runs/{id}/events",
    operation_id="watch_run",
    summary="Watch a run",
    response_class=EventSourceResponse,
    responses={
        200: {"description": "Events `progress`, and one `end`, each with the run as JSON.", "content": {"text/event-stream": {}}},
        204: {"description": "The run has ended, and the caller has seen that."},
        **problems(404),
    },
)
async def watch_run(
    service: TheService,
    actor: Reader,
    id: RunId,
    last: Annotated[str | None, Header(alias="Last-Event-ID", max_length=100)] = None,
) -> Response:
    """Server-sent events: how far a run is, whenever that changes, until it has ended. Where the service stops before that, the
    stream ends without an `end`: come back with the last `id`."""
    run = await run_in_threadpool(streams.read, service, actor.org, id)
    if run is None:
        raise not_found("run")
    if run.state not in making.ACTIVE and last == streams.mark(run):
        return Response(status_code=204)
    streams.streams_of(service).refuse_many(actor.org)
    return streamed(lambda stopping: streams.progress(service, actor.org, id, last, stopping))


# --- results ----------------------------------------------------------------------------------------------------------


@router.get(
    "/runs/{id}/results/{table}",
    operation_id="get_results",
    summary="Read results",
    response_model=Rows,
    responses={200: {"content": dict.fromkeys(MEDIA.values(), BINARY)}, **problems(404, 409, 410)},
)
def get_results(
    service: TheService,
    actor: Reader,
    id: RunId,
    table: Table,
    pages: Pages,
    format: Literal["json"] | Form = "json",
    check: Value = None,
    rule: Value = None,
    payment: Value = None,
    payee: Value = None,
    provider: Value = None,
    record: Value = None,
    key: Value = None,
) -> Any:
    """A table of results: as JSON a page at a time, filtered by exact values; or whole, as a file."""
    folder = results.results_folder(service, _run(service, actor, id))
    if format != "json":
        with results.still_there():
            return _file(service, folder, table, format)
    given = {
        "check": check, "rule": rule, "payment": payment, "payee": payee, "provider": provider, "record": record, "key": key,
    }  # fmt: skip
    return _page(folder, table, {name: value for name, value in given.items() if value is not None}, pages)


@router.get("/runs/{id}/rejects", operation_id="get_rejects", summary="Read rejected rows", responses=problems(404, 409, 410))
def get_rejects(service: TheService, actor: Reader, id: RunId, pages: Pages, record: Value = None) -> Rows:
    """The rows that could not be read, each with its file, its line and the reason."""
    folder = results.results_folder(service, _run(service, actor, id))
    return _page(folder, "rejects", {"record": record} if record is not None else {}, pages)


def _page(folder: FilePath, table: Table, filters: dict[str, str], pages: Paging) -> Rows:
    after = max(values_of(pages.after, [int])[0], 0) if pages.after is not None else 0
    with results.still_there():
        rows, following = results.page_of_rows(folder, table, filters, after, pages.limit)
    page = pages.page(rows.items, None if following is None else cursor_of([following]))
    return rows.model_copy(update={"next": page.next})


def _file(service: Service, folder: FilePath, table: Table, form: Form) -> Response:
    path, passing = results.download(service, folder, table, form)
    name = f"{table}.{form}"
    if not passing:
        return FileResponse(path, media_type=MEDIA[form], filename=name)
    opened, size = path.open("rb"), path.stat().st_size
    # It is gone once it is read, or the caller is gone.
    path.unlink()
    headers = {"Content-Length": str(size), "Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_blocks(opened), media_type=MEDIA[form], headers=headers)


def _blocks(opened: IO[bytes]) -> Iterator[bytes]:
    with opened:
        while block := opened.read(BLOCK):
            yield block


@router.delete(
    "/runs/{id}/results", status_code=204, operation_id="delete_results", summary="Delete results",
    responses=problems(404, 409, 410),
)  # fmt: skip
def delete_results(service: TheService, actor: Runner, id: RunId) -> None:
    """Take a run's results away. That it was made, and its manifest, stay."""
    making.remove_results(service, actor, id)


@router.get(
    "/runs/{id}/explanation",
    operation_id="explain_run",
    summary="Explain a record",
    responses={200: {"content": dict.fromkeys(("text/plain", "text/markdown"), TEXT)}, **problems(404, 409, 410)},
)
def explain_run(
    service: TheService,
    actor: Reader,
    id: RunId,
    key: Annotated[str, Query(min_length=1, max_length=1000, description="The key, as the tables of results have it.")],
    record: Annotated[str | None, Query(max_length=200)] = None,
    format: ExplainedForm = "json",
) -> dict[str, Any]:
    """Why a record got what it got, clause by clause, from the data that the run read."""
    folder = results.results_folder(service, _run(service, actor, id))
    found = looking.explanation(service, folder, key, record)
    return explained(found, format)  # type: ignore[return-value]  # the document tells of JSON by the return type


@router.get(
    "/runs/{id}/difference",
    operation_id="compare_runs",
    summary="Compare two runs",
    responses=problems(404, 409, 410),
)
def compare_runs(
    service: TheService,
    actor: Reader,
    id: RunId,
    other: Annotated[str, Query(alias="with", pattern=patterns.ID, examples=[ID])],
) -> Difference:
    """What two runs pay and find, where that is not alike: by payee, and by check."""
    here, there = (results.results_folder(service, _run(service, actor, run)) for run in (id, other))
    with results.still_there():
        return difference(here, there, (id, other))


def _run(service: Service, actor: Actor, id: str) -> Run:
    with service.database.reading() as session:
        return making.found(session, actor.org, id)
