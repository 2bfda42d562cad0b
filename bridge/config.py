"""What Hearsay can be told: defaults < config file < environment < command line."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from types import NoneType
from typing import Annotated, Literal, get_args, get_type_hints

import msgspec
import platformdirs
from msgspec import Meta, inspect

from bridge.models.store import DEFAULT_MODEL
from bridge.protocol import PaceMode

APPLICATION = "hearsay"
PREFIX = "HEARSAY_"

ZEROMQ = re.compile(r"(tcp)://(\[[^]]+\]|[^]:/]+):(\d{1,5}|\*)|(ipc)://.+")
"""What an endpoint looks like; `*` is any free port."""

Values = Mapping[str, object]


class ConfigError(Exception):
    """A setting that cannot be used; the message names it and where it was written."""


def user_config_file() -> Path:
    """Return where the config file lies when `--config` names no other."""
    return platformdirs.user_config_path(APPLICATION, appauthor=False) / "config.toml"


def user_log_folder() -> Path:
    """Return the folder that a sidecar logs to when `log_file` names no file."""
    return platformdirs.user_log_path(APPLICATION, appauthor=False)


def _user_models_folder() -> Path:
    return platformdirs.user_data_path(APPLICATION, appauthor=False) / "models"


def _listed(value: object) -> object:
    """An environment variable or a single text is a list with commas."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _aliased(value: object) -> object:
    """Each `NAME=ID|PATH` is an alias."""
    value = _listed(value)
    if not isinstance(value, list):
        return value
    pairs = [str(item).partition("=") for item in value]
    for item, (name, _, target) in zip(value, pairs, strict=True):
        if not name.strip() or not target.strip():
            raise ValueError(f"{item!r} is no alias; write NAME=ID or NAME=PATH")
    return {name.strip(): target.strip() for name, _, target in pairs}


