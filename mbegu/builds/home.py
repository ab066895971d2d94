"""Where the stage scripts, the templates and the pipeline file are that the library brings along."""

from pathlib import Path


def home() -> Path:
    """The folder `home` of an installed package, else the repository that this package stands in."""
    package = Path(__file__).parents[1]
    installed = package / "home"
    return installed if installed.is_dir() else package.parent
