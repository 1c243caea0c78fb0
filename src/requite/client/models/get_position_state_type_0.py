from typing import Literal

GetPositionStateType0 = Literal[
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

GET_POSITION_STATE_TYPE_0_VALUES: set[GetPositionStateType0] = {
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


def check_get_position_state_type_0(value: str) -> GetPositionStateType0:
    if value in GET_POSITION_STATE_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_POSITION_STATE_TYPE_0_VALUES!r}")
