from typing import Literal

KeptShownArrival = Literal["cancelled", "corrected", "new", "unchanged"]

KEPT_SHOWN_ARRIVAL_VALUES: set[KeptShownArrival] = {
    "cancelled",
    "corrected",
    "new",
    "unchanged",
}


def check_kept_shown_arrival(value: str) -> KeptShownArrival:
    if value in KEPT_SHOWN_ARRIVAL_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {KEPT_SHOWN_ARRIVAL_VALUES!r}")
