"""The folder that a hub gets: adapter, tokenizer, prompt, card, licence, hashes."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mbegu.asking.prompts import read_saved_prompt
from mbegu.builds.project import Project
from mbegu.errors import BadInput
from mbegu.models.manifest import NAME, verify, write_manifest
from mbegu.outputs import whole
from mbegu.sharing import card
from mbegu.sharing.card import Settings
from mbegu.sharing.older import readable

TEMPLATE, CARD, MERGED, NOTICE = "prompt.jinja", "README.md", "merged", "NOTICE"
TOKENIZER = (
    "tokenizer*", "chat_template*", "special_tokens_map.json", "added_tokens.json", "vocab*", "merges.txt", "*.model",
)  # fmt: skip


def check_replaceable(out: Path, option: str = "--out", mark: str = TEMPLATE) -> None:
    """Raises `BadInput` unless `out` is not there yet, is empty, or is as an earlier run published it.

    Args:
        option: that names it.
        mark: a file that such a run leaves there.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not (out / mark).is_file() or not (out / NAME).is_file():
        raise BadInput(f"{option} {out}: is there already and nothing that this command published; name another folder.")
    try:
        verify(out)
    except BadInput as error:
        raise BadInput(f"{option} {out}: was edited since it was published ({error}) Move it away.") from None
    listed = {line.split("  ", 1)[1] for line in (out / NAME).read_text(encoding="utf-8").splitlines()}
    found = (path.relative_to(out) for path in out.rglob("*") if path.is_file())
    files = {path.as_posix() for path in found if "__pycache__" not in path.parts} - {NAME}  # which running it leaves
    if files - listed:
        raise BadInput(
            f"{option} {out}: holds {min(files - listed)}, which nobody published; move it away, or name another folder."
        )


def publish(
    out: Path, facts: Mapping[str, Any], project: Project, settings: Settings, dtype: str | None
) -> dict[str, Any] | None:
    """Writes the whole folder, in place of what an earlier run published there; returns what `add_merged` does.

    Args:
        facts: what `facts.gather` found, and `repo`, the name that it gets on a hub, or "".
        dtype: of the numbers of `merged/`, which is left out for None.
    """
    with whole(out) as folder:
        peft = copy_model(facts, project, folder)
        merged = add_merged(facts, project, folder, dtype) if dtype else None
        text = card.page({**facts, "merged": merged, "peft": peft}, settings)
        card.check(text)
        (folder / CARD).write_text(text, encoding="utf-8")
        write_licence(folder, settings.publish.licence, project.base, facts["base"]["name"])
        write_manifest(folder)
    return merged


def copy_model(facts: Mapping[str, Any], project: Project, folder: Path) -> str:
    """Copies weights, tokenizer and prompt; the configuration names the base as a stranger finds it, and is one that old versions
    of peft read.

    Returns:
        The least version of peft that reads it, "" where all weights were trained.

    Args:
        facts: what `facts.gather` found.
    """
    adapter = project.adapter(facts["version"])
    folder.mkdir()
    for path in sorted(adapter.iterdir()):
        if path.name != NAME:
            _copy(path, folder)
    copy_tokenizer(project.base, folder)
    config, least = folder / "adapter_config.json", ""
    if config.is_file():
        values, least = readable(json.loads(config.read_text(encoding="utf-8")))
        values["base_model_name_or_path"] = facts["base"]["name"]
        values["revision"] = facts["base"]["fetched"].get("revision")
        config.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    (folder / TEMPLATE).write_text(facts["prompt"]["template"], encoding="utf-8")
    return least


def copy_tokenizer(base: Path, folder: Path) -> None:
    """Copies the tokenizer with its chat template."""
    for path in sorted({path for pattern in TOKENIZER for path in base.glob(pattern)}):
        _copy(path, folder)


def write_licence(folder: Path, licence: str, base: Path, base_name: str) -> None:
    """Writes what the weights may be used under, and copies what the base model says of itself."""
    (folder / "LICENSE").write_text(
        f"The files of this folder that are not the base model's: {licence} (https://spdx.org/licenses/).\n\n"
        f"They were trained on {base_name}, whose own licence holds for its weights, also where they are merged in.\n",
        encoding="utf-8",
    )
    for path in sorted(base.glob("LICENSE*")):
        shutil.copyfile(path, folder / f"{path.name}.base")
    if (base / NOTICE).is_file():
        shutil.copyfile(base / NOTICE, folder / NOTICE)


def _copy(path: Path, folder: Path) -> None:
    target = folder / path.name
    shutil.copyfile(path, target)
    target.chmod(0o644)  # safetensors writes files that only their owner may read


def add_merged(facts: Mapping[str, Any], project: Project, folder: Path, dtype: str) -> dict[str, Any]:
    """Writes `merged/`, a whole model; returns `dtype` and the `agreement` with the adapter along its held-out answers.

    Args:
        facts: what `facts.gather` found.
    """
    from mbegu.models.loading import Weights
    from mbegu.sharing import merged

    weights = Weights(project.base, project.adapter(facts["version"]), facts["answered"]["quantization"])
    prompt = read_saved_prompt(facts["prompt"])
    found = merged.write(weights, dtype, prompt, facts["answers"], folder / MERGED)
    copy_tokenizer(project.base, folder / MERGED)
    return {"dtype": dtype, "agreement": found}
