from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.amounts_told import AmountsTold
    from ..models.line_told_ways import LineToldWays


T = TypeVar("T", bound="LineTold")


@_attrs_define
class LineTold:
    """The challenges of one provider by one check. All that were raised went one of the `ways`, or stand there.

    Attributes:
        provider (str):
        check (str):
        raised (AmountsTold): So many challenges, and their amounts. `received` is what of credit and penalty has been
            credited.
        ways (LineToldWays):
        in_doubt (AmountsTold | None): Those of `raised` that are in doubt. A hospital is not told.
        overdue (AmountsTold): So many challenges, and their amounts. `received` is what of credit and penalty has been
            credited.
        reconciles (bool): Whether the ways add up to what was raised, in number and to the penny.
    """

    provider: str
    check: str
    raised: AmountsTold
    ways: LineToldWays
    in_doubt: AmountsTold | None
    overdue: AmountsTold
    reconciles: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.amounts_told import AmountsTold  # noqa: PLC0415

        provider = self.provider

        check = self.check

        raised = self.raised.to_dict()

        ways = self.ways.to_dict()

        in_doubt: dict[str, Any] | None
        if isinstance(self.in_doubt, AmountsTold):
            in_doubt = self.in_doubt.to_dict()
        else:
            in_doubt = self.in_doubt

        overdue = self.overdue.to_dict()

        reconciles = self.reconciles

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "provider": provider,
                "check": check,
                "raised": raised,
                "ways": ways,
                "in_doubt": in_doubt,
                "overdue": overdue,
                "reconciles": reconciles,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.amounts_told import AmountsTold  # noqa: PLC0415
        from ..models.line_told_ways import LineToldWays  # noqa: PLC0415

        d = dict(src_dict)
        provider = d.pop("provider")

        check = d.pop("check")

        raised = AmountsTold.from_dict(d.pop("raised"))

        ways = LineToldWays.from_dict(d.pop("ways"))

        def _parse_in_doubt(data: object) -> AmountsTold | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                in_doubt_type_0 = AmountsTold.from_dict(data)

                return in_doubt_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(AmountsTold | None, data)

        in_doubt = _parse_in_doubt(d.pop("in_doubt"))

        overdue = AmountsTold.from_dict(d.pop("overdue"))

        reconciles = d.pop("reconciles")

        line_told = cls(
            provider=provider,
            check=check,
            raised=raised,
            ways=ways,
            in_doubt=in_doubt,
            overdue=overdue,
            reconciles=reconciles,
        )

        line_told.additional_properties = d
        return line_told

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
