"""Files, folders and frames read into typed rows; what cannot be read is said, row by row."""
