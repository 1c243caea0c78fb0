from typing import Literal

StreamEventsKindsItem = Literal["challenge.moved", "finding.changed", "finding.new", "ruleset.in_force", "run.finished"]

STREAM_EVENTS_KINDS_ITEM_VALUES: set[StreamEventsKindsItem] = {
    "challenge.moved",
    "finding.changed",
    "finding.new",
    "ruleset.in_force",
    "run.finished",
}


def check_stream_events_kinds_item(value: str) -> StreamEventsKindsItem:
    if value in STREAM_EVENTS_KINDS_ITEM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {STREAM_EVENTS_KINDS_ITEM_VALUES!r}")
