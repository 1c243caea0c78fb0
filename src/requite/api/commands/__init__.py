"""The commands, each giving an answer that is printed as text or as JSON."""
