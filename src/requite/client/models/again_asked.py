from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.again_asked_rules_type_0 import (
    AgainAskedRulesType0,
    check_again_asked_rules_type_0,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="AgainAsked")


@_attrs_define
class AgainAsked:
    """The same data again, by other rules.

    Attributes:
        rules (AgainAskedRulesType0 | str): `in force now`: those in force on `on` (today, if not said) as known now.
            `known then`: those in force on `on` (the run's own date) as they were known at `known_at` (the end of that
            day). Or a version by its id.
        on (datetime.date | None | Unset):
        known_at (datetime.datetime | None | Unset):
    """

    rules: AgainAskedRulesType0 | str
    on: datetime.date | None | Unset = UNSET
    known_at: datetime.datetime | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        rules: str
        if isinstance(self.rules, str):
            rules = self.rules
        else:
            rules = self.rules

        on: None | str | Unset
        if isinstance(self.on, Unset):
            on = UNSET
        elif isinstance(self.on, datetime.date):
            on = self.on.isoformat()
        else:
            on = self.on

        known_at: None | str | Unset
        if isinstance(self.known_at, Unset):
            known_at = UNSET
        elif isinstance(self.known_at, datetime.datetime):
            known_at = self.known_at.isoformat()
        else:
            known_at = self.known_at

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "rules": rules,
            }
        )
        if on is not UNSET:
            field_dict["on"] = on
        if known_at is not UNSET:
            field_dict["known_at"] = known_at

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_rules(data: object) -> AgainAskedRulesType0 | str:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                rules_type_0 = check_again_asked_rules_type_0(data)

                return rules_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(AgainAskedRulesType0 | str, data)

        rules = _parse_rules(d.pop("rules"))

        def _parse_on(data: object) -> datetime.date | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                on_type_0 = datetime.date.fromisoformat(data)

                return on_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | None | Unset, data)

        on = _parse_on(d.pop("on", UNSET))

        def _parse_known_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                known_at_type_0 = datetime.datetime.fromisoformat(data)

                return known_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        known_at = _parse_known_at(d.pop("known_at", UNSET))

        again_asked = cls(
            rules=rules,
            on=on,
            known_at=known_at,
        )

        return again_asked
