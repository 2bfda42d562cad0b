"""Hostile bytes for the sidecar: `python -m tools.fuzz --help`."""
