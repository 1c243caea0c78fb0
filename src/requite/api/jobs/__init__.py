"""Runs in the background: files that are sent, the queue of runs, the processes that work on them, and their results."""
