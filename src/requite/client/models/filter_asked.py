from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.filter_asked_state_type_0 import (
    FilterAskedStateType0,
    check_filter_asked_state_type_0,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="FilterAsked")


@_attrs_define
class FilterAsked:
    """Which challenges are meant: those for which all of this holds.

    Attributes:
        state (FilterAskedStateType0 | None | Unset):
        provider (None | str | Unset):
        check (None | str | Unset):
        month (None | str | Unset):
        ruleset (None | str | Unset):
        run (None | str | Unset):
        in_doubt (bool | None | Unset):
        overdue (bool | None | Unset):
    """

    state: FilterAskedStateType0 | None | Unset = UNSET
    provider: None | str | Unset = UNSET
    check: None | str | Unset = UNSET
    month: None | str | Unset = UNSET
    ruleset: None | str | Unset = UNSET
    run: None | str | Unset = UNSET
    in_doubt: bool | None | Unset = UNSET
    overdue: bool | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        state: None | str | Unset
        if isinstance(self.state, Unset):
            state = UNSET
        elif isinstance(self.state, str):
            state = self.state
        else:
            state = self.state

        provider: None | str | Unset
        if isinstance(self.provider, Unset):
            provider = UNSET
        else:
            provider = self.provider

        check: None | str | Unset
        if isinstance(self.check, Unset):
            check = UNSET
        else:
            check = self.check

        month: None | str | Unset
        if isinstance(self.month, Unset):
            month = UNSET
        else:
            month = self.month

        ruleset: None | str | Unset
        if isinstance(self.ruleset, Unset):
            ruleset = UNSET
        else:
            ruleset = self.ruleset

        run: None | str | Unset
        if isinstance(self.run, Unset):
            run = UNSET
        else:
            run = self.run

        in_doubt: bool | None | Unset
        if isinstance(self.in_doubt, Unset):
            in_doubt = UNSET
        else:
            in_doubt = self.in_doubt

        overdue: bool | None | Unset
        if isinstance(self.overdue, Unset):
            overdue = UNSET
        else:
            overdue = self.overdue

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if state is not UNSET:
            field_dict["state"] = state
        if provider is not UNSET:
            field_dict["provider"] = provider
        if check is not UNSET:
            field_dict["check"] = check
        if month is not UNSET:
            field_dict["month"] = month
        if ruleset is not UNSET:
            field_dict["ruleset"] = ruleset
        if run is not UNSET:
            field_dict["run"] = run
        if in_doubt is not UNSET:
            field_dict["in_doubt"] = in_doubt
        if overdue is not UNSET:
            field_dict["overdue"] = overdue

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_state(data: object) -> FilterAskedStateType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                state_type_0 = check_filter_asked_state_type_0(data)

                return state_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FilterAskedStateType0 | None | Unset, data)

        state = _parse_state(d.pop("state", UNSET))

        def _parse_provider(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        provider = _parse_provider(d.pop("provider", UNSET))

        def _parse_check(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        check = _parse_check(d.pop("check", UNSET))

        def _parse_month(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        month = _parse_month(d.pop("month", UNSET))

        def _parse_ruleset(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        ruleset = _parse_ruleset(d.pop("ruleset", UNSET))

        def _parse_run(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        run = _parse_run(d.pop("run", UNSET))

        def _parse_in_doubt(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        in_doubt = _parse_in_doubt(d.pop("in_doubt", UNSET))

        def _parse_overdue(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        overdue = _parse_overdue(d.pop("overdue", UNSET))

        filter_asked = cls(
            state=state,
            provider=provider,
            check=check,
            month=month,
            ruleset=ruleset,
            run=run,
            in_doubt=in_doubt,
            overdue=overdue,
        )

        return filter_asked
