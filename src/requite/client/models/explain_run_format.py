from typing import Literal

ExplainRunFormat = Literal["json", "md", "text"]

EXPLAIN_RUN_FORMAT_VALUES: set[ExplainRunFormat] = {
    "json",
    "md",
    "text",
}


def check_explain_run_format(value: str) -> ExplainRunFormat:
    if value in EXPLAIN_RUN_FORMAT_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {EXPLAIN_RUN_FORMAT_VALUES!r}")
