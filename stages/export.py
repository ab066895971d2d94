"""Writes a version's rows in the formats that people read and other tools train on.

In: a version, the prompt template, the base model's tokenizer. Out: a folder with a file for each format, every row in each.
`--help` lists the formats and the tools that take them. `datasets.load_dataset` reads each by the builder csv, json or
parquet, `data_files=` naming the file; csv with `keep_default_na=False`, or it reads "" and "NA" for missing values.

    python stages/export.py --version data/versions/v1.jsonl --out data/exported/v1 --formats csv --formats openai …
"""

from pathlib import Path
from typing import Annotated, NamedTuple

import click

from mbegu.asking.settings import PromptFile
from mbegu.command import Stage
from mbegu.sections import NONEMPTY, path, section

FORMATS = ["csv", "json", "finetuning", "alpaca", "sharegpt", "openai", "prompt_completion", "parquet"]


class Export(NamedTuple):
    """The section `export`."""

    formats: Annotated[list[str], click.Choice(FORMATS), NONEMPTY, "A format; repeat the option."]


@click.command(cls=Stage)
@path("--version", "Rows of the merge stage.")
@path("--base", "Base model; prompt_completion needs its tokenizer.")
@path("--out", "Folder of the files.")
@section(Export, "export")
@section(PromptFile, "prompt")
def main(version: Path, base: Path, out: Path, export: Export, prompt: PromptFile) -> None:
    """Write a version's rows as files for people and other tools.

    \b
    csv                rows.csv: Data (chunk or input), Questions, Answers
    json               log.json: questions, answers and quotes by chunk
    finetuning         finetuning.json: [[{"data", "question"}, {"answer"}], …]
    alpaca             alpaca.json (LLaMA-Factory, Axolotl)
    sharegpt           sharegpt.jsonl: conversations (LLaMA-Factory, Axolotl)
    openai             openai.jsonl: messages (OpenAI, trl, Axolotl)
    prompt_completion  prompt_completion.jsonl: the text Mbegu trains on (trl)
    parquet            rows.parquet: all five fields (pandas, DuckDB)
    """
    from mbegu.asking.prompts import read_prompt
    from mbegu.errors import BadInput
    from mbegu.outputs import whole
    from mbegu.rows.row import read_rows
    from mbegu.sharing import exports

    rows = read_rows(version, answered=True)
    if not rows:
        raise BadInput(f"{version}: no rows to export; merge a version that has some.")
    asked = read_prompt(*prompt)
    chosen = {name: exports.FORMATS[name] for name in export.formats}
    tokenizer = _tokenizer(base) if any(format_.tokenizer for format_ in chosen.values()) else None
    with whole(out) as folder:
        folder.mkdir()
        for format_ in chosen.values():
            (folder / format_.file).write_bytes(format_.content(rows, asked, tokenizer))
    click.echo(f"{len(rows)} rows each in {', '.join(chosen)}: {out}")


def _tokenizer(base: Path) -> object:
    from mbegu.quiet import quiet

    quiet()
    from mbegu.models.loading import load_tokenizer
    from mbegu.models.manifest import verify

    verify(base)
    return load_tokenizer(base)


if __name__ == "__main__":
    main()
