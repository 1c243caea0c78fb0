from typing import Literal

ExplainDecisionFormatType0 = Literal["json", "md", "text"]

EXPLAIN_DECISION_FORMAT_TYPE_0_VALUES: set[ExplainDecisionFormatType0] = {
    "json",
    "md",
    "text",
}


def check_explain_decision_format_type_0(value: str) -> ExplainDecisionFormatType0:
    if value in EXPLAIN_DECISION_FORMAT_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {EXPLAIN_DECISION_FORMAT_TYPE_0_VALUES!r}")
