"""What a training run leaves on disk: checkpoints on the way, the adapter at the end."""

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from mbegu.errors import BadInput
from mbegu.models.manifest import NAME, sha256, verify, write_manifest
from mbegu.models.trained import PROMPT_FILE

KEPT = 2  # checkpoints of a run: the one before the last, should the last be found damaged


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


def seal(run: Path, step: int) -> None:
    """Writes the manifest of a checkpoint that is there in full, and of the best weights so far; then older ones may go.

    Older by their step: the Trainer would go by their times, and where the clock was set back, delete the one just written.
    """
    checkpoint = run / f"checkpoint-{step}"
    best = [path for path in _newest_first(run, "best-*.safetensors") if _step(path) <= step]  # a killed run came further
    files = [path for path in checkpoint.rglob("*") if path.is_file() and path.name != NAME] + best[:1]
    lines = [f"{sha256(path)}  {os.path.relpath(path, checkpoint)}\n" for path in sorted(files)]
    (checkpoint / NAME).write_text("".join(lines), encoding="utf-8")
    for older in _newest_first(run, "checkpoint-*")[KEPT:]:
        shutil.rmtree(older)


def last_whole(run: Path) -> str | None:
    """The newest checkpoint that holds its manifest; those that were cut off or have rotted since are deleted."""
    for checkpoint in _newest_first(run, "checkpoint-*"):
        try:
            verify(checkpoint)
            return str(checkpoint)
        except (BadInput, ValueError):
            shutil.rmtree(checkpoint)
    return None


def _newest_first(run: Path, pattern: str) -> list[Path]:
    return sorted(run.glob(pattern), key=_step, reverse=True)


def _step(path: Path) -> int:
    return int(path.stem.split("-")[1])


def forget_runs(work: Path) -> None:
    """Deletes the checkpoints of finished and abandoned runs."""
    for folder in work.iterdir():
        if folder.is_dir():
            shutil.rmtree(folder)


def save(model: Any, prompt: dict[str, Any], folder: Path, weights: dict[str, Any] | None = None) -> None:
    """Saves the adapter (or the whole model) as safetensors, with how it must be asked and a SHA-256 manifest.

    Args:
        weights: those that were trained, where the model itself holds but a part of them.
    """
    model.save_pretrained(str(folder), state_dict=weights)
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
