"""The process that holds the sockets: it starts, serves and ends."""


class StartError(Exception):
    """Why Hearsay cannot start; the message says what to do."""
