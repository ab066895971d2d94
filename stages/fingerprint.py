"""Fingerprints each script: the SHA-256 of it and of every module of the library that it reaches, as `sha256sum` prints it.

In: a folder of scripts, and the library as it is installed; params.yaml, whose names are checked before anything is built.
Out: a folder with a file for each script, on which its stage depends; `sha256sum -c data/fingerprints/train` says which code
has changed since. No script may be named code.py or tokenize.py: it would hide Python's own module of that name from all the
others.

    python stages/fingerprint.py --stages stages --out data/fingerprints --made data/reviews …
"""

from pathlib import Path

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--stages", type=click.Path(path_type=Path), required=True, help="Folder of the scripts.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for a fingerprint of each.")
@click.option("--made", multiple=True, type=click.Path(path_type=Path), help="Folder, made if missing: git drops empty ones.")
@click.option("--params", type=click.Path(path_type=Path), help="File whose names of versions and others must be buildable.")
def main(stages: Path, out: Path, made: tuple[Path, ...], params: Path | None) -> None:
    """Fingerprint each script with the modules that it reaches."""
    from importlib.util import find_spec

    from mbegu.builds.fingerprints import fingerprints
    from mbegu.outputs import whole

    if params:
        from mbegu.builds.declared import read_params

        read_params(params)
    for folder in made:
        folder.mkdir(parents=True, exist_ok=True)
    spec = find_spec("mbegu")
    assert spec is not None and spec.origin is not None  # this script has just imported it
    found = fingerprints(stages, Path(spec.origin).parent)
    with whole(out) as temporary:
        temporary.mkdir()
        for name, lines in found.items():
            (temporary / name).write_text(lines, encoding="utf-8")
    files = {line for lines in found.values() for line in lines.splitlines()}
    click.echo(f"Fingerprinted {len(found)} scripts, which reach {len(files) - len(found)} modules: {out}")


if __name__ == "__main__":
    main()
