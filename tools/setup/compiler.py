"""Find the C++ compiler that CMake is going to take."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from tools.setup.commands import first_line
from tools.setup.failure import SetupFailed

_CURES = {
    "linux": "On Debian and Ubuntu: sudo apt install g++. On Fedora: sudo dnf install gcc-c++.",
    "darwin": "Run: xcode-select --install",
    "win32": 'Install Visual Studio\'s Build Tools with "Desktop development with C++".',
}


def compiler_version() -> str:
    """One line that changes when the compiler does; raises SetupFailed when there is none."""
    for name in filter(None, (os.environ.get("CXX"), "c++", "g++", "clang++")):
        # A Mac without its developer tools has a c++ that only says so, and fails.
        if (path := shutil.which(name)) and (line := first_line([path, "--version"])):
            return line
    if line := _visual_studio():
        return line
    cure = _CURES.get(sys.platform, "Install a C++17 compiler.")
    raise SetupFailed(f"No C++ compiler was found, and llama.cpp must be built here. {cure}")


def _visual_studio() -> str | None:
    """Visual Studio's compiler is on no PATH; its own finder knows where it is."""
    programs = os.environ.get("PROGRAMFILES(X86)")
    if programs is None:
        return None
    finder = Path(programs, "Microsoft Visual Studio", "Installer", "vswhere.exe")
    tools = "Microsoft.VisualStudio.Component.VC.Tools.x86.x64"
    ask = ["-latest", "-products", "*", "-requires", tools, "-property", "installationVersion"]
    version = first_line([finder, *ask])
    return f"Visual Studio {version}" if version else None
