from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.end_status import EndStatus, check_end_status
from ..types import UNSET, Unset

T = TypeVar("T", bound="End")


@_attrs_define
class End:
    """What one check says of a claim. Amounts are in pounds, with all their decimals.

    Example:
        {'billed': '1500.00', 'challenged': True, 'challenged_as': '', 'check': 'over_estimate', 'expected': '1000.00',
            'not_challenged': '', 'overcharge': '500.00', 'penalty': '50.00', 'reason': 'billed £1,500.00; the GP expected
            £1,000.00 on 2010-05-04', 'respondent': 'RAX', 'status': 'flagged'}

    Attributes:
        check (str):
        status (EndStatus):
        reason (str):
        billed (None | str):
        expected (None | str):
        overcharge (None | str):
        penalty (None | str):
        respondent (str):
        challenged (bool): Whether a challenge of this finding may go out.
        challenged_as (str): The check whose finding goes out in its place.
        not_challenged (str | Unset): Why a challenge that the ruleset asks for cannot be made: its amount is too large
            or has parts of a penny, or no hospital is named. Empty where that is not so. Default: ''.
    """

    check: str
    status: EndStatus
    reason: str
    billed: None | str
    expected: None | str
    overcharge: None | str
    penalty: None | str
    respondent: str
    challenged: bool
    challenged_as: str
    not_challenged: str | Unset = ""
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        check = self.check

        status: str = self.status

        reason = self.reason

        billed: None | str
        billed = self.billed

        expected: None | str
        expected = self.expected

        overcharge: None | str
        overcharge = self.overcharge

        penalty: None | str
        penalty = self.penalty

        respondent = self.respondent

        challenged = self.challenged

        challenged_as = self.challenged_as

        not_challenged = self.not_challenged

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "check": check,
                "status": status,
                "reason": reason,
                "billed": billed,
                "expected": expected,
                "overcharge": overcharge,
                "penalty": penalty,
                "respondent": respondent,
                "challenged": challenged,
                "challenged_as": challenged_as,
            }
        )
        if not_challenged is not UNSET:
            field_dict["not_challenged"] = not_challenged

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        check = d.pop("check")

        status = check_end_status(d.pop("status"))

        reason = d.pop("reason")

        def _parse_billed(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        billed = _parse_billed(d.pop("billed"))

        def _parse_expected(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        expected = _parse_expected(d.pop("expected"))

        def _parse_overcharge(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        overcharge = _parse_overcharge(d.pop("overcharge"))

        def _parse_penalty(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        penalty = _parse_penalty(d.pop("penalty"))

        respondent = d.pop("respondent")

        challenged = d.pop("challenged")

        challenged_as = d.pop("challenged_as")

        not_challenged = d.pop("not_challenged", UNSET)

        end = cls(
            check=check,
            status=status,
            reason=reason,
            billed=billed,
            expected=expected,
            overcharge=overcharge,
            penalty=penalty,
            respondent=respondent,
            challenged=challenged,
            challenged_as=challenged_as,
            not_challenged=not_challenged,
        )

        end.additional_properties = d
        return end

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
