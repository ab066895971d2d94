"""Files at another revision, and two revisions scored alike; git keeps the files here, as DVC's cache does in a project."""

import json
from pathlib import Path

import pytest
from repository import commit, start

from mbegu.builds import revisions
from mbegu.builds.project import Project
from mbegu.builds.rescoring import measured
from mbegu.errors import BadInput

QUESTIONS = ["ወለድ ምንድን ነው?", "Riba ni nini?", "ما هي الفائدة؟ 🌱\u200f"]

SCORE = (
    "score: {rouge: [rougeL], following: data/seeds/v1.jsonl, digits: 4}\n"
    "locale: {languages: [en], currency: KES, unknown: I do not know., disclaimer: none, names: []}\n"
)


def answers(*said: str, reference: str = "KES 500") -> str:
    """Predictions of the first questions."""
    lines = [
        {"id": f"{number:016x}", "instruction": question, "input": "", "reference": reference, "prediction": text, "tokens": 3,
         "finish_reason": "stop", "reference_nll": 2.0, "reference_tokens": 4}
        for number, (question, text) in enumerate(zip(QUESTIONS, said, strict=False))
    ]  # fmt: skip
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Two commits in a folder of a repository: v1 answers better, one question is new, another model comes and goes."""
    monkeypatch.chdir(tmp_path)
    start()
    (tmp_path / "examples/toy").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "examples/toy")
    row = {"instruction": QUESTIONS[1], "output": "KES 9", "checks": {"max_words": 1}}
    fixed = {
        "params.yaml": f"{SCORE}models: {{base: b, v1: b, v9: b}}\n",
        "data/heldout.jsonl": json.dumps(row) + "\n",
        "data/seeds/v1.jsonl": json.dumps({"instruction": "Too few?", "output": "Yes."}) + "\n",
    }
    old = {name: answers("no", "no") for name in ("base", "v1", "v9")}
    commit(fixed | {f"data/predictions/{name}.jsonl": text for name, text in old.items()})
    Path("data/predictions/v9.jsonl").unlink()
    new = {"base": answers("no", "no"), "v1": answers("KES 500", "no", "no")}
    changed = {f"data/predictions/{name}.jsonl": text for name, text in new.items()}
    commit(changed | {"params.yaml": f"{SCORE}models: {{v1: b, base: b}}\n", "data/predictions/v8.jsonl": answers("no")})
    return Project()


def test_models_of_two_revisions_are_scored_on_the_questions_that_both_answered(project):
    found, notes = measured(project, "HEAD~1", "HEAD")
    assert list(found) == ["base at HEAD~1", "base at HEAD", "v1 at HEAD~1", "v1 at HEAD"]
    assert [[one["rougeL"][0] for one in measures] for measures in found.values()] == [[0, 0], [0, 0], [0, 0], [1, 0]]
    assert notes == [
        "v9 is at one revision only.",
        "v1: 2 of 3 questions are the same at both revisions; the rest are left out.",
    ]


def test_what_has_nothing_in_common_or_is_not_there_is_one_sentence(project):
    commit({"data/predictions/v1.jsonl": answers("KES 500", reference="KES 700")})
    with pytest.raises(BadInput, match="v1 answered no question at both HEAD~1 and HEAD with the same reference"):
        measured(project, "HEAD~1", "HEAD")
    with pytest.raises(BadInput, match=r"data/predictions at nowhere: .*name a commit that has it") as refused:
        measured(project, "nowhere", "HEAD")
    assert "\n" not in str(refused.value)


def test_a_project_of_another_revision_has_the_files_that_were_asked_for(project):
    with revisions.at(None, project, []) as now:
        assert now == project
    path = project.predictions("v1")
    with revisions.at("HEAD~1", project, [path]) as then:
        assert then.predictions("v1").read_text(encoding="utf-8") == answers("no", "no")
        assert not then.heldout().exists() and then.params == project.params
    assert path.read_text(encoding="utf-8") == answers("KES 500", "no", "no")
    missing = project.predictions("v9")
    with pytest.raises(BadInput, match=r"data/predictions/v9\.jsonl at HEAD: "), revisions.at("HEAD", project, [missing]):
        pass
