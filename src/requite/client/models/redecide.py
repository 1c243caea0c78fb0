from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="Redecide")


@_attrs_define
class Redecide:
    """Which claims are to be decided again: those after a place in the order of their keys.

    Attributes:
        after (None | str | Unset): The `next` of the answer before; none to begin.
        most (int | Unset): Claims that are decided in this request. Default: 1000.
    """

    after: None | str | Unset = UNSET
    most: int | Unset = 1000

    def to_dict(self) -> dict[str, Any]:
        after: None | str | Unset
        if isinstance(self.after, Unset):
            after = UNSET
        else:
            after = self.after

        most = self.most

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if after is not UNSET:
            field_dict["after"] = after
        if most is not UNSET:
            field_dict["most"] = most

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_after(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        after = _parse_after(d.pop("after", UNSET))

        most = d.pop("most", UNSET)

        redecide = cls(
            after=after,
            most=most,
        )

        return redecide
