from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.new_version_texts import NewVersionTexts


T = TypeVar("T", bound="NewVersion")


@_attrs_define
class NewVersion:
    """The texts of a version, and what there is to say about it.

    Attributes:
        main (str): The name of the first of the texts, which uses the others.
        texts (NewVersionTexts): Rulesets (.requite, .md) and tables (.csv).
        note (str | Unset):  Default: ''.
    """

    main: str
    texts: NewVersionTexts
    note: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        main = self.main

        texts = self.texts.to_dict()

        note = self.note

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "main": main,
                "texts": texts,
            }
        )
        if note is not UNSET:
            field_dict["note"] = note

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.new_version_texts import NewVersionTexts  # noqa: PLC0415

        d = dict(src_dict)
        main = d.pop("main")

        texts = NewVersionTexts.from_dict(d.pop("texts"))

        note = d.pop("note", UNSET)

        new_version = cls(
            main=main,
            texts=texts,
            note=note,
        )

        return new_version
