from typing import Literal

EndStatus = Literal["flagged", "not assessable", "out of scope", "passed"]

END_STATUS_VALUES: set[EndStatus] = {
    "flagged",
    "not assessable",
    "out of scope",
    "passed",
}


def check_end_status(value: str) -> EndStatus:
    if value in END_STATUS_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {END_STATUS_VALUES!r}")
