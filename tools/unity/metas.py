"""
The `.meta` file of everything in the Unity package.

Unity ignores what has none in a package that was installed from git or a registry. The id in it
must never change: scenes name scripts by it. It is made of the file's path in the package, so
that a file that is moved gets another; move its `.meta` by hand if scenes may name it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from tools.setup.places import ROOT

PACKAGE = ROOT / "plugins" / "unity" / "com.hearsay.bridge"

_FOLDER = "folderAsset: yes\nDefaultImporter:\n  externalObjects: {}\n"
_SCRIPT = """\
MonoImporter:
  externalObjects: {}
  serializedVersion: 2
  defaultReferences: []
  executionOrder: 0
  icon: {instanceID: 0}
"""
_IMPORTERS = {
    ".cs": _SCRIPT,
    ".asmdef": "AssemblyDefinitionImporter:\n  externalObjects: {}\n",
    ".md": "TextScriptImporter:\n  externalObjects: {}\n",
    ".json": "PackageManifestImporter:\n  externalObjects: {}\n",
}
_END = "  userData:\n  assetBundleName:\n  assetBundleVariant:\n"


def metas(package: Path) -> dict[Path, str]:
    """
    Return the path and the text of each `.meta` that a package should have.

    Folders that end in `~` have none: Unity does not look into them. Raises KeyError for a file
    of a kind that is not known here.
    """
    found = {}
    for path in sorted(package.rglob("*")):
        inside = path.relative_to(package)
        if path.suffix == ".meta" or any(part.endswith("~") for part in inside.parts):
            continue
        importer = _FOLDER if path.is_dir() else _IMPORTERS[path.suffix]
        name = f"com.hearsay.bridge/{inside.as_posix()}"
        guid = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
        text = f"fileFormatVersion: 2\nguid: {guid}\n{importer}{_END}"
        found[path.with_name(path.name + ".meta")] = text
    return found


def write(package: Path) -> list[Path]:
    """Write what differs and delete what belongs to nothing; return what was changed."""
    wanted = metas(package)
    changed = [path for path in package.rglob("*.meta") if path not in wanted]
    for path in changed:
        path.unlink()
    for path, text in wanted.items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8", newline="\n")
            changed.append(path)
    return changed


def main() -> int:
    """Write them."""
    for path in write(PACKAGE):
        print(path.relative_to(ROOT))
    return 0
