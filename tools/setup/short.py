"""A short temporary folder, for Windows' limit of 260 characters a path."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tools.setup.failure import SetupFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 8
"""
The most characters of the folder: pip unpacks llama.cpp's source below it.

The longest file of the source has 178, pip's folders above it 73 with their separators, and Windows
takes 259 (Microsoft, "Maximum Path Length Limitation").
"""

_ADVICE = (
    "Windows takes paths of 260 characters at most, and llama.cpp's source has longer ones below "
    "{folder}. Either let it take longer ones, in an administrator's PowerShell: Set-ItemProperty "
    r"HKLM:\SYSTEM\CurrentControlSet\Control\FileSystem LongPathsEnabled 1 "
    r"or make a shorter folder and name it: mkdir D:\t, then set TMPDIR=D:\t"
)


@contextmanager
def short_temporary() -> Iterator[dict[str, str]]:
    """
    Yield what the environment must be told where llama.cpp's source is unpacked; often nothing.

    Where Windows' limit is on, a folder on the system's drive is made for the time. Raises
    SetupFailed, which says what else helps, if it cannot be.
    """
    if not is_limited() or len(tempfile.gettempdir()) <= MOST:
        yield {}
        return
    folder = Path(f"{os.environ.get('SYSTEMDRIVE', 'C:')}{os.sep}hs")
    try:
        folder.mkdir(exist_ok=True)
    except OSError:
        raise SetupFailed(_ADVICE.format(folder=tempfile.gettempdir())) from None
    try:
        yield dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    finally:
        with suppress(OSError):  # Somebody else may be at it, or have had one of that name.
            folder.rmdir()


def is_limited() -> bool:
    """Whether this machine takes no paths of more than 259 characters."""
    if sys.platform == "win32":
        import winreg

        key = r"SYSTEM\CurrentControlSet\Control\FileSystem"
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as opened:
                return bool(winreg.QueryValueEx(opened, "LongPathsEnabled")[0] != 1)
        except OSError:
            return True
    return False
