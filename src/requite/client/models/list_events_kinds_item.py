from typing import Literal

ListEventsKindsItem = Literal["challenge.moved", "finding.changed", "finding.new", "ruleset.in_force", "run.finished"]

LIST_EVENTS_KINDS_ITEM_VALUES: set[ListEventsKindsItem] = {
    "challenge.moved",
    "finding.changed",
    "finding.new",
    "ruleset.in_force",
    "run.finished",
}


def check_list_events_kinds_item(value: str) -> ListEventsKindsItem:
    if value in LIST_EVENTS_KINDS_ITEM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_EVENTS_KINDS_ITEM_VALUES!r}")
