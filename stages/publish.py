"""Writes a folder ready for a hub: an adapter with its tokenizer, prompt, model card, licence and hashes.

In: a build's adapter, base model, rows, metrics and dvc.lock, in the folder of its dvc.yaml; the section `publish` of
params.yaml. Out: the folder, and, with --push, the repository; its token is HF_TOKEN, its hub HF_ENDPOINT.

    python stages/publish.py --version v2 --out published/v2 --merge
"""

import os
from pathlib import Path

import click

from mbegu.command import Stage

NO_GGUF = (
    "--gguf: is not offered, as PyPI has no converter that llama.cpp's authors keep there; publish with --merge, "
    "then run llama.cpp's own: python convert_hf_to_gguf.py {out}/merged."
)
FOLDER = click.Path(path_type=Path)


@click.command(cls=Stage)
@click.option("--version", required=True, help="Which version's adapter.")
@click.option("--out", type=FOLDER, required=True, help="The folder; what an earlier run published there is replaced.")
@click.option("--merge", is_flag=True, help="Add merged/, base and adapter as one model in 16 bits.")
@click.option("--dtype", type=click.Choice(["float16", "bfloat16", "float32"]), default="float16", show_default=True,
              help="Numbers of merged/: float16 is closest to the adapter in 16 bits, float32 gives its answers.")  # fmt: skip
@click.option("--gguf", is_flag=True, help="Not offered; says what to run instead.")
@click.option("--push", metavar="NAME/REPO", help="Upload the folder to this repository of a hub.")
@click.option("--private", is_flag=True, help="If the repository is new, only you may see it.")
@click.option("--base_model", metavar="NAME/REPO", help="The base model on a hub, if the build does not know it.")
@click.option("--adapters", type=FOLDER, default=Path("models/adapters"), show_default=True, help="Folder of the adapters.")
@click.option("--base", type=FOLDER, default=Path("models/base"), show_default=True, help="Folder of the base model.")
@click.option("--data", type=FOLDER, default=Path("data"), show_default=True, help="Folder of the rows.")
@click.option("--metrics", type=FOLDER, default=Path("metrics"), show_default=True, help="Folder of all metrics.")
@click.option("--params", type=FOLDER, default=Path("params.yaml"), show_default=True, help="File with the section publish.")
@click.option("--lock", type=FOLDER, default=Path("dvc.lock"), show_default=True, help="What was built from what.")
def main(
    version: str, out: Path, merge: bool, dtype: str, gguf: bool, push: str | None, private: bool, base_model: str | None,
    adapters: Path, base: Path, data: Path, metrics: Path, params: Path, lock: Path,
) -> None:  # fmt: skip
    """Publish an adapter with a model card."""
    if gguf:
        raise click.UsageError(NO_GGUF.format(out=out))
    if private and not push:
        raise click.UsageError("--private: says who may see a repository; add --push NAME/REPO or leave it out.")
    from mbegu.quiet import quiet

    quiet()
    from mbegu.builds.lock import read_lock
    from mbegu.models.manifest import verify, write_manifest
    from mbegu.outputs import whole
    from mbegu.sharing import card, facts, folder, hub

    token = hub.check_token(os.environ.get(hub.TOKEN)) if push else ""
    repo = hub.check_repo(push, "--push") if push else ""
    folder.check_replaceable(out)
    settings, stages = card.read_settings(params), read_lock(lock)
    named = hub.check_repo(facts.base_name(base_model, base, stages), "--base_model")
    facts = facts.gather(version, facts.Places(adapters, base, data, metrics), stages, named)
    if facts["prompt"]["base"] != verify(base):
        raise click.UsageError(f"{adapters / version}: trained on another base model than {base}; run `dvc repro`.")
    if merge and not facts["adapter"]:
        raise click.UsageError(f"--merge: all weights of {version} were trained, so there is nothing to merge; leave it out.")
    with whole(out) as folder:
        folder.copy_model(adapters / version, base, folder, facts["base"])
        merged = folder.add_merged(adapters / version, base, folder, dtype, facts) if merge else None
        text = card.page({**facts, "repo": repo, "merged": merged}, settings)
        card.check(text)
        (folder / folder.CARD).write_text(text, encoding="utf-8")
        folder.write_licence(folder, settings.licence, base, named)
        write_manifest(folder)
    if merged:
        same = merged["agreement"]
        click.echo(
            f"Merged in {dtype}: {same.answers} of {same.questions} held-out answers as the adapter's, "
            f"{same.positions - same.tokens} of {same.positions} tokens differ"
        )
    files = sum(path.is_file() for path in out.rglob("*"))
    click.echo(f"Published {version} in {files} files: {out}")
    if push:
        endpoint = os.environ.get("HF_ENDPOINT") or None
        click.echo(f"Pushed: {hub.push(out, repo, private, token, endpoint, f'{settings.name} {version}')}")


if __name__ == "__main__":
    main()
