"""Speed, measured against what a user would pick instead. Run by `make bench`; no part of the package or of its tests."""
