from typing import Literal

ListChallengesStateType0 = Literal[
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

LIST_CHALLENGES_STATE_TYPE_0_VALUES: set[ListChallengesStateType0] = {
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


def check_list_challenges_state_type_0(value: str) -> ListChallengesStateType0:
    if value in LIST_CHALLENGES_STATE_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_CHALLENGES_STATE_TYPE_0_VALUES!r}")
