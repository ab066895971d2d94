"""The app on this machine: first token, switch of the adapter, several visitors at once, pages of a large project.

    python benchmarks/app.py
    python benchmarks/app.py --project examples/company_docs --visitors 4 --tokens 16 --rows 1000

Everything runs on the loopback address, through the API as any client uses it, except what `generate` alone needs, which is
measured beside it in the same process. Each figure stands beside its target, and the exit code is 1 if one is missed.
"""

import json
import socket
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import click

from mbegu.pages.app import server
from mbegu.quiet import quiet

quiet()
server.keep_to_itself()

from openai import OpenAI  # noqa: E402

from mbegu.asking.decoding import Decoding  # noqa: E402
from mbegu.asking.generation import generate_one  # noqa: E402
from mbegu.asking.speakers import question_ids, switch  # noqa: E402
from mbegu.asking.together import Engine  # noqa: E402
from mbegu.asking.visits import Question  # noqa: E402
from mbegu.builds.project import project_in  # noqa: E402
from mbegu.pages.app import frame, opening  # noqa: E402
from mbegu.pages.app.settings import Serving  # noqa: E402
from mbegu.pages.app.site import Site  # noqa: E402
from mbegu.retrieval.settings import Retrieving  # noqa: E402

FOLDER = click.Path(path_type=Path)
SEED = {"kind": "seed", "parents": []}
FIRST, SWITCH, TOGETHER, OPEN = 1.5, 0.3, 2.5, 2.0  # targets: times `generate`, seconds, times one visitor, seconds


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def first_token(engine: Engine, name: str, questions: list[list[str]]) -> tuple[float, float]:
    """Median seconds to the first token: of the engine, and of `generate` with a streamer."""
    speaker, alone = engine.speakers[name], []
    asked = [Question(name, *question, Decoding(2)) for question in questions]
    ours = []
    for question in [asked[0], *asked]:
        answer = engine.ask(question)
        ours.append(seconds(lambda answer=answer: next(answer)))
        list(answer)
    switch(speaker)
    for question in [asked[0], *asked]:
        ids, times = question_ids(speaker, engine.tokenizer, question.instruction, question.input, 2), [time.perf_counter()]
        clock = SimpleNamespace(put=lambda _, times=times: times.append(time.perf_counter()), end=lambda: None)
        generate_one(speaker.model, engine.tokenizer, ids, 2, clock)  # the first call brings the prompt
        alone.append(times[2] - times[0])
    return statistics.median(ours[1:]), statistics.median(alone[1:])


def visits(address: str, name: str, questions: list[list[str]], visitors: int, tokens: int) -> float:
    """Tokens a second of so many visitors at once, each asking every question."""
    client = OpenAI(base_url=f"{address}v1", api_key="none", max_retries=0, timeout=600)

    def visit(_: int) -> int:
        asked = [
            client.chat.completions.create(
                model=name, messages=[{"role": "user", "content": question}], max_tokens=tokens, extra_body={"input": input_}
            )
            for question, input_ in questions
        ]
        return sum(one.usage.completion_tokens for one in asked if one.usage)

    start = time.perf_counter()
    with ThreadPoolExecutor(visitors) as pool:
        done = sum(pool.map(visit, range(visitors)))
    return done / (time.perf_counter() - start)


def opening_seconds(rows: int) -> float:
    """Seconds in which the pages of a project with so many rows come, the second of two tries."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data/versions").mkdir(parents=True)
        (folder / "params.yaml").write_text("versions: {v1: {extends: none}}\nmodels: {}\n")
        lines = (
            json.dumps({"id": f"{n:016x}", "instruction": f"ሰላም {n}?", "input": "", "output": f"እሺ {n}።", "origin": SEED})
            for n in range(rows)
        )
        (folder / "data/versions/v1.jsonl").write_text("".join(f"{line}\n" for line in lines))
        site = Site(folder, project_in(folder), {"versions": {"v1": {}}}, "ንብ", "", Engine({}, None), {}, [], {}, 1)
        with server.opened(frame.application(site, "127.0.0.1", "", False), "127.0.0.1", free_port()) as address:
            return [seconds(lambda: urllib.request.urlopen(address).read()) for _ in range(2)][1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@click.command()
@click.option("--project", type=FOLDER, default=Path(), help="Folder of a built project.")
@click.option("--visitors", type=click.IntRange(1), default=8, show_default=True, help="At once.")
@click.option("--questions", type=click.IntRange(1), default=3, show_default=True, help="Held-out questions, the first ones.")
@click.option("--tokens", type=click.IntRange(2), default=32, show_default=True, help="Longest answer, in tokens.")
@click.option("--rows", type=click.IntRange(0), default=100_000, show_default=True, help="Of the large project; 0 leaves it out.")
@click.option("--quantization", type=click.Choice(["nf4", "none"]), default="nf4", show_default=True, help="Weights of the base.")
def main(project: Path, visitors: int, questions: int, tokens: int, rows: int, quantization: str) -> None:
    """Print the figures of the app and whether they meet their targets."""
    wanted = opening.Wanted(project, [], None, None, questions)
    site = opening.open_site(wanted, project / "params.yaml", quantization, Serving(max_new_tokens=max(tokens, 2)), Retrieving())
    name = list(site.engine.speakers)[-1]
    try:
        ours, alone = first_token(site.engine, name, site.examples)
        for other in site.engine.speakers:
            list(site.engine.ask(Question(other, *site.examples[0], Decoding(2))))
        count, total = site.engine.told.switches
        with server.opened(frame.application(site, "127.0.0.1", "", True), "127.0.0.1", free_port()) as address:
            one, many = (visits(address, name, site.examples, people, tokens) for people in (1, visitors))
    finally:
        site.engine.close()
    found = [
        ("first token against generate alone, times", ours / alone, ours / alone <= FIRST),
        ("switch of the adapter, s", total / count, total / count <= SWITCH),
        (f"tokens/s of {visitors} visitors against one ({one:.1f}), times", many / one, many / one >= TOGETHER),
    ]
    if rows:
        opened = opening_seconds(rows)
        found.append((f"page of {rows} rows opens, s", opened, opened <= OPEN))
    for label, value, met in found:
        print(f"{label}: {value:.2f}, {'as wanted' if met else 'MISSED'}")
    sys.exit(0 if all(met for *_, met in found) else 1)


if __name__ == "__main__":
    main()
