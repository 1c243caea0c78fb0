from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="RowsTakenBack")


@_attrs_define
class RowsTakenBack:
    """Rows that no longer hold.

    Attributes:
        ruleset (str):
        record (str):
        keys (list[str]):
    """

    ruleset: str
    record: str
    keys: list[str]

    def to_dict(self) -> dict[str, Any]:
        ruleset = self.ruleset

        record = self.record

        keys = self.keys

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "ruleset": ruleset,
                "record": record,
                "keys": keys,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        ruleset = d.pop("ruleset")

        record = d.pop("record")

        keys = cast(list[str], d.pop("keys"))

        rows_taken_back = cls(
            ruleset=ruleset,
            record=record,
            keys=keys,
        )

        return rows_taken_back
