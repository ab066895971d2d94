"""The folder that a hub's Space runs: the page Ask and the API over one adapter, with all that they need within."""

import json
import shutil
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires
from importlib.metadata import version as installed
from pathlib import Path

from mbegu.builds.project import Project
from mbegu.builds.record import revision
from mbegu.extras import MissingExtra
from mbegu.models.manifest import NAME, sha256, verify, write_manifest
from mbegu.models.trained import read_adapter_prompt
from mbegu.outputs import whole
from mbegu.rows.heldout import read_heldout
from mbegu.rows.jsonl import write_lines
from mbegu.sharing.card import Settings
from mbegu.sharing.folder import write_licence

TOLD, APP, CARD, REQUIREMENTS = "space.json", "app.py", "README.md", "requirements.txt"
# what the page and its API import, and what loads a model's weights
ROOTS = (
    "accelerate", "bitsandbytes", "click", "diskcache", "fastapi", "gradio", "jinja2", "jsonlines", "llguidance", "numpy",
    "orjson", "peft", "py3langid", "regex", "safetensors", "tokenizers", "torch", "tqdm", "transformers", "uvicorn",
)  # fmt: skip
PROGRAM = '''"""Serves the page Ask and an API of OpenAI's form over the adapter in this folder."""

from pathlib import Path

from mbegu.pages.app.space import run

if __name__ == "__main__":
    run(Path(__file__).parent)
'''
EXAMPLES, LONGEST = 8, 200


def publish(version: str, out: Path, project: Project, settings: Settings) -> None:
    """Writes the whole folder, in place of what an earlier run wrote there.

    Raises:
        BadInput: the adapter or its base is not built, or not as its manifest says; the extra `app` is not installed.
    """
    adapter, pins = project.adapter(version), pinned(ROOTS)
    read_adapter_prompt(adapter, verify(project.base))
    verify(adapter)
    title = f"{settings.publish.name} {version}"
    told = {
        "title": title, "disclaimer": settings.locale.disclaimer, "version": version,
        "quantization": "nf4", "longest": LONGEST, "about": _about(version, project),
    }  # fmt: skip
    with whole(out) as folder:
        folder.mkdir()
        shutil.copytree(project.base, folder / "base")
        shutil.copytree(adapter, folder / "adapter")
        shutil.copytree(Path(__file__).parents[1], folder / "mbegu", ignore=shutil.ignore_patterns("__pycache__", "home"))
        write_lines(folder / "examples.jsonl", _examples(project.heldout()))
        (folder / TOLD).write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        (folder / APP).write_text(PROGRAM, encoding="utf-8")
        (folder / REQUIREMENTS).write_text("".join(f"{pin}\n" for pin in pins), encoding="utf-8")
        (folder / CARD).write_text(card(title, settings), encoding="utf-8")
        write_licence(folder, settings.publish.licence, project.base, "the model in base/")
        write_manifest(folder)


def _about(version: str, project: Project) -> dict[str, str]:
    rows, folder = project.rows(version), project.params.parent
    about = {"adapter": sha256(project.adapter(version) / NAME)[:12], "revision": revision(folder=folder)}
    return about | ({"rows": f"{version} {sha256(rows)[:12]}"} if rows.is_file() else {})


def _examples(heldout: Path) -> list[dict[str, str]]:
    """Questions to offer, without their reference answers."""
    if not heldout.is_file():
        return []
    return [{"instruction": row["instruction"], "input": row["input"]} for row in read_heldout(heldout)[:EXAMPLES]]


def card(title: str, settings: Settings) -> str:
    """README.md, whose metadata tell the hub what to run."""
    from huggingface_hub import SpaceCard, SpaceCardData

    data = SpaceCardData(
        title=title, sdk="gradio", sdk_version=installed("gradio"), python_version="3.11", app_file=APP,
        license=settings.publish.licence, tags=[*settings.publish.tags, "mbegu"], pinned=False,
    )  # fmt: skip
    text = (
        f"---\n{data.to_yaml()}\n---\n\n"
        "A page to ask one adapter, and an API below `/v1`; `mbegu publish --space` wrote this folder.\n"
        "Started elsewhere, `python app.py` answers on http://127.0.0.1:7860.\n\n"
        "The secret `MBEGU_APP_PASSWORD` closes it to all who do not know the password.\n"
    )
    if SpaceCard(text).data.to_dict() != data.to_dict():
        raise AssertionError("the card changes when huggingface_hub reads it")
    return text


def pinned(roots: Iterable[str]) -> list[str]:
    """`name==version` of packages and of all that they need here, by name; torch as PyPI has it, without a local build's tag.

    Raises:
        MissingExtra: one of the roots is not installed.
    """
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    found: dict[str, str] = {}
    todo = [(root, True) for root in roots]
    while todo:
        name, needed = todo.pop()
        name = canonicalize_name(name)
        if name in found:
            continue
        try:
            found[name] = installed(name).partition("+")[0]
        except PackageNotFoundError:
            if needed:
                raise MissingExtra(f"{name} is not installed; it comes with the extra `app`: pip install 'mbegu[app]'.") from None
            continue
        wanted = [Requirement(line) for line in requires(name) or []]
        todo += [(one.name, False) for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    return [f"{name}=={number}" for name, number in sorted(found.items())]
