from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.decision_kept import DecisionKept
    from ..models.row_kept import RowKept


T = TypeVar("T", bound="ClaimShown")


@_attrs_define
class ClaimShown:
    """A claim as it is known, or was at a moment. Of one that was cancelled no decision stands.

    Attributes:
        ruleset (str):
        record (str):
        key (str):
        row (RowKept): A claim as it was sent, once.
        decision (DecisionKept | None):
    """

    ruleset: str
    record: str
    key: str
    row: RowKept
    decision: DecisionKept | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.decision_kept import DecisionKept  # noqa: PLC0415

        ruleset = self.ruleset

        record = self.record

        key = self.key

        row = self.row.to_dict()

        decision: dict[str, Any] | None
        if isinstance(self.decision, DecisionKept):
            decision = self.decision.to_dict()
        else:
            decision = self.decision

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "ruleset": ruleset,
                "record": record,
                "key": key,
                "row": row,
                "decision": decision,
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

        row = RowKept.from_dict(d.pop("row"))

        def _parse_decision(data: object) -> DecisionKept | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                decision_type_0 = DecisionKept.from_dict(data)

                return decision_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(DecisionKept | None, data)

        decision = _parse_decision(d.pop("decision"))

        claim_shown = cls(
            ruleset=ruleset,
            record=record,
            key=key,
            row=row,
            decision=decision,
        )

        claim_shown.additional_properties = d
        return claim_shown

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
