from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.claims_sent_rows_item import ClaimsSentRowsItem


T = TypeVar("T", bound="ClaimsSent")


@_attrs_define
class ClaimsSent:
    """Claims to be decided. A claim whose key is there already is a correction.

    Attributes:
        ruleset (str):
        rows (list[ClaimsSentRowsItem]): Each by the columns, or the fields, of the record.
        record (None | str | Unset): The claims' record; the only one that is checked live, if none is named.
    """

    ruleset: str
    rows: list[ClaimsSentRowsItem]
    record: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        ruleset = self.ruleset

        rows = []
        for rows_item_data in self.rows:
            rows_item = rows_item_data.to_dict()
            rows.append(rows_item)

        record: None | str | Unset
        if isinstance(self.record, Unset):
            record = UNSET
        else:
            record = self.record

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "ruleset": ruleset,
                "rows": rows,
            }
        )
        if record is not UNSET:
            field_dict["record"] = record

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.claims_sent_rows_item import ClaimsSentRowsItem  # noqa: PLC0415

        d = dict(src_dict)
        ruleset = d.pop("ruleset")

        rows = []
        _rows = d.pop("rows")
        for rows_item_data in _rows:
            rows_item = ClaimsSentRowsItem.from_dict(rows_item_data)

            rows.append(rows_item)

        def _parse_record(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        record = _parse_record(d.pop("record", UNSET))

        claims_sent = cls(
            ruleset=ruleset,
            rows=rows,
            record=record,
        )

        return claims_sent
