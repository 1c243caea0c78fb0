from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.declared import Declared
    from ..models.diagnostic_details import DiagnosticDetails


T = TypeVar("T", bound="Checked")


@_attrs_define
class Checked:
    """What the checker says of a text, and what the text declares.

    Attributes:
        ok (bool):
        name (None | str): What the ruleset calls itself; null where it has errors.
        title (None | str):
        diagnostics (list[DiagnosticDetails]): What is wrong, or may be: the first 500.
        more (int): How many more there are than are told.
        outline (list[Declared]):
    """

    ok: bool
    name: None | str
    title: None | str
    diagnostics: list[DiagnosticDetails]
    more: int
    outline: list[Declared]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        ok = self.ok

        name: None | str
        name = self.name

        title: None | str
        title = self.title

        diagnostics = []
        for diagnostics_item_data in self.diagnostics:
            diagnostics_item = diagnostics_item_data.to_dict()
            diagnostics.append(diagnostics_item)

        more = self.more

        outline = []
        for outline_item_data in self.outline:
            outline_item = outline_item_data.to_dict()
            outline.append(outline_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "ok": ok,
                "name": name,
                "title": title,
                "diagnostics": diagnostics,
                "more": more,
                "outline": outline,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.declared import Declared  # noqa: PLC0415
        from ..models.diagnostic_details import DiagnosticDetails  # noqa: PLC0415

        d = dict(src_dict)
        ok = d.pop("ok")

        def _parse_name(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        name = _parse_name(d.pop("name"))

        def _parse_title(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        title = _parse_title(d.pop("title"))

        diagnostics = []
        _diagnostics = d.pop("diagnostics")
        for diagnostics_item_data in _diagnostics:
            diagnostics_item = DiagnosticDetails.from_dict(diagnostics_item_data)

            diagnostics.append(diagnostics_item)

        more = d.pop("more")

        outline = []
        _outline = d.pop("outline")
        for outline_item_data in _outline:
            outline_item = Declared.from_dict(outline_item_data)

            outline.append(outline_item)

        checked = cls(
            ok=ok,
            name=name,
            title=title,
            diagnostics=diagnostics,
            more=more,
            outline=outline,
        )

        checked.additional_properties = d
        return checked

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
