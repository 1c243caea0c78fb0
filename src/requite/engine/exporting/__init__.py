"""Results of a finished run, written on to where others read them: Delta tables and PostgreSQL."""
