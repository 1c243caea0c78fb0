from typing import Literal

RunAskedEngine = Literal["duckdb", "interpret"]

RUN_ASKED_ENGINE_VALUES: set[RunAskedEngine] = {
    "duckdb",
    "interpret",
}


def check_run_asked_engine(value: str) -> RunAskedEngine:
    if value in RUN_ASKED_ENGINE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {RUN_ASKED_ENGINE_VALUES!r}")
