from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.end import End


T = TypeVar("T", bound="DecisionKept")


@_attrs_define
class DecisionKept:
    """A decision as it was made.

    Attributes:
        id (str):
        ruleset (str):
        record (str):
        key (str):
        number (int):
        version (str):
        cause (str):
        known (datetime.date): The day, by the organisation's clock, of what was known of figures.
        decided_at (datetime.datetime): From when it was known.
        superseded_at (datetime.datetime | None): Until when it stood; null for the one that stands.
        flagged (bool):
        ends (list[End]):
    """

    id: str
    ruleset: str
    record: str
    key: str
    number: int
    version: str
    cause: str
    known: datetime.date
    decided_at: datetime.datetime
    superseded_at: datetime.datetime | None
    flagged: bool
    ends: list[End]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        ruleset = self.ruleset

        record = self.record

        key = self.key

        number = self.number

        version = self.version

        cause = self.cause

        known = self.known.isoformat()

        decided_at = self.decided_at.isoformat()

        superseded_at: None | str
        if isinstance(self.superseded_at, datetime.datetime):
            superseded_at = self.superseded_at.isoformat()
        else:
            superseded_at = self.superseded_at

        flagged = self.flagged

        ends = []
        for ends_item_data in self.ends:
            ends_item = ends_item_data.to_dict()
            ends.append(ends_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "ruleset": ruleset,
                "record": record,
                "key": key,
                "number": number,
                "version": version,
                "cause": cause,
                "known": known,
                "decided_at": decided_at,
                "superseded_at": superseded_at,
                "flagged": flagged,
                "ends": ends,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.end import End  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        ruleset = d.pop("ruleset")

        record = d.pop("record")

        key = d.pop("key")

        number = d.pop("number")

        version = d.pop("version")

        cause = d.pop("cause")

        known = datetime.date.fromisoformat(d.pop("known"))

        decided_at = datetime.datetime.fromisoformat(d.pop("decided_at"))

        def _parse_superseded_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                superseded_at_type_0 = datetime.datetime.fromisoformat(data)

                return superseded_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        superseded_at = _parse_superseded_at(d.pop("superseded_at"))

        flagged = d.pop("flagged")

        ends = []
        _ends = d.pop("ends")
        for ends_item_data in _ends:
            ends_item = End.from_dict(ends_item_data)

            ends.append(ends_item)

        decision_kept = cls(
            id=id,
            ruleset=ruleset,
            record=record,
            key=key,
            number=number,
            version=version,
            cause=cause,
            known=known,
            decided_at=decided_at,
            superseded_at=superseded_at,
            flagged=flagged,
            ends=ends,
        )

        decision_kept.additional_properties = d
        return decision_kept

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