def _endpoint(value: str) -> str:
    if not ZEROMQ.fullmatch(value):
        raise ValueError(f"{value!r} is no endpoint; write tcp://127.0.0.1:PORT or ipc://PATH")
    return value.replace("//localhost:", "//127.0.0.1:")  # ZeroMQ binds to numbers only.


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """
    Everything that can be set, under the names that the config file uses.

    The environment's names are these in capitals after `HEARSAY_`. Made by `load_settings`.
    """

    models: list[str] = []
    """Ids or paths of the models to load."""
    aliases: dict[str, str] = {}
    """Further names under which models answer: name -> id or path."""
    host: Annotated[str, Meta(min_length=1)] = "localhost"
    """The address to listen on; `localhost` is both 127.0.0.1 and ::1."""
    port: Annotated[int, Meta(ge=0, le=65535)] = 11434
    """0 takes a free one."""
    parallel: Annotated[int, Meta(ge=1, le=256)] = 8
    """Conversations that a model writes at once."""
    ctx: Annotated[int, Meta(ge=256, le=1 << 24)] = 8192
    """Tokens of context that all conversations of a model share."""
    threads: Annotated[int, Meta(ge=1, le=1024)] | None = None
    """Threads per model; None takes the physical cores that are ours."""
    pace: PaceMode = PaceMode.BALANCED
    """How much of the machine may be used until a game says what it can spare."""
    kv_type: Literal["f16", "q8_0", "q4_0"] = "f16"
    """How the context's memory holds its numbers; q8_0 takes half as much of it, q4_0 a quarter."""
    gpu_layers: Annotated[int, Meta(ge=-1, le=1 << 16)] = -1
    """Layers to keep on the graphics card; -1 is as many as fit."""
    remember_mb: Annotated[int, Meta(ge=0, le=1 << 20)] = 256
    """Main memory per model, in MB, for conversations that had to leave the context; 0 is none."""
    remember_folder: Path | None = None
    """The folder where conversations outlive the sidecar; None keeps them in memory only."""
    remember_folder_mb: Annotated[int, Meta(ge=1, le=1 << 24)] = 4096
    """How large that folder may grow, in MB; the oldest go first."""
    token_file: Path | None = None
    """The file with the token that clients must send; made when it is not there."""
    zeromq: list[str] = []
    """Endpoints to speak ZeroMQ on, such as tcp://127.0.0.1:5555, tcp://127.0.0.1:* or ipc://x."""
    zeromq_key_file: Path | None = None
    """The file with the secret key that makes ZeroMQ speak CURVE; made when it is not there."""
    models_dir: Path = msgspec.field(default_factory=_user_models_folder)
    """The folder of the model store."""
    sidecar: bool = False
    """Whether a game is the parent: ready line, lease, end with the parent."""
    share: Path | None = None
    """The file by which one sidecar is shared by all who name the same file."""
    lease_seconds: Annotated[float, Meta(ge=0, le=86400)] = 30.0
    """How long a sidecar stays without a client; 0 is for ever."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_file: Path | None = None
    """Where to log; a sidecar has a file of its own when this is unset."""
    allow_remote: bool = False
    """Whether an address that other machines can reach may be listened on."""
    backend: Literal["llama", "fake"] = "llama"
    """`fake` writes without a model, for tests."""
    fake_step_ms: Annotated[float, Meta(ge=0, le=10000)] = 0.0
    """What a step of the `fake` backend costs, for measurements."""

    @property
    def wanted(self) -> list[str]:
        """The models to load, the one that comes with Hearsay when none is named."""
        named = [*self.models, *self.aliases.values()]
        return list(dict.fromkeys(named)) or [DEFAULT_MODEL]


def load_settings(command_line: Values, config: Path | None = None) -> Settings:
    """
    Return the settings; `command_line` holds only what was given there.

    Raises ConfigError when a value cannot be used or the config file cannot be read.
    """
    file = config or user_config_file()
    written = _read(file, required=config is not None)
    settings = _made({**written, **_environment(), **command_line}, command_line, file)
    _check_reach(settings)
    _check_zeromq(settings)
    return settings


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches `host`; a name but `localhost` counts as far."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _check_reach(settings: Settings) -> None:
    if is_loopback(settings.host):
        return
    if not settings.allow_remote:
        raise ConfigError(
            f"host: other machines could reach {settings.host}; add --allow-remote and "
            "--token-file if that is meant, or leave --host away."
        )
    if settings.token_file is None and not settings.sidecar:
        raise ConfigError(
            f"host: {settings.host} can be reached by other machines; add --token-file FILE."
        )


def _check_zeromq(settings: Settings) -> None:
    for endpoint in settings.zeromq:
        scheme, _, rest = endpoint.partition("://")
        host = rest.rpartition(":")[0].strip("[]")
        if scheme == "ipc" or is_loopback(host):
            continue
        has_token = settings.token_file is not None or settings.sidecar
        if not (settings.allow_remote and settings.zeromq_key_file and has_token):
            raise ConfigError(
                f"zeromq: other machines could reach {endpoint}; add --allow-remote, "
                "--zeromq-key-file and --token-file if that is meant."
            )


def _read(file: Path, *, required: bool) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        if required:
            raise ConfigError(f"There is no config file at {file}; check --config.") from None
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The config file {file} cannot be read: {error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The config file {file} is not TOML: {error}.") from error


def _environment() -> dict[str, object]:
    """Return the settings of the environment; an empty variable says nothing."""
    given = {name.upper(): value for name, value in os.environ.items() if value}
    variables = {name: PREFIX + name.upper() for name in Settings.__struct_fields__}
    return {name: given[variable] for name, variable in variables.items() if variable in given}


def _made(given: Values, command_line: Values, file: Path) -> Settings:
    values: dict[str, object] = {}
    faults = []
    for name, value in given.items():
        try:
            values[name] = _read_value(name, value)
        except ValueError as error:
            faults.append(_explain(name, str(error), command_line, file))
    if faults:
        raise ConfigError("\n".join(faults))
    return msgspec.convert(values, Settings)


def _read_value(name: str, value: object) -> object:
    """Return what a source says as the type of its setting; raises ValueError."""
    if name not in _TYPES:
        near = get_close_matches(name, _TYPES, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"there is no such setting{hint}")
    value = _FORMS.get(name, lambda same: same)(value)
    try:
        read = msgspec.convert(
            value, _TYPES[name], strict=False, dec_hook=lambda made, of: made(of)
        )
    except msgspec.ValidationError:
        wanted = _in_words(inspect.type_info(_TYPES[name]))
        raise ValueError(f"{str(value)[:80]!r} cannot be used; it must be {wanted}") from None
    return [_endpoint(each) for each in read] if name == "zeromq" else read


def _of_value(hint: object) -> object:
    """Return a setting's type without the None that says that it is not set: nobody writes it."""
    if NoneType not in get_args(hint):
        return hint
    return next(each for each in get_args(hint) if each is not NoneType)


_TYPES = {
    name: _of_value(hint) for name, hint in get_type_hints(Settings, include_extras=True).items()
}

_FORMS = {"models": _listed, "aliases": _aliased, "zeromq": _listed}
"""How settings of several values are written where there is but a text."""


def _explain(name: str, message: str, command_line: Values, file: Path) -> str:
    variable = PREFIX + name.upper()
    if name in command_line:
        source = "on the command line"
    elif any(each.upper() == variable for each in os.environ):
        source = f"in the environment, {variable}"
    else:
        source = f"in {file}"
    return f"{name}: {message} ({source})."


def _in_words(kind: inspect.Type) -> str:
    """Say what may be there instead of a value that is wrong."""
    match kind:
        case inspect.IntType(ge=least, le=most):
            return f"a whole number from {least} to {most}"
        case inspect.FloatType(ge=least, le=most):
            return f"a number from {least} to {most}"
        case inspect.BoolType():
            return "true or false"
        case inspect.LiteralType(values=values):
            return " or ".join(map(str, values))
        case inspect.EnumType(cls=members):
            return " or ".join(str(member.value) for member in members)
        case inspect.ListType() | inspect.DictType():
            return "a list of texts" if isinstance(kind, inspect.ListType) else "pairs of texts"
        case _:
            return "a text that is not empty"
