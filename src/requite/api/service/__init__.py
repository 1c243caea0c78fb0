"""The service over HTTP: who may call it, what it takes and gives, and how it runs."""
