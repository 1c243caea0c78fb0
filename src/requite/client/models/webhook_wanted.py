from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.webhook_wanted_kinds_item import (
    WebhookWantedKindsItem,
    check_webhook_wanted_kinds_item,
)

T = TypeVar("T", bound="WebhookWanted")


@_attrs_define
class WebhookWanted:
    """An address to be told of events.

    Attributes:
        url (str): A public address that begins with https://; or one of a host that the service's settings name.
        kinds (list[WebhookWantedKindsItem]): The kinds of events to be told of.
    """

    url: str
    kinds: list[WebhookWantedKindsItem]

    def to_dict(self) -> dict[str, Any]:
        url = self.url

        kinds = []
        for kinds_item_data in self.kinds:
            kinds_item: str = kinds_item_data
            kinds.append(kinds_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "url": url,
                "kinds": kinds,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        url = d.pop("url")

        kinds = []
        _kinds = d.pop("kinds")
        for kinds_item_data in _kinds:
            kinds_item = check_webhook_wanted_kinds_item(kinds_item_data)

            kinds.append(kinds_item)

        webhook_wanted = cls(
            url=url,
            kinds=kinds,
        )

        return webhook_wanted
