"""SHA-256 manifests of model folders, in the format of `sha256sum -c`."""

import hashlib
from pathlib import Path

from mbegu.errors import BadInput

NAME = "SHA256SUMS"


def sha256(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(folder: Path) -> None:
    """Writes `SHA256SUMS` over every file below `folder`, sorted by name."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path != folder / NAME)
    files = sorted(path.relative_to(folder).as_posix() for path in paths)
    (folder / NAME).write_text("".join(f"{sha256(folder / file)}  {file}\n" for file in files))


def verify(folder: Path) -> str:
    """Checks every file that the manifest names and returns the folder's identity: the manifest's own SHA-256.

    Raises:
        BadInput: no folder, no manifest, a file missing or with another hash.
    """
    manifest = folder / NAME
    if not manifest.is_file():
        raise BadInput(f"{folder}: no {NAME} here; build it with `dvc repro` or fetch it with `dvc pull {folder}`.")
    for line in manifest.read_text().splitlines():
        expected, name = line.split("  ", 1)
        if not (folder / name).is_file():
            raise BadInput(f"{folder / name}: missing, though {NAME} names it; fetch it again with `dvc pull {folder}`.")
        if sha256(folder / name) != expected:
            raise BadInput(f"{folder / name}: SHA-256 differs from {NAME}; fetch it again with `dvc pull --force {folder}`.")
    return sha256(manifest)
