from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.rows_items_item import RowsItemsItem


T = TypeVar("T", bound="Rows")


@_attrs_define
class Rows:
    """Rows of a table of results, a page of them. Amounts are texts, exact to the penny.

    Attributes:
        table (str):
        columns (list[str]):
        rows_in_table (int):
        items (list[RowsItemsItem]):
        next_ (None | str | Unset): What to send as `after` for the next page.
    """

    table: str
    columns: list[str]
    rows_in_table: int
    items: list[RowsItemsItem]
    next_: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        table = self.table

        columns = self.columns

        rows_in_table = self.rows_in_table

        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)

        next_: None | str | Unset
        if isinstance(self.next_, Unset):
            next_ = UNSET
        else:
            next_ = self.next_

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "table": table,
                "columns": columns,
                "rows_in_table": rows_in_table,
                "items": items,
            }
        )
        if next_ is not UNSET:
            field_dict["next"] = next_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.rows_items_item import RowsItemsItem  # noqa: PLC0415

        d = dict(src_dict)
        table = d.pop("table")

        columns = cast(list[str], d.pop("columns"))

        rows_in_table = d.pop("rows_in_table")

        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = RowsItemsItem.from_dict(items_item_data)

            items.append(items_item)

        def _parse_next_(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        next_ = _parse_next_(d.pop("next", UNSET))

        rows = cls(
            table=table,
            columns=columns,
            rows_in_table=rows_in_table,
            items=items,
            next_=next_,
        )

        rows.additional_properties = d
        return rows

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
