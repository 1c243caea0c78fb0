from typing import Literal

GetResultsTable = Literal["carried", "counts", "figures", "findings", "not_assessable", "payments", "rejects"]

GET_RESULTS_TABLE_VALUES: set[GetResultsTable] = {
    "carried",
    "counts",
    "figures",
    "findings",
    "not_assessable",
    "payments",
    "rejects",
}


def check_get_results_table(value: str) -> GetResultsTable:
    if value in GET_RESULTS_TABLE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_RESULTS_TABLE_VALUES!r}")
