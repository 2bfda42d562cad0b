"""The settings: which source wins, and what a wrong value is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge import config as module
from bridge.config import ConfigError, Settings, is_loopback, load_settings
from bridge.models.store import DEFAULT_MODEL


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own config file, not there yet; the environment says nothing."""
    path = tmp_path / "config.toml"
    monkeypatch.setattr(module, "user_config_file", lambda: path)
    for name in Settings.__struct_fields__:
        monkeypatch.delenv(f"HEARSAY_{name.upper()}", raising=False)
    return path


def test_the_defaults_are_those_of_the_specification(file: Path) -> None:
    settings = load_settings({})
    assert settings.port == 11434
    assert settings.host == "localhost"
    assert (settings.parallel, settings.ctx, settings.gpu_layers) == (8, 8192, -1)
    assert settings.threads is None
    assert settings.lease_seconds == 30
    assert settings.wanted == [DEFAULT_MODEL]


def test_each_source_wins_over_the_one_before(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("port = 1\nctx = 1000\nparallel = 3")
    monkeypatch.setenv("HEARSAY_CTX", "2000")
    monkeypatch.setenv("HEARSAY_PARALLEL", "4")
    settings = load_settings({"parallel": 5})
    assert (settings.port, settings.ctx, settings.parallel) == (1, 2000, 5)


def test_a_file_that_is_named_replaces_the_users_own(file: Path, tmp_path: Path) -> None:
    file.write_text("port = 1")
    other = tmp_path / "other.toml"
    other.write_text("ctx = 512")
    settings = load_settings({}, other)
    assert (settings.port, settings.ctx) == (11434, 512)


def test_models_and_aliases_have_a_form_in_every_source(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("models = ['a', 'b']\n[aliases]\nx = 'c'")
    assert load_settings({}).wanted == ["a", "b", "c"]
    monkeypatch.setenv("HEARSAY_MODELS", "d, e")
    monkeypatch.setenv("HEARSAY_ALIASES", "x=d,y=org/f")
    assert load_settings({}).wanted == ["d", "e", "org/f"]
    given = load_settings({"models": ["g"], "aliases": ["z=path=with.gguf"]})
    assert given.aliases == {"z": "path=with.gguf"}


def test_an_alias_alone_names_the_model_to_load(file: Path) -> None:
    assert load_settings({"aliases": ["x=org/y"]}).wanted == ["org/y"]


def test_an_empty_variable_says_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARSAY_PORT", "")
    assert load_settings({}).port == 11434


def test_an_error_names_the_setting_and_its_source(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match=r"^port: .* \(on the command line\)\.$"):
        load_settings({"port": 65536})
    monkeypatch.setenv("HEARSAY_PARALLEL", "none")
    with pytest.raises(ConfigError, match=r"^parallel: .* \(in the environment, HEARSAY_PARALLEL"):
        load_settings({})
    file.write_text("ctx = 10")
    with pytest.raises(ConfigError) as caught:
        load_settings({"parallel": 1})
    assert str(caught.value).startswith("ctx: ")
    assert str(file) in str(caught.value)


def test_every_error_is_told_at_once(file: Path) -> None:
    file.write_text("ctx = 10\nthreads = 0")
    with pytest.raises(ConfigError) as caught:
        load_settings({"port": -1})
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "x"),
        ("parallel", 0),
        ("parallel", 257),
        ("ctx", 255),
        ("threads", 0),
        ("gpu_layers", -2),
        ("lease_seconds", -1),
        ("lease_seconds", float("nan")),
        ("log_level", "loud"),
        ("host", ""),
        ("aliases", ["name"]),
        ("aliases", ["=id"]),
        ("aliases", ["name="]),
        ("aliases", 5),
        ("models", 5),
        ("backend", "magic"),
        ("zeromq", ["5555"]),
        ("zeromq", ["tcp://127.0.0.1"]),
        ("zeromq", ["tcp://127.0.0.1:x"]),
        ("zeromq", ["udp://127.0.0.1:5555"]),
        ("zeromq", ["inproc://x"]),
        ("zeromq", ["ipc://"]),
    ],
)
def test_values_out_of_range_are_refused(file: Path, name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"^{name}: "):
        load_settings({name: value})


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("port", "x", "a whole number from 0 to 65535"),
        ("port", True, "a whole number from 0 to 65535"),
        ("lease_seconds", "soon", "a number from 0 to 86400"),
        ("sidecar", "perhaps", "true or false"),
        ("log_level", "loud", "debug or error or info or warning"),
        ("pace", "fast", "full or balanced or background or paused"),
        ("models", 5, "a list of texts"),
        ("aliases", 5, "pairs of texts"),
        ("host", "", "a text that is not empty"),
        ("log_file", 5, "a text that is not empty"),
    ],
)
def test_a_wrong_value_is_told_what_may_be_there(
    file: Path, name: str, value: object, wanted: str
) -> None:
    with pytest.raises(ConfigError, match=f"^{name}: {str(value)!r} .* must be {wanted} "):
        load_settings({name: value})


