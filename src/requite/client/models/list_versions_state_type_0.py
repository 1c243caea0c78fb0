from typing import Literal

ListVersionsStateType0 = Literal["approved", "draft", "withdrawn"]

LIST_VERSIONS_STATE_TYPE_0_VALUES: set[ListVersionsStateType0] = {
    "approved",
    "draft",
    "withdrawn",
}


def check_list_versions_state_type_0(value: str) -> ListVersionsStateType0:
    if value in LIST_VERSIONS_STATE_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_VERSIONS_STATE_TYPE_0_VALUES!r}")
