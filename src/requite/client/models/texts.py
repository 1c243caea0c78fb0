from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.texts_texts import TextsTexts


T = TypeVar("T", bound="Texts")


@_attrs_define
class Texts:
    """The texts of a ruleset by the names of their files.

    Attributes:
        main (str): The name of the first of the texts, which uses the others.
        texts (TextsTexts): Rulesets (.requite, .md) and tables (.csv).
    """

    main: str
    texts: TextsTexts

    def to_dict(self) -> dict[str, Any]:
        main = self.main

        texts = self.texts.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "main": main,
                "texts": texts,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.texts_texts import TextsTexts  # noqa: PLC0415

        d = dict(src_dict)
        main = d.pop("main")

        texts = TextsTexts.from_dict(d.pop("texts"))

        texts = cls(
            main=main,
            texts=texts,
        )

        return texts
