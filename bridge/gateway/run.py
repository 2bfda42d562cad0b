"""The life of a gateway: open, load, serve, end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bridge import __version__
from bridge.config import Settings
from bridge.gateway import StartError
from bridge.gateway.descriptors import allow_connections
from bridge.gateway.hosting import Plan, plan, states, supervise
from bridge.gateway.lease import Lease
from bridge.gateway.life import sidecar_end, take_signals
from bridge.gateway.logs import start_logging
from bridge.gateway.screen import LogLines, Opened, ReadyLine, Screen
from bridge.gateway.server import Server
from bridge.gateway.share import Share
from bridge.gateway.sockets import open_sockets, own_names, port_of
from bridge.gateway.tokens import curve_keys, new_token, token_from
from bridge.jobs.service import Service
from bridge.jobs.sessions import Sessions
from bridge.processes import share_the_lock
from bridge.transports.http import create_app

if TYPE_CHECKING:
    from bridge.transports.zeromq import ZeroMqServer

STOP_SECONDS = 2.5
"""How long the workers may take to end; what is left over is killed with us."""

GOODBYE_SECONDS = 0.3
"""How long clients may take to read their last words; a game that is at rest reads none."""

SWEEP_SECONDS = 1.0

KEEP_ALIVE_SECONDS = 5

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Start:
    """Everything that was made ready before the loop runs."""

    settings: Settings
    plan: Plan
    sockets: list[socket.socket]
    token: str | None
    log_file: Path | None
    parent: int
    zeromq_keys: tuple[bytes, bytes] | None
    """ZeroMQ's public and secret key, if it is to speak CURVE."""
    share: Share | None


def run(settings: Settings, screen: Screen | None = None) -> None:
    """
    Serve until a signal, or until a sidecar's parent or clients are gone.

    Raises StartError when something that was asked for cannot be had.
    """
    parent = os.getppid()
    log_file = start_logging(settings)
    share = Share(settings.share) if settings.share else None
    if share and (other := share.take()):
        ReadyLine().write(other)
        return
    allow_connections()
    models = plan(settings)
    sockets = open_sockets(settings.host, settings.port)
    keys = curve_keys(settings.zeromq_key_file) if settings.zeromq_key_file else None
    start = Start(settings, models, sockets, _token(settings), log_file, parent, keys, share)
    share_the_lock()
    shown = ReadyLine(share) if settings.sidecar else screen or LogLines()
    asyncio.run(_serve(start, shown))


async def _serve(start: Start, screen: Screen) -> None:
    await Gateway(start, screen).serve()


def _token(settings: Settings) -> str | None:
    if settings.token_file is not None:
        return token_from(settings.token_file)
    return new_token() if settings.sidecar else None


class Gateway:
    """One gateway process, from its open sockets to its end."""

    def __init__(self, start: Start, screen: Screen) -> None:
        settings = start.settings
        self._start = start
        self._screen = screen
        self._ended = asyncio.Event()
        self._supervisors = supervise(start.plan, settings, self._changed)
        self._lease = Lease(settings.lease_seconds, self._clients)
        self._service = Service(self._supervisors, start.plan.aliases)
        self._sessions = Sessions(self._service)
        self._zeromq: ZeroMqServer | None = None
        app = create_app(
            self._service,
            token=start.token,
            sessions=self._sessions,
            on_activity=self._lease.touch,
            allowed_hosts=own_names(settings.host),
        )
        self._server = Server(app, self._keep_alive(), self._opened)

    async def serve(self) -> None:
        """Serve until something ends it; every job has had its last message then."""
        log.info("Hearsay %s, process %d", __version__, os.getpid())
        take_signals(asyncio.get_running_loop(), self.end)
        self._zeromq = self._open_zeromq()
        for supervisor in self._supervisors.values():
            await supervisor.start()
        serving = asyncio.create_task(self._server.serve(self._start.sockets))
        serving.add_done_callback(lambda _: self._ended.set())
        tasks = [asyncio.create_task(work) for work in (self._live(), self._sweep())]
        try:
            await self._ended.wait()
        finally:
            for task in tasks:
                task.cancel()
            await self._stop(serving)
            self._screen.closed()
        log.info("ended")

    async def _live(self) -> None:
        if self._start.settings.sidecar:
            self.end(await sidecar_end(self._start.parent, self._lease, self._server.peers))

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self._sessions.sweep()

    async def _stop(self, serving: asyncio.Task[None]) -> None:
        """Accept nothing new, tell every job that this is the end, and let it be sent."""
        if self._start.share:
            self._start.share.release()  # Whoever asks now gets one that stays.
        self._service.close()
        stops = [asyncio.create_task(one.stop()) for one in self._supervisors.values()]
        await asyncio.sleep(0)  # Now every job has failed; its worker may take a little longer.
        self._sessions.say_goodbye()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await asyncio.gather(*stops, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                while self._sessions.connected:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)  # They leave one by one and tell nobody.
        self._server.should_exit = True
        if self._zeromq:
            self._zeromq.close()
        await serving

    def _clients(self) -> int:
        """Return how many there are; one that may come back does not hold a sidecar."""
        return self._server.running + self._sessions.connected

    def _open_zeromq(self) -> ZeroMqServer | None:
        settings = self._start.settings
        if not settings.zeromq:
            return None
        import zmq  # Only now: most games do without, and start sooner.

        from bridge.transports.zeromq import ZeroMqServer

        keys = self._start.zeromq_keys
        try:
            return ZeroMqServer(
                self._sessions,
                settings.zeromq,
                token=self._start.token,
                secret_key=keys[1] if keys else None,
            )
        except zmq.ZMQError as error:
            raise StartError(
                f"ZeroMQ cannot listen on {', '.join(settings.zeromq)}: {error.strerror}; "
                "check --zeromq."
            ) from error

    def _keep_alive(self) -> int:
        """In a sidecar a connection is a client's hold on it, so it lasts as the lease does."""
        settings = self._start.settings
        if not settings.sidecar:
            return KEEP_ALIVE_SECONDS
        return max(KEEP_ALIVE_SECONDS, math.ceil(settings.lease_seconds))

    def _opened(self) -> None:
        start = self._start
        port = port_of(start.sockets)
        host = start.settings.host
        host = "127.0.0.1" if host == "localhost" else f"[{host}]" if ":" in host else host
        opened = Opened(
            url=f"http://{host}:{port}",
            port=port,
            token=start.token,
            token_file=start.settings.token_file,
            models=list(start.plan.models),
            log_file=start.log_file,
            zeromq=self._zeromq.endpoints if self._zeromq else [],
            zeromq_key=start.zeromq_keys[0].decode() if start.zeromq_keys else None,
        )
        self._screen.opened(opened)

    def _changed(self) -> None:
        self._sessions.models_changed()
        self._screen.changed(states(self._supervisors))

    def end(self, why: str) -> None:
        """End the gateway; `why` goes into the log."""
        if not self._ended.is_set():
            log.info("ending: %s", why)
            self._ended.set()
