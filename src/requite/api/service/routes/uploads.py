"""Uploads: files that runs read."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from requite.api.identity import Actor, May
from requite.api.jobs import uploads
from requite.api.jobs.forms import received
from requite.api.jobs.models import ID, UploadTold
from requite.api.service import patterns
from requite.api.service.dependencies import TheService, allowed
from requite.api.service.documented import problems
from requite.api.service.etags import answer_tagged, tag_of
from requite.api.service.idempotency import Given, begin
from requite.api.service.paging import Page, Pages, page_of
from requite.api.store.schema import Upload

router = APIRouter(tags=["runs"])

Runner = Annotated[Actor, allowed(May.RUN)]
Reader = Annotated[Actor, allowed(May.READ_RUNS)]
UploadId = Annotated[str, Path(pattern=patterns.ID, examples=[ID])]

FORM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "A file whose name ends in .csv, .tsv, .parquet, .jsonl or .xlsx.",
                        }
                    },
                }
            }
        },
    }
}


@router.post(
    "/uploads",
    status_code=201,
    operation_id="send_upload",
    summary="Send a file",
    responses=problems(415, 507),
    openapi_extra=FORM,
)
async def send_upload(service: TheService, actor: Runner, key: Given, request: Request, response: Response) -> UploadTold:
    """Send a file for runs to read, as a form with the field `file`. It is written as it comes in."""
    async with received(request, service, actor, key) as file:
        if key is not None:
            await begin(request, actor, key, file.told())
        upload = await run_in_threadpool(uploads.keep, service, actor, file)
    response.headers["Location"] = f"/uploads/{upload.id}"
    return _told(upload)


@router.get("/uploads", operation_id="list_uploads", summary="List uploads")
def list_uploads(service: TheService, actor: Reader, pages: Pages) -> Page[UploadTold]:
    """The organisation's uploads, the latest first."""
    wanted = select(Upload).where(Upload.org == actor.org)
    with service.database.reading() as session:
        return page_of(session, wanted, (Upload.created_at, Upload.id), pages, _told, newest_first=True)


@router.get("/uploads/{id}", operation_id="get_upload", summary="Look at an upload", responses=problems(404))
def get_upload(service: TheService, actor: Reader, id: UploadId, request: Request, response: Response) -> UploadTold:
    """What an upload is called, its size and its fingerprint."""
    with service.database.reading() as session:
        upload = uploads.found(session, actor.org, id)
    answer_tagged(request, response, tag_of("upload", upload.id))
    return _told(upload)


@router.delete(
    "/uploads/{id}", status_code=204, operation_id="delete_upload", summary="Delete an upload", responses=problems(404, 409)
)
def delete_upload(service: TheService, actor: Runner, id: UploadId) -> None:
    """Take an upload away. Runs that read it keep their results, and can no longer be explained or run again."""
    uploads.remove(service, actor, id)


def _told(upload: Upload) -> UploadTold:
    return UploadTold(
        id=upload.id,
        name=upload.name,
        bytes=upload.bytes,
        sha256=upload.sha256,
        created_at=upload.created_at,
        created_by=upload.created_by,
    )
