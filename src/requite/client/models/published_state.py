from typing import Literal

PublishedState = Literal["approved", "draft", "withdrawn"]

PUBLISHED_STATE_VALUES: set[PublishedState] = {
    "approved",
    "draft",
    "withdrawn",
}


def check_published_state(value: str) -> PublishedState:
    if value in PUBLISHED_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PUBLISHED_STATE_VALUES!r}")
