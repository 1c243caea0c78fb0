from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.decision_kept import DecisionKept
    from ..models.row_kept import RowKept


T = TypeVar("T", bound="ClaimHistory")


@_attrs_define
class ClaimHistory:
    """All that was sent of a claim, and all that was decided of it, in order.

    Attributes:
        ruleset (str):
        record (str):
        key (str):
        rows (list[RowKept]):
        decisions (list[DecisionKept]):
    """

    ruleset: str
    record: str
    key: str
    rows: list[RowKept]
    decisions: list[DecisionKept]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        ruleset = self.ruleset

        record = self.record

        key = self.key

        rows = []
        for rows_item_data in self.rows:
            rows_item = rows_item_data.to_dict()
            rows.append(rows_item)

        decisions = []
        for decisions_item_data in self.decisions:
            decisions_item = decisions_item_data.to_dict()
            decisions.append(decisions_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "ruleset": ruleset,
                "record": record,
                "key": key,
                "rows": rows,
                "decisions": decisions,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.decision_kept import DecisionKept  # noqa: PLC0415
        from ..models.row_kept import RowKept  # noqa: PLC0415

        d = dict(src_dict)
        ruleset = d.pop("ruleset")

        record = d.pop("record")

        key = d.pop("key")

        rows = []
        _rows = d.pop("rows")
        for rows_item_data in _rows:
            rows_item = RowKept.from_dict(rows_item_data)

            rows.append(rows_item)

        decisions = []
        _decisions = d.pop("decisions")
        for decisions_item_data in _decisions:
            decisions_item = DecisionKept.from_dict(decisions_item_data)

            decisions.append(decisions_item)

        claim_history = cls(
            ruleset=ruleset,
            record=record,
            key=key,
            rows=rows,
            decisions=decisions,
        )

        claim_history.additional_properties = d
        return claim_history

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
