"""Writes a folder ready for a hub: an adapter with its tokenizer, prompt, model card, licence and hashes.

In: a build's adapter, base model, rows, metrics and dvc.lock, in the folder of its dvc.yaml; the section `publish` of
params.yaml. Out: the folder, and, with --push, the repository; its token is HF_TOKEN, its hub HF_ENDPOINT.

    mbegu publish --version v2 --out published/v2 --merge
    mbegu publish --version v2 --space space
"""

import os
from pathlib import Path
from typing import Any

import click

from mbegu.builds.project import Project
from mbegu.command import Stage
from mbegu.sections import FILE, section

NO_GGUF = (
    "--gguf: is not offered, as PyPI has no converter that llama.cpp's authors keep there; publish with --merge, "
    "then run llama.cpp's own: python convert_hf_to_gguf.py {out}/merged."
)


@click.command(cls=Stage)
@click.option("--version", required=True, help="Which version's adapter.")
@click.option("--out", type=FILE, help="The folder; what an earlier run published there is replaced.")
@click.option("--space", type=FILE, help="Write a folder that a hub's Space runs in its place: the page Ask and its API.")
@click.option("--merge", is_flag=True, help="Add merged/, base and adapter as one model in 16 bits.")
@click.option("--dtype", type=click.Choice(["float16", "bfloat16", "float32"]), default="float16", show_default=True,
              help="Numbers of merged/: float16 is closest to the adapter in 16 bits, float32 gives its answers.")  # fmt: skip
@click.option("--gguf", is_flag=True, help="Not offered; says what to run instead.")
@click.option("--push", metavar="NAME/REPO", help="Upload the folder to this repository of a hub.")
@click.option("--private", is_flag=True, help="If the repository is new, only you may see it.")
@click.option("--base_model", metavar="NAME/REPO", help="The base model on a hub, if the build does not know it.")
@section(Project, "project")
def main(
    version: str, out: Path | None, space: Path | None, merge: bool, dtype: str, gguf: bool, push: str | None, private: bool,
    base_model: str | None, project: Project,
) -> None:  # fmt: skip
    """Publish an adapter with a model card."""
    if (out is None) == (space is None):
        raise click.UsageError("Name a folder with --out, or one with --space.")
    if space is not None:
        _space(version, space, project)
        return
    assert out is not None
    if gguf:
        raise click.UsageError(NO_GGUF.format(out=out))
    if private and not push:
        raise click.UsageError("--private: says who may see a repository; add --push NAME/REPO or leave it out.")
    from mbegu.quiet import quiet

    quiet()
    from mbegu.sharing import card, folder, hub

    token = hub.check_token(os.environ.get(hub.TOKEN)) if push else ""
    repo = hub.check_repo(push, "--push") if push else ""
    folder.check_replaceable(out)
    settings = card.read_settings(project.params)
    facts = _facts(version, project, base_model)
    if merge and not facts["adapter"]:
        raise click.UsageError(f"--merge: all weights of {version} were trained, so there is nothing to merge; leave it out.")
    merged = folder.publish(out, facts | {"repo": repo}, project, settings, dtype if merge else None)
    _say(version, out, merged)
    if push:
        endpoint = os.environ.get("HF_ENDPOINT") or None
        click.echo(f"Pushed: {hub.push(out, repo, private, token, endpoint, f'{settings.publish.name} {version}')}")


def _space(version: str, out: Path, project: Project) -> None:
    from mbegu.quiet import quiet

    quiet()
    from mbegu.sharing import card, folder, space

    project.check_versions(version)
    folder.check_replaceable(out, "--space", space.TOLD)
    space.publish(version, out, project, card.read_settings(project.params))
    click.echo(f"A Space of {version}, {sum(path.is_file() for path in out.rglob('*'))} files: {out}")


def _facts(version: str, project: Project, base_model: str | None) -> dict[str, Any]:
    """What the card tells, of an adapter that belongs to the base model here."""
    from mbegu.builds.lock import read_lock
    from mbegu.models.manifest import verify
    from mbegu.sharing import facts, hub

    lock = read_lock(project.lock)
    named = hub.check_repo(facts.base_name(base_model, project.base, lock), "--base_model")
    found = facts.gather(version, project, lock, named)
    project.check_versions(version)  # which dvc.lock may know from an earlier params.yaml
    if found["prompt"]["base"] != verify(project.base):
        raise click.UsageError(f"{project.adapter(version)}: trained on another base model than {project.base}; run `dvc repro`.")
    return found


def _say(version: str, out: Path, merged: dict[str, Any] | None) -> None:
    if merged:
        same = merged["agreement"]
        click.echo(
            f"Merged in {merged['dtype']}: {same.answers} of {same.questions} held-out answers as the adapter's, "
            f"{same.positions - same.tokens} of {same.positions} tokens differ"
        )
    files = sum(path.is_file() for path in out.rglob("*"))
    click.echo(f"Published {version} in {files} files: {out}")
