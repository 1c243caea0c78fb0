from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="DatesAsked")


@_attrs_define
class DatesAsked:
    """The contract's dates for a month of claims.

    Attributes:
        submitted_on (datetime.date):
        challenge_by (datetime.date):
        freezes_on (datetime.date):
        provider (str | Unset): The provider whose dates these are; empty: all that have none of their own. Default: ''.
    """

    submitted_on: datetime.date
    challenge_by: datetime.date
    freezes_on: datetime.date
    provider: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        submitted_on = self.submitted_on.isoformat()

        challenge_by = self.challenge_by.isoformat()

        freezes_on = self.freezes_on.isoformat()

        provider = self.provider

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "submitted_on": submitted_on,
                "challenge_by": challenge_by,
                "freezes_on": freezes_on,
            }
        )
        if provider is not UNSET:
            field_dict["provider"] = provider

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        submitted_on = datetime.date.fromisoformat(d.pop("submitted_on"))

        challenge_by = datetime.date.fromisoformat(d.pop("challenge_by"))

        freezes_on = datetime.date.fromisoformat(d.pop("freezes_on"))

        provider = d.pop("provider", UNSET)

        dates_asked = cls(
            submitted_on=submitted_on,
            challenge_by=challenge_by,
            freezes_on=freezes_on,
            provider=provider,
        )

        return dates_asked
