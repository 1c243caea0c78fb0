from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="ClaimsTakenBack")


@_attrs_define
class ClaimsTakenBack:
    """Claims that no longer hold.

    Attributes:
        ruleset (str):
        keys (list[str]):
        record (None | str | Unset):
    """

    ruleset: str
    keys: list[str]
    record: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        ruleset = self.ruleset

        keys = self.keys

        record: None | str | Unset
        if isinstance(self.record, Unset):
            record = UNSET
        else:
            record = self.record

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "ruleset": ruleset,
                "keys": keys,
            }
        )
        if record is not UNSET:
            field_dict["record"] = record

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        ruleset = d.pop("ruleset")

        keys = cast(list[str], d.pop("keys"))

        def _parse_record(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        record = _parse_record(d.pop("record", UNSET))

        claims_taken_back = cls(
            ruleset=ruleset,
            keys=keys,
            record=record,
        )

        return claims_taken_back
