from typing import Literal

RunWholeState = Literal["cancelled", "done", "failed", "queued", "running"]

RUN_WHOLE_STATE_VALUES: set[RunWholeState] = {
    "cancelled",
    "done",
    "failed",
    "queued",
    "running",
}


def check_run_whole_state(value: str) -> RunWholeState:
    if value in RUN_WHOLE_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {RUN_WHOLE_STATE_VALUES!r}")
