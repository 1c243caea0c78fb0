from typing import Literal

WebhookWantedKindsItem = Literal["challenge.moved", "finding.changed", "finding.new", "ruleset.in_force", "run.finished"]

WEBHOOK_WANTED_KINDS_ITEM_VALUES: set[WebhookWantedKindsItem] = {
    "challenge.moved",
    "finding.changed",
    "finding.new",
    "ruleset.in_force",
    "run.finished",
}


def check_webhook_wanted_kinds_item(value: str) -> WebhookWantedKindsItem:
    if value in WEBHOOK_WANTED_KINDS_ITEM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {WEBHOOK_WANTED_KINDS_ITEM_VALUES!r}")
