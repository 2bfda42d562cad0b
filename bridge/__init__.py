"""Hearsay: a sidecar that lets a game speak with a language model on the player's machine."""

__version__ = "0.1.0"
