from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.rows_sent_rows_item import RowsSentRowsItem


T = TypeVar("T", bound="RowsSent")


@_attrs_define
class RowsSent:
    """Rows of a record or table that claims are laid beside: estimates, prices, dates.

    Attributes:
        ruleset (str):
        record (str):
        rows (list[RowsSentRowsItem]):
    """

    ruleset: str
    record: str
    rows: list[RowsSentRowsItem]

    def to_dict(self) -> dict[str, Any]:
        ruleset = self.ruleset

        record = self.record

        rows = []
        for rows_item_data in self.rows:
            rows_item = rows_item_data.to_dict()
            rows.append(rows_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "ruleset": ruleset,
                "record": record,
                "rows": rows,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.rows_sent_rows_item import RowsSentRowsItem  # noqa: PLC0415

        d = dict(src_dict)
        ruleset = d.pop("ruleset")

        record = d.pop("record")

        rows = []
        _rows = d.pop("rows")
        for rows_item_data in _rows:
            rows_item = RowsSentRowsItem.from_dict(rows_item_data)

            rows.append(rows_item)

        rows_sent = cls(
            ruleset=ruleset,
            record=record,
            rows=rows,
        )

        return rows_sent
