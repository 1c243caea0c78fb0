from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="WebhookMade")


@_attrs_define
class WebhookMade:
    """A registered address with its secret, which is told this once: what is sent is signed with it.

    Attributes:
        id (str):
        url (str):
        kinds (list[str]):
        created_at (datetime.datetime):
        created_by (str):
        secret (None | str): What signs. It is null where the answer is given again under an Idempotency-Key.
    """

    id: str
    url: str
    kinds: list[str]
    created_at: datetime.datetime
    created_by: str
    secret: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        url = self.url

        kinds = self.kinds

        created_at = self.created_at.isoformat()

        created_by = self.created_by

        secret: None | str
        secret = self.secret

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "url": url,
                "kinds": kinds,
                "created_at": created_at,
                "created_by": created_by,
                "secret": secret,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        url = d.pop("url")

        kinds = cast(list[str], d.pop("kinds"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        created_by = d.pop("created_by")

        def _parse_secret(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        secret = _parse_secret(d.pop("secret"))

        webhook_made = cls(
            id=id,
            url=url,
            kinds=kinds,
            created_at=created_at,
            created_by=created_by,
            secret=secret,
        )

        webhook_made.additional_properties = d
        return webhook_made

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
