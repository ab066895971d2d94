"""What every page of the app is made from: a project's files, its settings, and who answers there."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mbegu.builds.project import Project

if TYPE_CHECKING:  # pages need no model
    from mbegu.asking.together import Engine
    from mbegu.pages.app.passages import Searched


class Site(NamedTuple):
    """A project as pages see it. Nothing of it has to be built: a page says what is missing."""

    folder: Path  # of params.yaml and dvc.yaml; `dvc` runs there
    project: Project  # its files by name, below `folder`
    params: Mapping[str, Any]  # the content of params.yaml
    title: str
    disclaimer: str  # Markdown
    engine: "Engine"  # who answers: `engine.speakers` by name, none where no model is built
    missing: Mapping[str, str]  # models that params.yaml declares and that can't answer: name, and why in a sentence
    examples: list[list[str]]  # [instruction, input] of questions that are offered
    about: Mapping[str, Mapping[str, str]]  # of each model that can answer: hashes of `adapter` and `rows`, `revision` of git
    longest: int  # tokens of an answer, at most
    searched: "Searched | None" = None  # documents from which questions can be answered
    searches: bool = False  # whether they are, unless a visitor says otherwise
    answered: Any = (
        None  # gr.State, which the frame sets: {"instruction", "input", "answers": {model: text}} of the last question
    )
