"""Files at another revision, and two revisions scored alike; git keeps the files here, as DVC's cache does in a project."""

import json
from pathlib import Path

import pytest
from repository import commit, start

from mbegu.builds import revisions
from mbegu.builds.project import Project
from mbegu.builds.rescoring import measured
from mbegu.errors import BadInput
from mbegu.rows.row import row_id
from mbegu.scoring.comparison import compare

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
    found, notes, *_ = measured(project, "HEAD~1", "HEAD")
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


MANY = [f"ጥያቄ {number}: ሰላም? مرحبا" for number in range(12)]


def many(said: str, right: range) -> str:
    """Predictions of twelve questions, of which some are right."""
    lines = [
        {"id": row_id(question, ""), "instruction": question, "input": "", "reference": "KES 500 በወር",
         "prediction": "KES 500 በወር" if number in right else said, "tokens": 3, "finish_reason": "stop", "reference_nll": 2.0,
         "reference_tokens": 4}
        for number, question in enumerate(MANY)
    ]  # fmt: skip
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def questions(groups: int) -> str:
    rows = [{"instruction": question, "output": "KES 500 በወር", **({"group": f"ሰነድ {number % groups}"} if groups else {})}
            for number, question in enumerate(MANY)]  # fmt: skip
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.fixture
def retrained(tmp_path, monkeypatch):
    """Makes two commits: v1 gets better by all twelve answers, and is trained twice at the newer one if `noise` says so."""
    monkeypatch.chdir(tmp_path)
    start()

    def make(groups: int, noise: str = "", spread: range = range(12)) -> Project:
        models = "{base: b, v1: models/adapters/v1%s}" % (", v1-1: models/noise/v1-1" if noise else "")
        params = f"{SCORE}base_model: b\nmodels: {models}\nversions: {{v1: }}\nnoise: {{{noise}}}\n"
        fixed = {"params.yaml": params, "data/heldout.jsonl": questions(groups),
                 "data/seeds/v1.jsonl": json.dumps({"instruction": "Too few?", "output": "Yes."}) + "\n"}  # fmt: skip
        commit(fixed | {f"data/predictions/{name}.jsonl": many("no", range(0)) for name in ("base", "v1")})
        again = {"data/predictions/v1-1.jsonl": many("no", spread)} if noise else {}
        commit({"data/predictions/v1.jsonl": many("no", range(12)), **again, "more.txt": "x"})
        return Project()

    return make


def of_two(project: Project) -> tuple[dict, dict]:
    found = measured(project, "HEAD~1", "HEAD")
    compared = compare(found.models, found.groups, trained=found.trained)
    return compared, compared["pairs"]["v1 at HEAD against v1 at HEAD~1"]["rougeL"]


def test_between_revisions_groups_are_resampled_whole_and_few_of_them_tell_nothing(retrained, mbegu):
    compared, verdict = of_two(retrained(groups=4))
    assert compared["groups"] == verdict["n"] == 4
    assert (verdict["low"], verdict["high"], verdict["verdict"]) == (None, None, "not distinguishable")
    assert verdict["n_needed"] >= 6 and compared["intervals"]["v1 at HEAD"]["rougeL"] == [None, None]
    said = mbegu("compare", "--rev", "HEAD~1", "--rev", "HEAD").stdout
    assert "The 12 questions fall into 4 groups; whole groups are resampled and swapped" in said
    assert "of them nothing can be told apart." in said and "[-∞, ∞] ≈" in said
    assert f"would show with about {verdict['n_needed']} groups" in said


def test_between_revisions_a_verdict_without_other_seeds_is_of_these_adapters(retrained, mbegu):
    compared, verdict = of_two(retrained(groups=0))
    assert verdict["verdict"] == "better" and verdict["noise"] is None and "groups" not in compared
    of_base = compared["pairs"]["base at HEAD against base at HEAD~1"]["rougeL"]
    assert of_base["noise"] == 0.0  # no seed changes a base
    said = mbegu("compare", "--rev", "HEAD~1", "--rev", "HEAD").stdout
    assert "**v1 at HEAD against v1 at HEAD~1**: better in" in said and "This is said of these adapters" in said


def test_between_revisions_trainings_of_either_widen_the_verdict_and_are_no_models_of_their_own(retrained, mbegu):
    project = retrained(groups=0, noise="v1-1: {version: v1, seed: 1}", spread=range(6))
    found = measured(project, "HEAD~1", "HEAD")
    assert list(found.models) == ["base at HEAD~1", "base at HEAD", "v1 at HEAD~1", "v1 at HEAD"] and found.notes == []
    assert [len(version) for version in found.trained.again] == [2]
    _, verdict = of_two(project)
    assert verdict["verdict"] == "not distinguishable" and verdict["noise"] > 0.5
    said = mbegu("compare", "--rev", "HEAD~1", "--rev", "HEAD").stdout
    assert "2 trainings of 1 version say how much another seed changes" in said and "these adapters" not in said


def test_an_adapter_that_both_revisions_have_has_no_noise_of_its_own(retrained):
    lock = "stages: {train@v1: {cmd: x, outs: [{path: models/adapters/v1, md5: 0a.dir}]}}\n"
    project = retrained(groups=0)
    commit({"dvc.lock": lock})
    commit({"more.txt": "y"})
    assert measured(project, "HEAD~1", "HEAD").trained.noisy("v1 at HEAD", "v1 at HEAD~1") == 0
    assert measured(project, "HEAD~2", "HEAD").trained.noisy("v1 at HEAD", "v1 at HEAD~2") == 2
