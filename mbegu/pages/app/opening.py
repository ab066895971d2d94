"""A project opened for the app: which of its models can answer, and what is known of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.asking.prompts import Prompt, read_prompt
from mbegu.asking.settings import PromptFile
from mbegu.asking.speakers import load_speakers, names_of
from mbegu.asking.together import Engine
from mbegu.builds.comparing import again, version_of
from mbegu.builds.declared import names, read_params
from mbegu.builds.project import Project, project_in
from mbegu.builds.record import revision
from mbegu.builds.values import parse_section
from mbegu.errors import BadInput
from mbegu.models.loading import load_tokenizer
from mbegu.models.manifest import NAME, sha256, verify
from mbegu.models.trained import read_adapter_prompt
from mbegu.pages.app import chat
from mbegu.pages.app.passages import Searched, finder
from mbegu.pages.app.settings import Serving
from mbegu.pages.app.site import Site
from mbegu.retrieval.settings import Retrieving
from mbegu.text.settings import Locale

OTHER = "is another base model, and only one stays in memory; `mbegu app --base {place} --adapter …` asks it."


class Wanted(NamedTuple):
    """What the command line asks for."""

    folder: Path  # of the project
    adapters: list[Path]  # only these, or [] for the project's models
    base: Path | None  # of the adapters; None for the project's
    examples: Path | None  # rows whose questions are offered; None for the project's held-out rows
    example_count: int


class Found(NamedTuple):
    """The models of a project that can answer, and those that can't."""

    base: Path
    usable: dict[str, Path]  # folders by name, those of adapters and the base's
    missing: dict[str, str]  # why not, a sentence, by name


def find_models(folder: Path, params: Mapping[str, Any]) -> Found:
    """What params.yaml declares under `models`; of names of one folder the first."""
    base = folder / str(params.get("base_model", "models/base"))
    others = again(params)  # nobody asks a model that was trained once more to know how much chance there is
    declared = {str(name): folder / str(path) for name, path in dict(params.get("models") or {}).items() if name not in others}
    found = Found(base, {}, {})
    try:
        identity = verify(base) if (base / NAME).is_file() else ""
    except BadInput as error:
        return found._replace(missing={name: str(error) for name in declared})
    for name, place in declared.items():
        place = base if place.resolve() == base.resolve() else place
        if place in found.usable.values():
            continue
        if why := _why_not(place, base, identity):
            found.missing[name] = why
        else:
            found.usable[name] = place
    return found


def _why_not(place: Path, base: Path, identity: str) -> str:
    for needed in (place, base):
        if not (needed / NAME).is_file():
            return f"{needed} is not built yet; `dvc repro` builds it."
    if place == base:
        return ""
    if (place / "base.json").is_file():
        return f"{place} {OTHER.format(place=place)}"
    try:
        read_adapter_prompt(place, identity)
        verify(place)
    except BadInput as error:
        return str(error)
    return ""


def open_site(wanted: Wanted, params: Path, quantization: str, serving: Serving, retrieving: Retrieving) -> Site:
    """Reads a project's settings and loads its models.

    Raises:
        BadInput: params.yaml or the examples can't be read; an adapter that was named can't be loaded; as `finder` if questions
            shall be asked with passages.
    """
    sections, project = read_params(params), project_in(wanted.folder)._replace(params=params)
    title, locale = dict(sections.get("publish") or {}).get("name"), parse_section(sections, "locale", Locale, str(params))
    examples = wanted.examples or (project.heldout() if project.heldout().is_file() and not wanted.adapters else None)
    offered = chat.example_questions(examples, wanted.example_count) if examples else []
    searched, unread = _searched(params, sections, retrieving)
    engine, missing = _engine(wanted, sections, quantization, serving)
    known = about(engine, project, wanted.folder, sections)
    return Site(
        wanted.folder, project, sections, str(title or wanted.folder.resolve().name), locale.disclaimer, engine,
        missing | unread, offered, known, serving.max_new_tokens, searched, retrieving.retrieve,
    )  # fmt: skip


def about(engine: Engine, project: Project, folder: Path, params: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """What is known of those who answer: the hash of each adapter or base, of the rows of its version, and git's revision."""
    commit = revision(folder=folder)
    found = {}
    for name, speaker in engine.speakers.items():
        rows = project.rows(version_of(name, params) or speaker.folder.name)
        kind = "adapter" if (speaker.folder / "adapter_config.json").is_file() else "model"
        known = {kind: sha256(speaker.folder / NAME)[:12], "revision": commit}
        if speaker.folder.name != "base" and rows.is_file():
            known |= {"rows": f"{rows.stem} {sha256(rows)[:12]}"}
        found[name] = {key: value for key, value in known.items() if value}
    return found


def _engine(wanted: Wanted, params: Mapping[str, Any], quantization: str, serving: Serving) -> tuple[Engine, dict[str, str]]:
    if wanted.adapters:
        base = wanted.base or wanted.folder / str(params.get("base_model", "models/base"))
        found = Found(base, names_of(base, wanted.adapters), {})
    else:
        found = find_models(wanted.folder, params)
    if not found.usable:
        return Engine({}, None, serving.queue), found.missing
    bare = all(place == found.base for place in found.usable.values())
    prompt = _prompt(wanted.folder, params) if bare else None
    speakers = load_speakers(found.base, found.usable, quantization, prompt)
    return Engine(speakers, load_tokenizer(found.base), serving.queue, serving.max_prompt_tokens), found.missing


def _searched(params: Path, sections: Mapping[str, Any], retrieving: Retrieving) -> tuple[Searched | None, dict[str, str]]:
    """The documents that visitors may have searched: those that the command line asks for, or else the project's if it has an
    index of some; and why it can't be read."""
    if retrieving.retrieve or retrieving.documents:
        return finder(retrieving.documents, params), {}
    known = [name for name in names(sections, "retrieved") if (params.parent / "data/retrieved" / name).is_dir()]
    try:
        return (finder(known[0], params) if known else None), {}
    except BadInput as error:
        return None, {f"documents {known[0]}": str(error)}


def _prompt(folder: Path, params: Mapping[str, Any]) -> Prompt | None:
    """How the project asks; of use where no adapter says how it was asked."""
    if not isinstance(params.get("prompt"), dict):
        return None
    file = parse_section(dict(params), "prompt", PromptFile, str(folder / "params.yaml"))
    return read_prompt(folder / file.template, *file[1:])
