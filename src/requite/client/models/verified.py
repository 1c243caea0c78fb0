from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.broken_entry import BrokenEntry


T = TypeVar("T", bound="Verified")


@_attrs_define
class Verified:
    """Whether the log is as it was written. Keep `head` elsewhere, and give it as `expect` the next time.

    Attributes:
        ok (bool):
        entries (int):
        head (str):
        broken (BrokenEntry | None):
    """

    ok: bool
    entries: int
    head: str
    broken: BrokenEntry | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.broken_entry import BrokenEntry  # noqa: PLC0415

        ok = self.ok

        entries = self.entries

        head = self.head

        broken: dict[str, Any] | None
        if isinstance(self.broken, BrokenEntry):
            broken = self.broken.to_dict()
        else:
            broken = self.broken

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "ok": ok,
                "entries": entries,
                "head": head,
                "broken": broken,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.broken_entry import BrokenEntry  # noqa: PLC0415

        d = dict(src_dict)
        ok = d.pop("ok")

        entries = d.pop("entries")

        head = d.pop("head")

        def _parse_broken(data: object) -> BrokenEntry | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                broken_type_0 = BrokenEntry.from_dict(data)

                return broken_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(BrokenEntry | None, data)

        broken = _parse_broken(d.pop("broken"))

        verified = cls(
            ok=ok,
            entries=entries,
            head=head,
            broken=broken,
        )

        verified.additional_properties = d
        return verified

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
