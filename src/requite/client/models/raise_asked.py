from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="RaiseAsked")


@_attrs_define
class RaiseAsked:
    """Which of a run's challenges are to be raised: all, where nothing is said.

    Attributes:
        month (None | str | Unset): The month of the claims; else it is read from the run's data.
        by (None | str | Unset): The date of a claim by which its month is told; by default that of discharge.
        checks (list[str] | Unset):
        provider (None | str | Unset):
    """

    month: None | str | Unset = UNSET
    by: None | str | Unset = UNSET
    checks: list[str] | Unset = UNSET
    provider: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        month: None | str | Unset
        if isinstance(self.month, Unset):
            month = UNSET
        else:
            month = self.month

        by: None | str | Unset
        if isinstance(self.by, Unset):
            by = UNSET
        else:
            by = self.by

        checks: list[str] | Unset = UNSET
        if not isinstance(self.checks, Unset):
            checks = self.checks

        provider: None | str | Unset
        if isinstance(self.provider, Unset):
            provider = UNSET
        else:
            provider = self.provider

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if month is not UNSET:
            field_dict["month"] = month
        if by is not UNSET:
            field_dict["by"] = by
        if checks is not UNSET:
            field_dict["checks"] = checks
        if provider is not UNSET:
            field_dict["provider"] = provider

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_month(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        month = _parse_month(d.pop("month", UNSET))

        def _parse_by(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        by = _parse_by(d.pop("by", UNSET))

        checks = cast(list[str], d.pop("checks", UNSET))

        def _parse_provider(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        provider = _parse_provider(d.pop("provider", UNSET))

        raise_asked = cls(
            month=month,
            by=by,
            checks=checks,
            provider=provider,
        )

        return raise_asked
