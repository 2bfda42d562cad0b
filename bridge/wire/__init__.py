"""Dialects: bytes become messages and messages bytes; no sockets, no clock."""
