from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.many_moves_asked_move import (
    ManyMovesAskedMove,
    check_many_moves_asked_move,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.filter_asked import FilterAsked


T = TypeVar("T", bound="ManyMovesAsked")


@_attrs_define
class ManyMovesAsked:
    """One move of many challenges: of those with these ids, or of all for which a filter holds.

    Attributes:
        move (ManyMovesAskedMove):
        why (str):
        on_behalf (bool | Unset): That the commissioner puts down what the hospital answered elsewhere. Default: False.
        ids (list[str] | None | Unset):
        filter_ (FilterAsked | None | Unset):
        all_or_none (bool | Unset): Whether none is moved where one cannot be. Default: False.
    """

    move: ManyMovesAskedMove
    why: str
    on_behalf: bool | Unset = False
    ids: list[str] | None | Unset = UNSET
    filter_: FilterAsked | None | Unset = UNSET
    all_or_none: bool | Unset = False

    def to_dict(self) -> dict[str, Any]:
        from ..models.filter_asked import FilterAsked  # noqa: PLC0415

        move: str = self.move

        why = self.why

        on_behalf = self.on_behalf

        ids: list[str] | None | Unset
        if isinstance(self.ids, Unset):
            ids = UNSET
        elif isinstance(self.ids, list):
            ids = self.ids

        else:
            ids = self.ids

        filter_: dict[str, Any] | None | Unset
        if isinstance(self.filter_, Unset):
            filter_ = UNSET
        elif isinstance(self.filter_, FilterAsked):
            filter_ = self.filter_.to_dict()
        else:
            filter_ = self.filter_

        all_or_none = self.all_or_none

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "move": move,
                "why": why,
            }
        )
        if on_behalf is not UNSET:
            field_dict["on_behalf"] = on_behalf
        if ids is not UNSET:
            field_dict["ids"] = ids
        if filter_ is not UNSET:
            field_dict["filter"] = filter_
        if all_or_none is not UNSET:
            field_dict["all_or_none"] = all_or_none

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.filter_asked import FilterAsked  # noqa: PLC0415

        d = dict(src_dict)
        move = check_many_moves_asked_move(d.pop("move"))

        why = d.pop("why")

        on_behalf = d.pop("on_behalf", UNSET)

        def _parse_ids(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                ids_type_0 = cast(list[str], data)

                return ids_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        ids = _parse_ids(d.pop("ids", UNSET))

        def _parse_filter_(data: object) -> FilterAsked | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                filter_type_0 = FilterAsked.from_dict(data)

                return filter_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FilterAsked | None | Unset, data)

        filter_ = _parse_filter_(d.pop("filter", UNSET))

        all_or_none = d.pop("all_or_none", UNSET)

        many_moves_asked = cls(
            move=move,
            why=why,
            on_behalf=on_behalf,
            ids=ids,
            filter_=filter_,
            all_or_none=all_or_none,
        )

        return many_moves_asked
