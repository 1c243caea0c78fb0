"""Telling others: events as they happen, signed and sent to registered addresses until they arrive, or read one after another."""
