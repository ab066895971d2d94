"""Tells documents in many ways, so that a model that reads them all knows what they say: facts, questions, links, summaries.

In: documents, the chunks of them that are trained on, a teacher. Out: texts for the pretrain stage, each with its source and who
wrote it; the ledger of what a teacher said that does not hold, and of facts that contradict each other. What is held out is in
no chunk here, and so is never studied.

    python stages/study.py --chunks data/chunks/hr.jsonl --documents data/documents/hr.jsonl --out data/study/hr.jsonl …
"""

from pathlib import Path

import click

from mbegu.asking.choice import LocalModel, Memory, choose
from mbegu.asking.settings import Planning, Replying, Teachers
from mbegu.command import Stage, warn
from mbegu.sections import path, section
from mbegu.sources.study.settings import Sources, Study
from mbegu.text.settings import Locale


@click.command(cls=Stage)
@section(Sources, "sources")
@section(LocalModel, "model")
@path("--out", "Texts to read.")
@path("--ledger", "What does not hold, and why; what contradicts what.")
@section(Memory, "memory")
@section(Planning, "planning")
@section(Teachers, "teachers")
@section(Replying, "replying")
@section(Study, "study")
@section(Locale, "locale")
def main(
    sources: Sources, model: LocalModel, out: Path, ledger: Path, memory: Memory, planning: Planning, teachers: Teachers,
    replying: Replying, study: Study, locale: Locale,
) -> None:  # fmt: skip
    """Tell documents in many ways."""
    from mbegu.quiet import quiet

    quiet()
    from mbegu.asking.forecast import forecast
    from mbegu.asking.teachers import asked_for
    from mbegu.errors import BadInput
    from mbegu.rows.jsonl import read_lines, write_lines
    from mbegu.sources.documents import chunks as cut
    from mbegu.sources.documents import documents
    from mbegu.sources.study import studying, views

    chunks = [chunk for _, chunk in read_lines(sources.chunks, cut.KEYS)]
    texts = {one["id"]: one["text"] for _, one in read_lines(sources.documents, documents.KEYS)}
    work = studying.work(chunks, texts, study, replying, locale)
    with choose(teachers, model, memory) as teacher:
        if told := forecast(planning, teacher, studying.questions_of(chunks, study, work)):
            click.echo("\n".join(told))
            return
        found = studying.study(chunks, texts, study, work, teacher)
        if not found.texts:
            raise BadInput(f"{sources.chunks}: no text came of {len(chunks)} chunks; choose more of study.views.")
        warn(*found.told)
        write_lines(out, found.texts)
        write_lines(ledger, found.ledger)
    asked = asked_for(teacher, found.asked, f", about {found.fresh} new or changed chunks, documents and pairs")
    pairs = f"; {found.pairs}" if found.pairs else ""
    documents_ = len({chunk["document"] for chunk in chunks})
    click.echo(
        f"{len(found.texts)} texts of {documents_} documents ({views.counted(found.texts)}){pairs}, "
        f"{len(found.ledger)} in the ledger; {asked}: {out}"
    )


if __name__ == "__main__":
    main()
