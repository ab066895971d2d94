"""What models know of their documents, as a page of its own and as a part of the report."""

import json
from collections.abc import Mapping
from typing import Any

from mbegu.builds.project import Project
from mbegu.scoring.exams import note, sentences, table
from mbegu.text import markdown


def page(graded: Mapping[str, Any]) -> str:
    """Verdicts in words and the table, in Markdown."""
    words = "\n".join(f"- {sentence}" for sentence in sentences(graded, graded["shown"]))
    return f"{markdown.table(table(graded))}\n{note(graded)}\n\n{words}\n"


def exams(project: Project) -> list[dict[str, Any]]:
    """Heading, table, note and verdicts of each exam that was graded, in the order of params.yaml."""
    found = []
    for name in project.names("exams"):
        path = project.corpus(name) / "graded.json"
        if path.is_file():
            graded = json.loads(path.read_text(encoding="utf-8"))
            said = [sentence.replace("**", "").split(": ", 1) for sentence in sentences(graded, graded["shown"])]
            found.append({"heading": name, "table": table(graded), "note": note(graded), "sentences": said})
    return found
