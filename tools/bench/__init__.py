"""Hearsay's figures: speed, overhead and idle cost, alone or beside llama-server."""
