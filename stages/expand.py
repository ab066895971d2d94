"""Drafts an answer to each seed instruction that has none, with the base model as the teacher.

In: seed rows, the base model. Out: every row answered; a drafted one has origin kind "generated".

    python stages/expand.py --seeds data/seeds/v2.jsonl --base models/base --out data/expanded/v2.jsonl …
"""

from pathlib import Path

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--seeds", type=click.Path(path_type=Path), required=True, help="Hand-written rows, answered or not.")
@click.option("--base", type=click.Path(path_type=Path), required=True, help="Folder of the base model.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Rows with drafted answers.")
@click.option("--memo", type=click.Path(path_type=Path), required=True, help="Folder of remembered answers.")
@click.option("--work", type=click.Path(path_type=Path), required=True, help="Folder for this run's lock.")
@click.option("--template", type=click.Path(path_type=Path), required=True, help="Prompt template.")
@click.option("--chat/--no-chat", required=True, help="Wrap the prompt in the model's chat template.")
@click.option("--quantization", type=click.Choice(["nf4", "none"]), required=True, help="Weights of the teacher.")
@click.option("--batch_size", type=click.IntRange(1), required=True, help="Prompts answered at once.")
@click.option("--max_new_tokens", type=click.IntRange(1), required=True, help="Longest draft, in tokens.")
def main(
    seeds: Path, base: Path, out: Path, memo: Path, work: Path, template: Path, chat: bool, quantization: str,
    batch_size: int, max_new_tokens: int,
) -> None:  # fmt: skip
    """Draft answers to the seed instructions that have none."""
    from mbegu.quiet import quiet

    quiet()
    from mbegu import expansion, rows
    from mbegu.prompt import read_prompt
    from mbegu.publish import sole_writer

    seed_rows = rows.unique_ids(rows.read_rows(seeds, answered=False), seeds)
    prompt = read_prompt(template, chat)
    open_rows = [row for row in seed_rows if not row["output"]]
    asked = 0
    with sole_writer(work):
        if open_rows:
            drafts, asked = expansion.draft(open_rows, base, prompt, quantization, batch_size, max_new_tokens, memo)
            seed_rows = expansion.fill(seed_rows, drafts)
        rows.write_lines(out, seed_rows)
    click.echo(f"Drafted {len(open_rows)} of {len(seed_rows)} rows, asked the teacher {asked} times: {out}")


if __name__ == "__main__":
    main()
