from typing import Literal

FilterAskedStateType0 = Literal[
    "agreed",
    "closed",
    "credited",
    "disputed",
    "escalated",
    "lapsed",
    "part_accepted",
    "raised",
    "rejected",
    "sent",
    "upheld",
    "withdrawn",
]

FILTER_ASKED_STATE_TYPE_0_VALUES: set[FilterAskedStateType0] = {
    "agreed",
    "closed",
    "credited",
    "disputed",
    "escalated",
    "lapsed",
    "part_accepted",
    "raised",
    "rejected",
    "sent",
    "upheld",
    "withdrawn",
}


def check_filter_asked_state_type_0(value: str) -> FilterAskedStateType0:
    if value in FILTER_ASKED_STATE_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {FILTER_ASKED_STATE_TYPE_0_VALUES!r}")
