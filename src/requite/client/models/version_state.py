from typing import Literal

VersionState = Literal["approved", "draft", "withdrawn"]

VERSION_STATE_VALUES: set[VersionState] = {
    "approved",
    "draft",
    "withdrawn",
}


def check_version_state(value: str) -> VersionState:
    if value in VERSION_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {VERSION_STATE_VALUES!r}")
