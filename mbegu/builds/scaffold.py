"""A new project: its own folder, in which DVC runs copies of the stages, and a sample that a user replaces."""

import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mbegu.builds import plots_page
from mbegu.builds.git import git
from mbegu.builds.home import home
from mbegu.errors import BadInput
from mbegu.outputs import whole
from mbegu.text.templates import page

SOURCES = ("seeds", "documents", "set", "telegram")  # where the first version's rows come from; folders of templates/project
# "I don't know", which a project says in its main language
UNKNOWN = {"en": "I don't know", "sw": "Sijui", "am": "አላውቅም", "ar": "لا أعرف", "fr": "Je ne sais pas", "so": "Ma garanayo"}
CODE = re.compile(r"[a-z]{2,3}")
DOT = "dot-"  # stands for the dot of a name that would else have an effect in the repository that holds the sample


def make(path: Path, source: str, languages: Sequence[str], currency: str) -> bool:
    """Writes the project, whole or not at all; it is not committed.

    Args:
        path: a folder that does not exist yet, or is empty.
        source: one of `SOURCES`.
        languages: of its rows, ISO 639 codes, the main one first.
        currency: of amounts that name none, or none.

    Returns:
        Whether it got a git repository of its own; inside a work tree it belongs to that one.

    Raises:
        BadInput: git or DVC is missing, the folder's name names none, it can't be made there, or a language or currency is none.
    """
    from mbegu.metrics.currencies import check_currency  # which loads much, and not for --help

    check_currency(currency)
    check_languages(languages)
    check_tools()
    check_name(path)
    try:
        place = path.resolve()
        check_place(path, place)
        alone = git("rev-parse", "--is-inside-work-tree", folder=place.parent) != "true"
        with whole(place) as folder:
            _write(folder, source, {"name": place.name, "languages": list(languages), "currency": currency})
            if alone:
                _init(folder)
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}; nothing was made. Name a folder that can be written.") from None
    return alone


def check_languages(languages: Sequence[str]) -> None:
    """Raises BadInput unless each is a code as ISO 639 has them, such as sw."""
    for language in languages:
        if not CODE.fullmatch(language):
            raise BadInput(f"--language {language!r}: expected an ISO 639 code of two or three letters, such as sw or am.")


def check_tools() -> None:
    """Raises BadInput unless git and DVC are there, which every build needs."""
    if shutil.which("git") is None:
        raise BadInput("git is not installed, or not on the PATH; install it: a project is a git repository.")
    if shutil.which("dvc") is None:
        raise BadInput("dvc is not on the PATH; activate the environment in which mbegu is installed, or pip install dvc.")


def check_name(path: Path) -> None:
    """Raises BadInput unless the last part of `path` can name a folder, a model and a target of make."""
    name = path.name
    if name in ("", ".", "..") or "\0" in str(path):
        raise BadInput(f"{str(path)!r} names no new folder; write a name, such as garden.")
    if name != name.strip():
        raise BadInput(f"{name!r} begins or ends in a blank; leave it out.")
    wrong = [char for char in name if char not in "-_." and unicodedata.category(char)[0] not in "LMN"]
    if wrong or unicodedata.category(name[0])[0] not in "LN":
        raise BadInput(f"{name!r} can't name a project; begin with a letter or digit, and go on with those and - _ . only.")


def check_place(path: Path, place: Path) -> None:
    """Raises BadInput unless a folder can be made at `place`, of which messages speak as `path`."""
    if place.is_dir() and any(place.iterdir()):
        raise BadInput(f"{path} is not empty; name a new folder.")
    if place.exists() and not place.is_dir():
        raise BadInput(f"{path} is a file; name a new folder.")
    if not place.parent.is_dir():
        state = "is no folder" if place.parent.exists() else "does not exist"
        raise BadInput(f"{path}: {path.parent} {state}; name a folder in one that exists.")


def _init(folder: Path) -> None:
    done = subprocess.run(("git", "init", "--quiet"), cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BadInput(f"git init: {' '.join(done.stderr.split())} Nothing was made.")


def _write(folder: Path, source: str, values: dict[str, Any]) -> None:
    unknown = UNKNOWN.get(values["languages"][0], UNKNOWN["en"])
    values |= {"source": source, "version": version("mbegu"), "unknown": unknown}
    templates = home() / "templates"
    for file in _files(home() / "stages"):
        _copy(home() / "stages" / file, folder / "stages" / file)
    for file in _files(templates):
        if file.parts[0] != "project":
            _copy(templates / file, folder / "templates" / file)
    for part in (templates / "project/shared", templates / f"project/{source}"):
        for file in _files(part):
            _fill(part / file, folder / dotted(file), values)
    # what `dvc init` would write, less the entries that it adds to the index of a git repository around this folder
    _copy(home() / ".dvc/config", folder / ".dvc/config")
    (folder / ".dvc/.gitignore").write_text("/config.local\n/tmp\n/cache\n")
    plots_page.write(folder / ".dvc/plots.html")
    (folder / "dvc.yaml").write_text(pipeline(), encoding="utf-8")


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(folder)


def _copy(path: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, to)  # and not its rights: an installed file may be read-only


def dotted(file: Path) -> Path:
    """The name in a project of a file of the sample: `dot-gitignore` is `.gitignore`, `README.md.jinja` is `README.md`."""
    parts = [f".{part.removeprefix(DOT)}" if part.startswith(DOT) else part for part in file.parts]
    return Path(*parts[:-1], parts[-1].removesuffix(".jinja"))


def _fill(path: Path, to: Path, values: dict[str, Any]) -> None:
    if path.suffix != ".jinja":
        _copy(path, to)
        return
    to.write_text(f"{page(path, values)}\n", encoding="utf-8")


def pipeline() -> str:
    """The pipeline file: a project's own way to take fingerprints, and the rest of ours as it is."""
    ours = (home() / "dvc.yaml").read_text(encoding="utf-8")
    head = (home() / "templates/project/head.yaml").read_text(encoding="utf-8")
    return head + ours[ours.index("  base:\n") :]
