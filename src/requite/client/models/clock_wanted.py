from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="ClockWanted")


@_attrs_define
class ClockWanted:
    """The moment that the clock is to show from now on.

    Attributes:
        moment (datetime.datetime | None): With its time zone, and never before what the clock shows; null for the true
            time.
    """

    moment: datetime.datetime | None

    def to_dict(self) -> dict[str, Any]:
        moment: None | str
        if isinstance(self.moment, datetime.datetime):
            moment = self.moment.isoformat()
        else:
            moment = self.moment

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "moment": moment,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_moment(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                moment_type_0 = datetime.datetime.fromisoformat(data)

                return moment_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        moment = _parse_moment(d.pop("moment"))

        clock_wanted = cls(
            moment=moment,
        )

        return clock_wanted
