"""How the data stages grow: rows a second and memory at more and more synthetic rows, here and on Ray with one and two nodes.

    python benchmarks/scale.py --rows 10000 --rows 100000 --base models/base --json benchmarks/scale.json --svg docs/scale.svg

Each stage runs as its own process on what the stage before it wrote here; what it writes on Ray must be the same to the byte, or
the benchmark fails. Seconds are those of the whole process, so with the time to start Python and to join the cluster; memory is
the peak of that process alone, without Ray's nodes. Rows are questions of 6 to 18 words and answers of 30 to 90, one in twenty
nearly a copy of an earlier one; documents have a hundred of them each. Without --base, encode is left out; so is what --without
names, if no later stage reads what it writes: score takes an hour and a half for a million rows.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click
from sets import Words

ROOT = Path(__file__).parents[1]
HELDOUT = 60  # rows, as a project has
COLUMNS = ["--columns.instruction", "instruction", "--columns.input", "input", "--columns.output", "output"]
QUALITY = ["--min_words", 1, "--max_words", 500, "--max_repetition", 1, "--refusals", "as an ai"]
READ = {"ingest": "chunk", "load": "clean", "clean": "curate", "curate": "encode"}  # stages, and who reads what they write
LOCALE = ["--languages", "en", "--currency", "none", "--unknown", "I don't know", "--disclaimer", "", "--names", "Mbegu"]
STORE = 100 * 2**20  # bytes of a node's object store
# runs a stage and then prints its own peak, which is not that of its children
PEAK = """
import runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    line = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(f"peak {line.split()[1]}", file=sys.stderr)
"""


def stages(folder: str, base: str | None, without: Sequence[str]) -> dict[str, list[object]]:
    """The options of each stage in the order of the pipeline; `folder` is for what it writes, `here` is what came before."""
    out, here = (lambda name: f"{folder}/{name}"), (lambda name: f"here/{name}")
    found: dict[str, list[object]] = {
        "ingest": ["--folder", "documents", "--out", out("documents.jsonl"), "--ledger", out("unread"), "--include", "*",
                   "--ocr", ""],
        "chunk": ["--documents", here("documents.jsonl"), "--heldout_rows", "heldout.jsonl", "--base", base or "none", "--out",
                  out("chunks.jsonl"), "--heldout_out", out("held.jsonl"), "--ledger", out("chunks.ledger"), "--unit",
                  "characters", "--size", 800, "--step", 800, "--min_size", 20],
        "load": ["--source", "set.jsonl", "--format", "auto", *COLUMNS, "--no-tool_calls", "--unreadable", 0.5, "--rows", 0,
                 "--split", "train", "--out", out("loaded.jsonl"), "--ledger", out("loaded.ledger")],
        "clean": ["--loaded", here("loaded.jsonl"), "--dropped", here("loaded.ledger"), "--out", out("cleaned.jsonl"), "--ledger",
                  out("cleaned.ledger"), "--funnel", out("f.csv"), "--metrics", out("f.json"), *QUALITY, "--near_duplicate", 0.7,
                  "--permutations", 128],
        "curate": ["--expanded", here("cleaned.jsonl"), "--dropped", here("cleaned.ledger"), "--unreviewed", "keep", "--reviews",
                   "none", "--heldout", "heldout.jsonl", "--out", out("curated.jsonl"), "--ledger", out("curated.ledger"),
                   "--funnel", out("c.csv"), "--metrics", out("c.json"), "--warnings", out("c.warnings"), *QUALITY,
                   "--heldout_similarity", 0.7, "--heldout_overlap", 0.5, "--leakage", "drop"],
        "encode": ["--version", here("curated.jsonl"), "--base", base, "--out", out("v.arrow"), "--ledger", out("v.ledger"),
                   "--metrics", out("v.json"), "--lengths", out("v.csv"), "--warnings", out("v.warnings"), "--template",
                   ROOT / "templates/chat.jinja", "--chat", "--max_length", 4096, "--on_truncation", "drop"],
        "score": ["--predictions", "predictions.jsonl", "--heldout", "questions.jsonl", "--out", out("s.json"), "--rows",
                  out("s.jsonl"), *LOCALE, "--rouge", "rougeL", "--digits", 4, "--following", "heldout.jsonl"],
    }  # fmt: skip
    return {name: options for name, options in found.items() if name not in without and (base or name != "encode")}


def write(folder: Path, count: int) -> None:
    """The sources of all stages: a set, documents, held-out rows, predictions; the large ones line by line."""
    words = Words(7)
    question = answer = ""
    with ExitStack() as stack:
        names = ("set", "questions", "predictions")
        files = [stack.enter_context(open(folder / f"{name}.jsonl", "w")) for name in names]
        for number in range(count):
            copied = number % 20 == 19  # nearly: the last row once more, with a mark and a word
            row = {"instruction": f"{question}!", "input": "", "output": f"{answer} {words.text(1, 1)}"}
            question, answer = f"{words.text(6, 18)} {number}?", words.text(30, 90)
            asked = {"instruction": question, "output": answer}
            lines = (row if copied else asked, asked, prediction(question, answer, words.text(20, 60)))
            for file, line in zip(files, lines, strict=True):
                file.write(json.dumps(line) + "\n")
    heldout = [{"instruction": f"{words.text(6, 18)}?", "output": words.text(30, 90)} for _ in range(HELDOUT)]
    (folder / "heldout.jsonl").write_text("".join(json.dumps(row) + "\n" for row in heldout))
    (folder / "documents").mkdir()
    for number in range(0, count, 100):
        text = "\n\n".join(f"{words.text(30, 90).capitalize()}." for _ in range(min(100, count - number)))
        (folder / f"documents/{number}.md").write_text(f"# {words.text(2, 4)}\n\n{text}\n")


def prediction(question: str, reference: str, answer: str) -> dict[str, Any]:
    from mbegu.rows.row import row_id

    return {"id": row_id(question, ""), "instruction": question, "input": "", "reference": reference, "prediction": answer,
            "tokens": 50, "finish_reason": "stop", "reference_nll": 1.0, "reference_tokens": 50}  # fmt: skip


def run(folder: Path, stage: str, options: list[object]) -> dict[str, float]:
    """Seconds and megabytes of a stage."""
    command = [sys.executable, "-c", PEAK, ROOT / f"stages/{stage}.py", *options]
    start = time.perf_counter()
    done = subprocess.run([*map(str, command)], cwd=folder, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise click.ClickException(f"{stage}: {done.stderr}")
    peak = next(line for line in done.stderr.splitlines() if line.startswith("peak "))
    return {"seconds": round(seconds, 2), "megabytes": round(int(peak.split()[1]) / 1024)}


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[Path]:
    """A params.yaml by which stages run on so many nodes of one CPU."""
    from ray.cluster_utils import Cluster

    made = Cluster(True, head_node_args={"num_cpus": 0, "object_store_memory": STORE, "include_dashboard": False})
    try:
        for _ in range(workers):
            made.add_node(num_cpus=1, object_store_memory=STORE)
        path = folder / f"ray{workers}.yaml"
        path.write_text(f"executor: {{kind: ray, address: '{made.address}'}}\n")
        yield path
    finally:
        made.shutdown()


def measured(
    folder: Path, count: int, base: str | None, workers: list[int], without: Sequence[str]
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Each stage here and on so many nodes, at so many rows."""
    write(folder, count)
    for stage, options in stages("here", base, without).items():
        yield {"stage": stage, "where": "here", "rows": count, **run(folder, stage, options)}
    for number in workers:
        with cluster(folder, number) as params:
            for stage, options in stages(f"ray{number}", base, without).items():
                found = run(folder, stage, [*options, "--executor", params])
                yield {"stage": stage, "where": f"Ray, {number}", "rows": count, **found}
        if hashes(folder / "here") != hashes(folder / f"ray{number}"):
            raise click.ClickException(f"{count} rows: on {number} nodes of Ray other bytes came out")


