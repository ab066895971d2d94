"""What a training run leaves on disk: checkpoints on the way, the adapter at the end."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from mbegu.errors import BadInput
from mbegu.models.manifest import sha256, verify, write_manifest
from mbegu.models.trained import PROMPT_FILE


def same_base(prompt: dict[str, Any], base_identity: str, encoded: Path) -> None:
    """Raises `BadInput` if the rows were tokenized for another base model."""
    if prompt["base"] != base_identity:
        raise BadInput(f"{encoded}: tokenized for another base model; run `dvc repro` to tokenize it again.")


def run_folder(work: Path, encoded: Path, base: Path, settings: Any) -> Path:
    """The folder for a run's checkpoints: the same inputs and settings give the same folder, others another."""
    content = json.dumps([sha256(encoded), verify(base), settings])
    folder = work / hashlib.sha256(content.encode()).hexdigest()[:16]
    folder.mkdir(exist_ok=True)
    return folder


def forget_runs(work: Path) -> None:
    """Deletes the checkpoints of finished and abandoned runs."""
    for folder in work.iterdir():
        if folder.is_dir():
            shutil.rmtree(folder)


def save(model: Any, prompt: dict[str, Any], folder: Path) -> None:
    """Saves the adapter (or the whole model) as safetensors, with how it must be asked and a SHA-256 manifest."""
    model.save_pretrained(str(folder))
    _sort_lists(folder / "adapter_config.json")
    (folder / "README.md").unlink(missing_ok=True)  # peft's model card is a form with nothing filled in
    (folder / PROMPT_FILE).write_text(json.dumps(prompt, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    write_manifest(folder)


def _sort_lists(config: Path) -> None:
    """Sorts the layer names that peft keeps in a set and writes in an order that changes from run to run."""
    if config.exists():
        values = json.loads(config.read_text(encoding="utf-8"))
        ordered = {key: sorted(value) if isinstance(value, list) else value for key, value in values.items()}
        config.write_text(json.dumps(ordered, indent=2) + "\n", encoding="utf-8")
