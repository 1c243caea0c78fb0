"""Challenges, followed to their end: raised from findings, sent, answered or met with silence, settled, credited, closed."""
