"""
Get the Godot of Debian's next release into `.cache/godot`, beside the system and without root.

The release that a machine runs has no Godot 4 yet. apt resolves and checks everything with lists
and a status of its own, down to the C library; nothing of it touches the system.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tools.godot.find import FOLDER, PROGRAM
from tools.setup.commands import run_logged
from tools.setup.failure import SetupFailed
from tools.setup.places import LOGS

RELEASE = "forky"
"""Debian 14, whose Godot is 4.6."""

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

_LAUNCHER = """\
#!/bin/sh
root="$(dirname "$(readlink -f "$0")")/root"
libraries="$root/usr/lib/{triplet}:$root/usr/lib/{triplet}/pulseaudio"
exec "$root{loader}" --library-path "$libraries" "$root/usr/bin/godot" "$@"
"""


def get_godot() -> Path:
    """Return a Godot of our own; raises SetupFailed where there is no Debian to get it from."""
    if not PROGRAM.exists():
        shutil.rmtree(FOLDER, ignore_errors=True)
        options = _private_apt(_mirror())
        _log("The list of packages", ["apt-get", *options, "update"])
        get = ["apt-get", *options, "--yes", "--download-only", "install", "godot"]
        _log("The download of Godot", get)
        _unpack()
        _write_launcher()
    return PROGRAM


def _mirror() -> str:
    """Return the mirror that this machine's own packages come from."""
    if not shutil.which("apt-get") or not KEYRING.exists():
        raise SetupFailed(
            "Godot is got from Debian's packages, and this is no Debian: install Godot 4.4 or "
            "newer and put it on PATH, or name it in HEARSAY_GODOT."
        )
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    addresses = [line for line in said.splitlines() if "debian" in line and "security" not in line]
    if not addresses:
        raise SetupFailed("apt has no mirror of Debian: run `apt-get update` and try again.")
    return addresses[0]


def _private_apt(mirror: str) -> list[str]:
    """Return the options that keep apt in its own folder, with an empty system."""
    for folder in ("lists/partial", "archives/partial"):
        (FOLDER / "apt" / folder).mkdir(parents=True)
    (FOLDER / "apt" / "status").touch()
    source = f"deb [signed-by={KEYRING}] {mirror} {RELEASE} main\n"
    (FOLDER / "apt" / "sources.list").write_text(source, encoding="utf-8")
    apt = FOLDER / "apt"
    settings = {
        "Dir::Etc::sourcelist": apt / "sources.list",
        "Dir::Etc::sourceparts": os.devnull,
        "Dir::Etc::preferences": os.devnull,
        "Dir::Etc::preferencesparts": os.devnull,
        "Dir::State": apt,
        "Dir::State::status": apt / "status",
        "Dir::State::lists": apt / "lists",
        "Dir::Cache": apt,
        "Dir::Cache::archives": apt / "archives",
        "Debug::NoLocking": 1,
        "APT::Sandbox::User": "",
        "APT::Install-Recommends": "false",
        "Acquire::Languages": "none",
        "Acquire::Retries": 5,
    }
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def _unpack() -> None:
    """Unpack every package beside the others; what is unpacked is not kept twice."""
    root = FOLDER / "root"
    root.mkdir()
    for package in sorted((FOLDER / "apt" / "archives").glob("*.deb")):
        _log(f"Unpacking {package.name}", ["dpkg-deb", "--extract", package, root])
    shutil.rmtree(FOLDER / "apt")


def _write_launcher() -> None:
    """Write the program that runs this Godot with its own C library."""
    root = FOLDER / "root"
    loaders = sorted(
        loader
        for pattern in ("usr/lib64/ld-linux-*.so.*", "usr/lib/ld-linux-*.so.*")
        for loader in root.glob(pattern)
    )
    libraries = sorted(root.glob("usr/lib/*-linux-gnu/libc.so.6"))
    if not loaders or not libraries:
        raise SetupFailed(f"Debian's packages in {root} hold no C library for this machine.")
    text = _LAUNCHER.format(
        triplet=libraries[0].parent.name, loader=f"/{loaders[0].relative_to(root).as_posix()}"
    )
    PROGRAM.write_text(text, encoding="utf-8")
    PROGRAM.chmod(0o755)


def _log(what: str, command: Sequence[str | Path]) -> None:
    run_logged(what, command, LOGS / "godot.log")
