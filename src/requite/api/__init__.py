"""The ways in: the command line and the library's outer face."""
