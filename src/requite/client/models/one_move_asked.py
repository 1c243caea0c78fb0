from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.one_move_asked_move import OneMoveAskedMove, check_one_move_asked_move
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.attachment import Attachment


T = TypeVar("T", bound="OneMoveAsked")


@_attrs_define
class OneMoveAsked:
    """A move of one challenge.

    Attributes:
        move (OneMoveAskedMove):
        why (str):
        on_behalf (bool | Unset): That the commissioner puts down what the hospital answered elsewhere. Default: False.
        amount (None | str | Unset): The part that the hospital accepts, or that is upheld; with `agree` what is
            offered, with `credit` what was credited, to be compared.
        attachments (list[Attachment] | Unset):
    """

    move: OneMoveAskedMove
    why: str
    on_behalf: bool | Unset = False
    amount: None | str | Unset = UNSET
    attachments: list[Attachment] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        move: str = self.move

        why = self.why

        on_behalf = self.on_behalf

        amount: None | str | Unset
        if isinstance(self.amount, Unset):
            amount = UNSET
        else:
            amount = self.amount

        attachments: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.attachments, Unset):
            attachments = []
            for attachments_item_data in self.attachments:
                attachments_item = attachments_item_data.to_dict()
                attachments.append(attachments_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "move": move,
                "why": why,
            }
        )
        if on_behalf is not UNSET:
            field_dict["on_behalf"] = on_behalf
        if amount is not UNSET:
            field_dict["amount"] = amount
        if attachments is not UNSET:
            field_dict["attachments"] = attachments

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.attachment import Attachment  # noqa: PLC0415

        d = dict(src_dict)
        move = check_one_move_asked_move(d.pop("move"))

        why = d.pop("why")

        on_behalf = d.pop("on_behalf", UNSET)

        def _parse_amount(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        amount = _parse_amount(d.pop("amount", UNSET))

        _attachments = d.pop("attachments", UNSET)
        attachments: list[Attachment] | Unset = UNSET
        if _attachments is not UNSET:
            attachments = []
            for attachments_item_data in _attachments:
                attachments_item = Attachment.from_dict(attachments_item_data)

                attachments.append(attachments_item)

        one_move_asked = cls(
            move=move,
            why=why,
            on_behalf=on_behalf,
            amount=amount,
            attachments=attachments,
        )

        return one_move_asked
