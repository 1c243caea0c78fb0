from typing import Literal

ListChallengesOutcomeType0 = Literal["agreed", "barred", "lapsed", "not_found", "rejected", "upheld", "withdrawn"]

LIST_CHALLENGES_OUTCOME_TYPE_0_VALUES: set[ListChallengesOutcomeType0] = {
    "agreed",
    "barred",
    "lapsed",
    "not_found",
    "rejected",
    "upheld",
    "withdrawn",
}


def check_list_challenges_outcome_type_0(value: str) -> ListChallengesOutcomeType0:
    if value in LIST_CHALLENGES_OUTCOME_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_CHALLENGES_OUTCOME_TYPE_0_VALUES!r}")
