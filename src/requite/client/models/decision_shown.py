from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.end import End


T = TypeVar("T", bound="DecisionShown")


@_attrs_define
class DecisionShown:
    """A decision of a claim. `number` counts them for each claim; a later one follows where something else is found.

    Attributes:
        id (str):
        record (str):
        key (str):
        number (int):
        version (str): The id of the ruleset's version that decided.
        cause (str): What made it be decided.
        decided_at (datetime.datetime):
        flagged (bool):
        changed (bool): Whether this request brought it about.
        ends (list[End]):
    """

    id: str
    record: str
    key: str
    number: int
    version: str
    cause: str
    decided_at: datetime.datetime
    flagged: bool
    changed: bool
    ends: list[End]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        record = self.record

        key = self.key

        number = self.number

        version = self.version

        cause = self.cause

        decided_at = self.decided_at.isoformat()

        flagged = self.flagged

        changed = self.changed

        ends = []
        for ends_item_data in self.ends:
            ends_item = ends_item_data.to_dict()
            ends.append(ends_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "record": record,
                "key": key,
                "number": number,
                "version": version,
                "cause": cause,
                "decided_at": decided_at,
                "flagged": flagged,
                "changed": changed,
                "ends": ends,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.end import End  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        record = d.pop("record")

        key = d.pop("key")

        number = d.pop("number")

        version = d.pop("version")

        cause = d.pop("cause")

        decided_at = datetime.datetime.fromisoformat(d.pop("decided_at"))

        flagged = d.pop("flagged")

        changed = d.pop("changed")

        ends = []
        _ends = d.pop("ends")
        for ends_item_data in _ends:
            ends_item = End.from_dict(ends_item_data)

            ends.append(ends_item)

        decision_shown = cls(
            id=id,
            record=record,
            key=key,
            number=number,
            version=version,
            cause=cause,
            decided_at=decided_at,
            flagged=flagged,
            changed=changed,
            ends=ends,
        )

        decision_shown.additional_properties = d
        return decision_shown

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