def test_a_path_that_looks_like_nothing_is_a_path(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARSAY_TOKEN_FILE", "null")
    monkeypatch.setenv("hearsay_sidecar", "1")
    settings = load_settings({})
    assert settings.token_file == Path("null")
    assert settings.sidecar


def test_a_misspelt_setting_is_told_the_right_one(file: Path) -> None:
    file.write_text("prot = 5")
    with pytest.raises(
        ConfigError, match=r"^prot: .* no such setting; did you mean 'port'\? \(in .*toml\)\.$"
    ):
        load_settings({})
    file.write_text("zzz = 5")
    with pytest.raises(ConfigError, match=r"^zzz: there is no such setting \(in .*toml\)\.$"):
        load_settings({})


def test_a_file_that_is_not_toml_is_named(file: Path) -> None:
    file.write_text("port = ")
    with pytest.raises(ConfigError, match=r"config\.toml is not TOML"):
        load_settings({})
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings({})


def test_only_a_file_that_was_named_must_be_there(file: Path, tmp_path: Path) -> None:
    load_settings({})
    with pytest.raises(ConfigError, match="no config file"):
        load_settings({}, tmp_path / "gone.toml")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_loopback_addresses_need_nothing(file: Path, host: str) -> None:
    assert is_loopback(host)
    assert load_settings({"host": host}).host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "myhost", "localhost.evil.com"])
def test_an_address_that_others_reach_needs_a_flag_and_a_token(file: Path, host: str) -> None:
    with pytest.raises(ConfigError, match="--allow-remote"):
        load_settings({"host": host, "token_file": "token"})
    with pytest.raises(ConfigError, match="--token-file"):
        load_settings({"host": host, "allow_remote": True})
    asked = {"host": host, "allow_remote": True, "token_file": "token"}
    assert load_settings(asked).host == host


def test_a_sidecar_has_a_token_anyway(file: Path) -> None:
    asked = {"host": "0.0.0.0", "allow_remote": True, "sidecar": True}
    assert load_settings(asked).sidecar


@pytest.mark.parametrize(
    ("endpoint", "bound"),
    [
        ("tcp://127.0.0.1:5555", "tcp://127.0.0.1:5555"),
        ("tcp://localhost:*", "tcp://127.0.0.1:*"),
        ("tcp://[::1]:5555", "tcp://[::1]:5555"),
        ("ipc:///run/hearsay", "ipc:///run/hearsay"),
    ],
)
def test_zeromq_on_this_machine_needs_nothing(file: Path, endpoint: str, bound: str) -> None:
    assert load_settings({"zeromq": [endpoint]}).zeromq == [bound]


@pytest.mark.parametrize(
    "endpoint", ["tcp://*:5555", "tcp://0.0.0.0:5555", "tcp://[::]:5555", "tcp://eth0:5555"]
)
def test_zeromq_that_others_reach_needs_a_flag_a_key_and_a_token(file: Path, endpoint: str) -> None:
    needed = {"allow_remote": True, "zeromq_key_file": "key", "token_file": "token"}
    assert load_settings({"zeromq": [endpoint], **needed}).zeromq == [endpoint]
    for missing in needed:
        rest = {name: value for name, value in needed.items() if name != missing}
        with pytest.raises(ConfigError, match="--zeromq-key-file"):
            load_settings({"zeromq": [endpoint], **rest})
