from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="MonthTold")


@_attrs_define
class MonthTold:
    """The dates of a month, and who said them when.

    Attributes:
        month (str):
        provider (str):
        submitted_on (datetime.date):
        challenge_by (datetime.date):
        freezes_on (datetime.date):
        credit_within (int | None):
        known_from (datetime.datetime):
        said_by (str):
    """

    month: str
    provider: str
    submitted_on: datetime.date
    challenge_by: datetime.date
    freezes_on: datetime.date
    credit_within: int | None
    known_from: datetime.datetime
    said_by: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        month = self.month

        provider = self.provider

        submitted_on = self.submitted_on.isoformat()

        challenge_by = self.challenge_by.isoformat()

        freezes_on = self.freezes_on.isoformat()

        credit_within: int | None
        credit_within = self.credit_within

        known_from = self.known_from.isoformat()

        said_by = self.said_by

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "month": month,
                "provider": provider,
                "submitted_on": submitted_on,
                "challenge_by": challenge_by,
                "freezes_on": freezes_on,
                "credit_within": credit_within,
                "known_from": known_from,
                "said_by": said_by,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        month = d.pop("month")

        provider = d.pop("provider")

        submitted_on = datetime.date.fromisoformat(d.pop("submitted_on"))

        challenge_by = datetime.date.fromisoformat(d.pop("challenge_by"))

        freezes_on = datetime.date.fromisoformat(d.pop("freezes_on"))

        def _parse_credit_within(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        credit_within = _parse_credit_within(d.pop("credit_within"))

        known_from = datetime.datetime.fromisoformat(d.pop("known_from"))

        said_by = d.pop("said_by")

        month_told = cls(
            month=month,
            provider=provider,
            submitted_on=submitted_on,
            challenge_by=challenge_by,
            freezes_on=freezes_on,
            credit_within=credit_within,
            known_from=known_from,
            said_by=said_by,
        )

        month_told.additional_properties = d
        return month_told

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
