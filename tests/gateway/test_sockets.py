"""The listening sockets: both loopback addresses, one port, and who has a busy one."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bridge.gateway import StartError
from bridge.gateway.sockets import open_sockets, own_names, port_of


@contextmanager
def opened(host: str, port: int = 0) -> Iterator[list[socket.socket]]:
    sockets = open_sockets(host, port)
    try:
        yield sockets
    finally:
        for one in sockets:
            one.close()


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_localhost_is_both_loopback_addresses_on_one_port() -> None:
    with opened("localhost") as sockets:
        assert [one.getsockname()[0] for one in sockets] == ["127.0.0.1", "::1"]
        assert {one.getsockname()[1] for one in sockets} == {port_of(sockets)}


def test_an_address_is_only_itself() -> None:
    with opened("127.0.0.1") as sockets:
        assert [one.getsockname()[0] for one in sockets] == ["127.0.0.1"]


def test_the_sockets_listen_before_the_server_runs() -> None:
    with opened("127.0.0.1") as sockets:
        socket.create_connection(("127.0.0.1", port_of(sockets)), timeout=5).close()


@pytest.mark.parametrize("taken", ["127.0.0.1", "::1"])
def test_a_port_that_is_busy_on_either_address_is_refused(taken: str) -> None:
    if taken == "::1" and not has_ipv6():
        pytest.skip("this machine has no ::1")
    with opened(taken) as sockets, pytest.raises(StartError) as caught:
        open_sockets("localhost", port_of(sockets))
    message = str(caught.value)
    assert f"Port {port_of_message(message)} on localhost is in use by" in message
    assert str(os.getpid()) in message
    assert "--port" in message


def port_of_message(message: str) -> str:
    return message.split()[1]


def test_a_port_below_another_programs_wildcard_is_refused() -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken, pytest.raises(StartError):
        open_sockets("127.0.0.1", taken.getsockname()[1])


def test_a_port_can_be_had_again_at_once() -> None:
    with opened("127.0.0.1") as sockets:
        port = port_of(sockets)
        client = socket.create_connection(("127.0.0.1", port))
        server, _ = sockets[0].accept()
        server.close()  # Our side closes first, so the connection lingers on it.
        client.close()
    with opened("127.0.0.1", port):
        pass


def test_an_address_of_another_machine_is_refused_with_the_cure() -> None:
    with pytest.raises(StartError, match=r"cannot listen on 192\.0\.2\.1: .* check --host"):
        open_sockets("192.0.2.1", 0)


def test_a_name_that_does_not_exist_is_refused() -> None:
    with pytest.raises(StartError, match=r"cannot listen on no\.such\.host\.invalid"):
        open_sockets("no.such.host.invalid", 0)


def test_a_loopback_server_answers_to_no_further_names() -> None:
    assert own_names("localhost") == set()
    assert own_names("127.0.0.2") == {"127.0.0.2"}
    assert own_names("::1") == {"[::1]"}


def test_a_server_that_others_reach_answers_to_the_machines_own_names() -> None:
    names = own_names("0.0.0.0")
    assert {"0.0.0.0", "127.0.0.1", socket.gethostname()} <= names
    assert not any("%" in name for name in names)