@click.command()
@click.option("--rows", type=int, multiple=True, default=[10_000, 100_000], show_default=True, help="Rows; repeat.")
@click.option("--workers", type=int, multiple=True, default=[1, 2], show_default=True, help="Nodes of Ray; repeat; 0 for none.")
@click.option(
    "--without",
    multiple=True,
    type=click.Choice(["ingest", *READ.values(), "load", "score"]),
    help="A stage to leave out; repeat.",
)
@click.option("--base", type=click.Path(path_type=Path), help="Folder of a base model, whose tokens encode counts.")
@click.option("--json", "json_", type=click.Path(path_type=Path), help="File for the figures.")
@click.option("--svg", type=click.Path(path_type=Path), help="File for the chart.")
def main(
    rows: tuple[int, ...], workers: tuple[int, ...], without: tuple[str, ...], base: Path | None, json_: Path | None,
    svg: Path | None,
) -> None:  # fmt: skip
    """Measure how the data stages grow."""
    for stage, reader in READ.items():
        if stage in without and reader not in without and (base or reader != "encode"):
            raise click.UsageError(f"--without {stage}: {reader} reads what it writes; leave that out, too.")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    points: list[dict[str, Any]] = []
    print("| stage | where | rows | seconds | rows/s | MB |\n|---|---|---|---|---|---|")
    for count in rows:
        with tempfile.TemporaryDirectory() as folder:
            found = measured(Path(folder), count, str(base.resolve()) if base else None, [one for one in workers if one], without)
            for point in found:
                points.append(point)
                shown = f"{point['seconds']:,.1f} | {count / point['seconds']:,.0f} | {point['megabytes']:,}"
                print(f"| {point['stage']} | {point['where']} | {count:,} | {shown} |", flush=True)
    if json_:
        json_.write_text(json.dumps(points, indent=1) + "\n")
    if svg:
        from mbegu.pages.charts import scale_chart

        svg.write_text(scale_chart(points))


if __name__ == "__main__":
    main()
