"""The listening sockets, opened before the server so that a busy port is known at once."""

from __future__ import annotations

import errno
import socket
import sys

import psutil

from bridge.config import is_loopback
from bridge.gateway import StartError
from bridge.gateway.owner import describe_owner

LOOPBACK = ("127.0.0.1", "::1")
"""Both: some clients try ::1 first and lose a second when nobody is there."""

ATTEMPTS = 20
BACKLOG = 512

_BUSY = {errno.EADDRINUSE}
if sys.platform == "win32":
    _BUSY.add(errno.EACCES)  # Another holds it alone; elsewhere only root may have it.
_ABSENT = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def open_sockets(host: str, port: int) -> list[socket.socket]:
    """
    Return listening sockets of one port, for `localhost` on both loopback addresses.

    Port 0 takes a free one. Raises StartError, naming the owner of a busy port.
    """
    addresses = LOOPBACK if host == "localhost" else (host,)
    for _ in range(ATTEMPTS):
        try:
            return _open_all(addresses, port)
        except OSError as error:
            if error.errno not in _BUSY:
                raise StartError(
                    f"Hearsay cannot listen on {host}: {error.strerror}; check --host and --port."
                ) from error
            # A port that is free on one address may be taken on the other: draw again.
            if port != 0:
                raise StartError(_busy(host, port)) from error
    raise StartError("No port is free on this machine.")


def port_of(sockets: list[socket.socket]) -> int:
    """Return the port that they share."""
    return int(sockets[0].getsockname()[1])


def own_names(host: str) -> set[str]:
    """
    Return the names under which callers may reach a server on `host`, beside the loopback ones.

    Any other name in a request is a stranger's that was made to point at this machine.
    """
    if host == "localhost":
        return set()
    names = {host}
    if not is_loopback(host):
        names |= {socket.gethostname(), socket.getfqdn()}
        names |= {entry.address for found in psutil.net_if_addrs().values() for entry in found}
    return {f"[{name.partition('%')[0]}]" if ":" in name else name for name in names}


def _open_all(addresses: tuple[str, ...], port: int) -> list[socket.socket]:
    opened: list[socket.socket] = []
    try:
        for address in addresses:
            opened.append(_open(address, port_of(opened) if opened else port))
    except OSError as error:
        if opened and error.errno in _ABSENT:
            return opened  # A machine without IPv6 has no ::1.
        for one in opened:
            one.close()
        raise
    return opened


def _open(address: str, port: int) -> socket.socket:
    family, kind, protocol, _, target = socket.getaddrinfo(
        address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    if sys.platform == "darwin" and port != 0:
        _refuse_shared(target[0], port)
    opened = socket.socket(family, kind, protocol)
    try:
        if sys.platform == "win32":
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:  # A restart need not wait for the last run's connections to be forgotten.
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind(target)
        opened.listen(BACKLOG)
    except OSError:
        opened.close()
        raise
    return opened


def _refuse_shared(address: str, port: int) -> None:
    """MacOS lets a second program have 127.0.0.1 while a first has every address."""
    try:
        socket.create_connection((address, port), timeout=0.5).close()
    except OSError:
        return
    raise OSError(errno.EADDRINUSE, "another program answers there")


def _busy(host: str, port: int) -> str:
    owner = describe_owner(port) or "another program"
    return (
        f"Port {port} on {host} is in use by {owner}; stop it, or start Hearsay on another port "
        f"with --port {port + 1 if port < 65535 else port - 1} (--port 0 takes a free one)."
    )
