from typing import Literal

RunToldState = Literal["cancelled", "done", "failed", "queued", "running"]

RUN_TOLD_STATE_VALUES: set[RunToldState] = {
    "cancelled",
    "done",
    "failed",
    "queued",
    "running",
}


def check_run_told_state(value: str) -> RunToldState:
    if value in RUN_TOLD_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {RUN_TOLD_STATE_VALUES!r}")
