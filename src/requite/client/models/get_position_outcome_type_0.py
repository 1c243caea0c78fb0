from typing import Literal

GetPositionOutcomeType0 = Literal["agreed", "barred", "lapsed", "not_found", "rejected", "upheld", "withdrawn"]

GET_POSITION_OUTCOME_TYPE_0_VALUES: set[GetPositionOutcomeType0] = {
    "agreed",
    "barred",
    "lapsed",
    "not_found",
    "rejected",
    "upheld",
    "withdrawn",
}


def check_get_position_outcome_type_0(value: str) -> GetPositionOutcomeType0:
    if value in GET_POSITION_OUTCOME_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_POSITION_OUTCOME_TYPE_0_VALUES!r}")
