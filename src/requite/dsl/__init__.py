"""The language: from text to a checked program."""
