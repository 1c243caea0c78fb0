"""The columnar engine: a plan as SQL over whole numbers, exact, on DuckDB and on Spark."""
