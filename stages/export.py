"""Writes a version's rows in the formats that people read and other tools train on.

In: a version, the prompt template, the base model's tokenizer. Out: a folder with a file for each format, every row in each.
`--help` lists the formats and the tools that take them. `datasets.load_dataset` reads each by the builder csv, json or
parquet, `data_files=` naming the file; csv with `keep_default_na=False`, or it takes "" and "NA" for missing values.

    python stages/export.py --version data/versions/v1.jsonl --out data/exported/v1 --formats csv --formats openai …
"""

from pathlib import Path

import click

from mbegu.command import Stage

FORMATS = ["csv", "json", "finetuning", "alpaca", "sharegpt", "openai", "prompt_completion", "parquet"]


@click.command(cls=Stage)
@click.option("--version", type=click.Path(path_type=Path), required=True, help="Rows of the merge stage.")
@click.option("--base", type=click.Path(path_type=Path), required=True, help="Base model; prompt_completion needs its tokenizer.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder of the files.")
@click.option("--formats", type=click.Choice(FORMATS), multiple=True, required=True, help="A format; repeat the option.")
@click.option("--template", type=click.Path(path_type=Path), required=True, help="Prompt template.")
@click.option("--chat/--no-chat", required=True, help="Wrap the prompt in the model's chat template.")
def main(version: Path, base: Path, out: Path, formats: tuple[str, ...], template: Path, chat: bool) -> None:
    """Write a version's rows as files for people and other tools.

    \b
    csv                row.csv: Data (chunk or input), Questions, Answers
    json               log.json: questions, answers and quotes by chunk
    finetuning         finetuning.json: [[{"data", "question"}, {"answer"}], …]
    alpaca             alpaca.json (LLaMA-Factory, Axolotl)
    sharegpt           sharegpt.jsonl: conversations (LLaMA-Factory, Axolotl)
    openai             openai.jsonl: messages (OpenAI, trl, Axolotl)
    prompt_completion  prompt_completion.jsonl: the text Mbegu trains on (trl)
    parquet            row.parquet: all five fields (pandas, DuckDB)
    """
    from mbegu.asking.prompts import read_prompt
    from mbegu.errors import BadInput
    from mbegu.outputs import whole
    from mbegu.rows.row import read_rows
    from mbegu.sharing import exports

    version_rows = read_rows(version, answered=True)
    if not version_rows:
        raise BadInput(f"{version}: no rows to export; merge a version that has some.")
    prompt = read_prompt(template, chat)
    chosen = {name: exports.FORMATS[name] for name in formats}
    tokenizer = _tokenizer(base) if any(format_.tokenizer for format_ in chosen.values()) else None
    with whole(out) as folder:
        folder.mkdir()
        for format_ in chosen.values():
            (folder / format_.file).write_bytes(format_.content(version_rows, prompt, tokenizer))
    click.echo(f"{len(version_rows)} rows each in {', '.join(chosen)}: {out}")


def _tokenizer(base: Path) -> object:
    from mbegu.quiet import quiet

    quiet()
    from mbegu.models.loading import load_tokenizer
    from mbegu.models.manifest import verify

    verify(base)
    return load_tokenizer(base)


if __name__ == "__main__":
    main()
