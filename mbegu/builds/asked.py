"""A project's exams and the documents that they ask about, read without a build."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mbegu.builds.declared import names
from mbegu.builds.project import Project
from mbegu.errors import BadInput
from mbegu.rows.exams import Exam, exam_files, read_exam, read_exams
from mbegu.rows.row import place


def exams(folder: Path, project: Project, params: Mapping[str, Any]) -> Iterator[tuple[str, Exam]]:
    """The exams of a project in a folder, each with its name; the sources of their questions are there and trained on.

    Raises:
        BadInput: as `read_exams` and `check_sources`; an exam about documents that params.yaml does not declare.
    """
    read_exams(project.exams())
    for name in sorted({path.relative_to(project.exams()).parts[0] for path in exam_files(project.exams())}):
        exam = read_exam(project.exam(name))
        sourced = [row for row in exam.closed if row["source"]]
        if sourced and name not in names(params, "documents"):
            known = ", ".join(names(params, "documents")) or "none"
            raise BadInput(
                f"{place(sourced[0])}: asks about documents that params.yaml calls {name!r}; its section documents declares "
                f"{known}. Name the folder {project.exam(name)} as one of them."
            )
        if sourced:
            _check(exam, folder, name, params)
        yield name, exam


def _check(exam: Exam, folder: Path, name: str, params: Mapping[str, Any]) -> None:
    from mbegu.sources.documents import documents, holding, readers, sourced  # which load what reads PDF

    ingest, place_ = params.get("ingest") or {}, folder / params["documents"][name]
    found, _ = documents.find(place_, ingest.get("include") or ["*"], ingest.get("exclude") or [])
    read = readers.read_all(place_, found).kept
    sourced.check_sources(exam.closed, read, holding.held_out(read, (params.get("chunk") or {}).get("heldout") or []))
