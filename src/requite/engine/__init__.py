"""The engine: from a checked program and data to decisions."""
