"""API keys: made once, shown once, listed by what tells them apart, revoked at once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Self

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import select

from requite.api.identity import Actor, May, Role
from requite.api.service import patterns
from requite.api.service.dependencies import TheService, allowed
from requite.api.service.documented import problems
from requite.api.service.idempotency import hiding
from requite.api.service.moments import Moment
from requite.api.service.paging import Page, Pages, page_of
from requite.api.store import keys
from requite.api.store.schema import ApiKey

router = APIRouter(tags=["keys"])

Manager = Annotated[Actor, allowed(May.MANAGE)]
ID: Final = "01JZ8Q4T7V3S5N9K2M6P8R0W1X"


class NewKey(BaseModel):
    """Who shall call, and as what."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(
        min_length=1,
        max_length=200,
        pattern=patterns.ONE_LINE,
        description="Who calls with it; the audit log tells.",
        examples=["Ann"],
    )
    role: Role = Field(examples=["analyst"])
    provider: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        pattern=patterns.ONE_LINE,
        description="The hospital's code: for the role hospital alone.",
        examples=[None],
    )
    expires_at: Moment | None = Field(default=None, description="When it ends by itself.", examples=[None])

    @model_validator(mode="after")
    def _of_a_hospital(self) -> Self:
        if (self.role is Role.HOSPITAL) != (self.provider is not None):
            raise ValueError("provider goes with the role hospital, and with no other")
        return self


class KeyShown(BaseModel):
    """A key, without its secret."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(examples=[ID])
    name: str = Field(examples=["Ann"])
    role: Role = Field(examples=["analyst"])
    provider: str | None = Field(examples=[None])
    prefix: str = Field(description="How its secret begins.", examples=["rq_Jx2aQ0b"])
    created_at: datetime
    created_by: str = Field(examples=["default"])
    expires_at: datetime | None
    revoked_at: datetime | None


class KeyMade(KeyShown):
    """A new key with its secret, which is told this once."""

    secret: str | None = Field(
        description="What to send as Authorization: Bearer. It is null where the answer is given again under an Idempotency-Key.",
        examples=["rq_Jx2aQ0bV7pXh4nYd1mWc8sKe5tRg3uLi6oZf9yBqPjE"],
    )


@router.post("/keys", operation_id="make_key", summary="Make a key", status_code=201)
def add_key(service: TheService, actor: Manager, _: Annotated[None, hiding("secret")], wanted: NewKey) -> KeyMade:
    """Make a key of the caller's organisation. Its secret is in this answer and nowhere else."""
    with service.database.writing() as session:
        key, secret = keys.issue(session, actor.org, wanted.name, wanted.role, actor.name, wanted.provider, wanted.expires_at)
        return KeyMade(**_shown(key).model_dump(), secret=secret)


@router.get("/keys", operation_id="list_keys", summary="Keys")
def list_keys(service: TheService, actor: Manager, pages: Pages) -> Page[KeyShown]:
    """The organisation's keys, those that were revoked among them."""
    with service.database.reading() as session:
        return page_of(session, select(ApiKey).where(ApiKey.org == actor.org), (ApiKey.id,), pages, _shown)


@router.post("/keys/{id}/revoke", operation_id="revoke_key", summary="End a key", responses=problems(404, 409))
def revoke(service: TheService, actor: Manager, id: Annotated[str, Path(pattern=patterns.ID, examples=[ID])]) -> KeyShown:
    """End a key. The next request that comes with it is refused."""
    with service.database.writing() as session:
        return _shown(keys.revoke(session, actor.org, id, actor.name))


def _shown(key: ApiKey) -> KeyShown:
    return KeyShown(
        id=key.id,
        name=key.name,
        role=Role(key.role),
        provider=key.provider,
        prefix=key.prefix,
        created_at=key.created_at,
        created_by=key.created_by,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
    )
