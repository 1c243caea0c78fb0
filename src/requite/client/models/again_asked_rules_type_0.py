from typing import Literal

AgainAskedRulesType0 = Literal["in force now", "known then"]

AGAIN_ASKED_RULES_TYPE_0_VALUES: set[AgainAskedRulesType0] = {
    "in force now",
    "known then",
}


def check_again_asked_rules_type_0(value: str) -> AgainAskedRulesType0:
    if value in AGAIN_ASKED_RULES_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {AGAIN_ASKED_RULES_TYPE_0_VALUES!r}")
