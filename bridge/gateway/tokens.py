"""The secret that a client must know: drawn here, kept in a file that only its user can read."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path

from bridge.gateway import StartError

TOKEN_BYTES = 32
MIN_LENGTH = 16
MAX_LENGTH = 512


def new_token() -> str:
    """Return a token of 256 random bits that fits a header."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def curve_keys(path: Path) -> tuple[bytes, bytes]:
    """Return ZeroMQ's public and secret key; the file has the secret one, else as `token_from`."""
    import zmq  # Only now: most games do without, and start sooner.

    secret = token_from(path, _new_curve_key, what="key").encode()
    try:
        return zmq.curve_public(secret), secret
    except (ValueError, zmq.ZMQError) as error:
        raise StartError(f"The file {path} holds no CURVE key; delete it to get one.") from error


def token_from(path: Path, make: Callable[[], str] = new_token, *, what: str = "token") -> str:
    """
    Return the token of a file, which is made when it is not there; `what` is what it is called.

    Raises StartError when others may read the file, or when it holds no token.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path, what)
    except OSError as error:
        raise StartError(f"The {what} file {path} cannot be made: {error.strerror}.") from error
    token = make()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(token + "\n")
    return token


def _new_curve_key() -> str:
    import zmq

    return zmq.curve_keypair()[1].decode("ascii")


def _read(path: Path, what: str) -> str:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(MAX_LENGTH + 2)
    except OSError as error:
        raise StartError(f"The {what} file {path} cannot be read: {error.strerror}.") from error
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise StartError(f"Others may read the {what} file {path}; run: chmod 600 {path}")
    token = text.decode("ascii", "replace").strip()
    if not MIN_LENGTH <= len(token) <= MAX_LENGTH or not _is_plain(token):
        raise StartError(
            f"The {what} file {path} holds no {what} of {MIN_LENGTH} to {MAX_LENGTH} letters and "
            "digits; delete it, and Hearsay makes a new one."
        )
    return token


def _is_plain(token: str) -> bool:
    return token.isascii() and token.isprintable() and " " not in token
