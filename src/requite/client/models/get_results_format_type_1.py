from typing import Literal

GetResultsFormatType1 = Literal["csv", "parquet", "xlsx"]

GET_RESULTS_FORMAT_TYPE_1_VALUES: set[GetResultsFormatType1] = {
    "csv",
    "parquet",
    "xlsx",
}


def check_get_results_format_type_1(value: str) -> GetResultsFormatType1:
    if value in GET_RESULTS_FORMAT_TYPE_1_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_RESULTS_FORMAT_TYPE_1_VALUES!r}")
