"""A chat page for people: pick the base model or an adapter, ask, and watch the answer come.

In: the base model, adapters, a file of example questions. Out: a page on http://127.0.0.1:7860, until Ctrl-C.
It is served to this machine only, loads nothing from elsewhere, and reports to no one.

    mbegu app --adapter models/adapters/v1 --adapter models/adapters/v2 --examples data/heldout.jsonl
"""

from pathlib import Path

import click

from mbegu.command import Stage
from mbegu.retrieval.settings import Retrieving
from mbegu.sections import FILE, path, section


@click.command(cls=Stage)
@path("--base", "Folder of the base model.", "models/base")
@click.option("--adapter", "adapters", type=FILE, multiple=True, required=True, help="Adapter; repeat.")
@click.option("--examples", type=FILE, help="Rows whose questions are offered; without it, none are.")
@click.option("--example_count", type=click.IntRange(1), default=8, show_default=True, help="How many of them, from the top.")
@path("--params", "Its publish.name is the page's title, its locale.disclaimer stands below the chat.", "params.yaml")
@click.option("--quantization", type=click.Choice(["nf4", "none"]), default="nf4", show_default=True, help="Weights of the base.")
@click.option("--max_new_tokens", type=click.IntRange(1), default=200, show_default=True, help="Longest answer, in tokens.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; another one opens it to others.")
@click.option("--port", type=click.IntRange(1, 65535), default=7860, show_default=True, help="Port to listen on.")
@section(Retrieving, "retrieving")
def main(
    base: Path, adapters: tuple[Path, ...], examples: Path | None, example_count: int, params: Path, quantization: str,
    max_new_tokens: int, host: str, port: int, retrieving: Retrieving,
) -> None:  # fmt: skip
    """Serve a page to ask the base model and its adapters."""
    from mbegu.pages.app import server
    from mbegu.quiet import quiet

    server.check_free(host, port)
    server.keep_to_itself()
    quiet()
    from concurrent.futures import ThreadPoolExecutor

    from mbegu.models.loading import load_tokenizer
    from mbegu.pages.app import chat
    from mbegu.sharing import card

    settings = card.read_settings(params)
    offered = chat.example_questions(examples, example_count) if examples else []
    find = None
    if retrieving.retrieve:
        from mbegu.pages.app.passages import finder

        find = finder(retrieving.documents, params)
    speakers = chat.load_speakers(base, list(adapters), quantization)
    with ThreadPoolExecutor(1) as worker:
        how = chat.Answering(max_new_tokens, worker, find)
        page = chat.page(speakers, load_tokenizer(base), how, offered, settings.locale.disclaimer, settings.publish.name)
        address = server.launch(page, chat.STYLE, host, port)
        click.echo(f"{', '.join(speakers)} answer on {address} until Ctrl-C.")
        page.block_thread()
