from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="MonthAsked")


@_attrs_define
class MonthAsked:
    """The same with the month.

    Attributes:
        submitted_on (datetime.date):
        challenge_by (datetime.date):
        freezes_on (datetime.date):
        month (str):
        provider (str | Unset): The provider whose dates these are; empty: all that have none of their own. Default: ''.
        credit_within (int | None | Unset): Working days within which what is owed is to be credited once it is agreed
            or upheld; null: the contract says nothing of it.
    """

    submitted_on: datetime.date
    challenge_by: datetime.date
    freezes_on: datetime.date
    month: str
    provider: str | Unset = ""
    credit_within: int | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        submitted_on = self.submitted_on.isoformat()

        challenge_by = self.challenge_by.isoformat()

        freezes_on = self.freezes_on.isoformat()

        month = self.month

        provider = self.provider

        credit_within: int | None | Unset
        if isinstance(self.credit_within, Unset):
            credit_within = UNSET
        else:
            credit_within = self.credit_within

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "submitted_on": submitted_on,
                "challenge_by": challenge_by,
                "freezes_on": freezes_on,
                "month": month,
            }
        )
        if provider is not UNSET:
            field_dict["provider"] = provider
        if credit_within is not UNSET:
            field_dict["credit_within"] = credit_within

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        submitted_on = datetime.date.fromisoformat(d.pop("submitted_on"))

        challenge_by = datetime.date.fromisoformat(d.pop("challenge_by"))

        freezes_on = datetime.date.fromisoformat(d.pop("freezes_on"))

        month = d.pop("month")

        provider = d.pop("provider", UNSET)

        def _parse_credit_within(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        credit_within = _parse_credit_within(d.pop("credit_within", UNSET))

        month_asked = cls(
            submitted_on=submitted_on,
            challenge_by=challenge_by,
            freezes_on=freezes_on,
            month=month,
            provider=provider,
            credit_within=credit_within,
        )

        return month_asked
