"""The app: ask, compare, review and trace what a project built, in a browser or through an API.

In: what params.yaml of --project declares (models, base, held-out rows), or, for single use, a base model and adapters.
Out: pages on http://127.0.0.1:7860, and an API of OpenAI's form below /v1, until Ctrl-C.
It is served to this machine only, loads nothing from elsewhere, and reports to no one.

    mbegu app --project examples/company_docs --retrieve
    mbegu app --adapter models/adapters/v1 --adapter models/adapters/v2 --examples data/heldout.jsonl
"""

import os
from pathlib import Path

import click

from mbegu.command import Stage
from mbegu.pages.app.settings import Serving
from mbegu.retrieval.settings import Retrieving
from mbegu.sections import FILE, path, section


@click.command(cls=Stage)
@path("--project", "Folder of the project's params.yaml.", ".")
@click.option("--adapter", "adapters", type=FILE, multiple=True, help="Only this one, and its base; repeat.")
@click.option("--base", type=FILE, help="Folder of the base model of --adapter; without it, what params.yaml names.")
@click.option("--examples", type=FILE, help="Rows whose questions are offered; without it, the project's held-out ones.")
@click.option("--example_count", type=click.IntRange(1), default=8, show_default=True, help="How many of them, from the top.")
@click.option("--params", type=FILE, help="Settings, title and disclaimer; without it, params.yaml of the project.")
@click.option("--quantization", type=click.Choice(["nf4", "none"]), default="nf4", show_default=True, help="Weights of the base.")
@click.option("--serve-only", is_flag=True, help="The API without pages.")
@section(Serving, "serving")
@section(Retrieving, "retrieving")
def main(
    project: Path, adapters: tuple[Path, ...], base: Path | None, examples: Path | None, example_count: int,
    params: Path | None, quantization: str, serve_only: bool, serving: Serving, retrieving: Retrieving,
) -> None:  # fmt: skip
    """Serve a project's pages and its API."""
    from mbegu.pages.app import server
    from mbegu.quiet import quiet

    if base is not None and not adapters:
        raise click.UsageError("Missing option '--adapter': --base names the base model of single adapters.")
    password = server.check_password(serving.host, os.environ.get(server.PASSWORD))
    server.check_free(serving.host, serving.port)
    server.keep_to_itself()
    quiet()
    wanted = project, list(adapters), base, examples, example_count
    with server.ended_when_asked(), server.mourned():  # models may load for a while before `serve` listens to signals
        _serve(wanted, params or project / "params.yaml", quantization, serve_only, serving, retrieving, password)


def _serve(
    wanted: tuple[Path, list[Path], Path | None, Path | None, int], params: Path, quantization: str, serve_only: bool,
    serving: Serving, retrieving: Retrieving, password: str,
) -> None:  # fmt: skip
    from mbegu.pages.app import frame, opening, server

    site = opening.open_site(opening.Wanted(*wanted), params, quantization, serving, retrieving)
    app = frame.application(site, serving.host, password, serve_only)
    names = ", ".join(site.engine.speakers)
    say = f"{names} answer on {{}} until Ctrl-C." if names else "Pages of what is there on {} until Ctrl-C."
    server.serve(app, serving.host, serving.port, lambda address: click.echo(say.format(address)), site.engine.close)
