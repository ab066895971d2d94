"""One project whose versions come from three sources: seeds, documents, a set. Its pipeline file is the one of every project."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from projects import ENVIRONMENT, ROOT, commit, copy_project, run
from stages.test_question_answer import says
from test_endpoint import serve  # noqa: F401

from mbegu.rows.row import read_rows

pytestmark = pytest.mark.timeout(1800)  # one test builds much; a machine that does other things takes over ten minutes

DOCUMENT = "# Rules\n\nRule {0}. The fee of branch {0} is {1} % a year. በዓመት ይከፈላል። 😀\n"
EXAM = [
    {"instruction": "ሰነዱ ስለ ዜሮ ቅርንጫፍ ምን ይላል? 😀", "output": "2 % a year.", "source": "d0.md#Rules"},
    {"instruction": "Who wrote it?", "output": "I don't know", "unanswerable": True},
]
SOURCES = {
    "home": "../..",
    "base_model": "models/base",
    "release": "v3",
    "versions": {
        "v1": {"extends": "none", "unreviewed": "keep"},
        "v2": {"extends": "v1", "unreviewed": "keep"},
        "v3": {"extends": "v2", "unreviewed": "keep"},
        "raft": {"extends": "none", "unreviewed": "keep"},
    },
    "seeds": {"v1": {"extends": "none", "bootstrap": 0, "teacher": "models/base"}},
    "documents": {"fees": "documents"},
    "questioned": {"v2": {"documents": "fees", "teacher": "models/base"}},
    "sets": {"v3": {"source": "data/raw", "always": "data/questions.jsonl", "heldout": "data/heldout.jsonl"}},
    "retrieved": {"fees": {}},
    "raft": {"raft": {"documents": "fees", "rows": "v2"}},
    "exams": {"fees": {}},
    "examined": {
        "base": {"documents": "fees", "model": "models/base"},
        "raft": {"documents": "fees", "model": "models/adapters/raft"},
    },
    "models": {"base": "models/base", "v3": "models/adapters/v3"},
    "exported": {},
    "judged": {},
    "conversations": {"conversations": {"models": ["base", "v3"], "count": 2}},
}


def params(base_url: str) -> dict:
    """The sections of the three projects here, with few tokens and steps."""
    main, documents, set_ = (
        yaml.safe_load((ROOT / folder / "params.yaml").read_text())
        for folder in (".", "examples/company_docs", "examples/finance_qa")
    )
    found = main | set_ | documents | SOURCES
    found["teacher"]["kind"] = "openai"
    found["teacher"]["openai"] |= {"base_url": base_url, "retries": 0}
    found["bootstrap"]["templates"] = "../../templates/self-instruct-small"
    found["retrieval"]["share_without"] = 0
    found["chunk"] |= {"heldout": [], "min_size": 10}
    found["question"] |= {"templates": "../../templates/grounded", "count": 2, "unanswerable": 0}
    found["answer"]["templates"] = "../../templates/grounded"
    found["split"]["fraction"] = 0.2
    found["encode"]["on_truncation"] = "drop"
    found["train"] |= {"method": "lora", "epochs": 1, "save_steps": 10, "start": "models/base"}
    found["predict"] |= {"quantization": "none", "max_new_tokens": 4}
    found["score"]["following"] = "data/seeds/v1.jsonl"
    return found


@pytest.fixture
def project(tmp_path: Path, tiny_base: Path, serve) -> Path:  # noqa: F811
    """A project two folders below a copy of this repository, as the examples are."""
    endpoint, _ = serve(says)
    home = copy_project(tmp_path / "home")
    folder = home / "projects/mixed"
    for name in (
        "data/seeds",
        "data/reviews",
        "data/recordings",
        "data/versions",
        "data/exams/fees",
        "data/raw",
        "documents",
        "metrics/judge",
        "metrics/corpus",
    ):
        (folder / name).mkdir(parents=True)
    shutil.copy2(ROOT / "examples/company_docs/dvc.yaml", folder / "dvc.yaml")
    shutil.copytree(tiny_base, folder / "models/base")
    (folder / "params.yaml").write_text(yaml.safe_dump(params(endpoint.base_url), allow_unicode=True))
    (folder / "data/versions/none.jsonl").touch()
    shutil.copy2(home / "data/seeds/v1.jsonl", folder / "data/seeds/v1.jsonl")
    shutil.copy2(home / "data/heldout.jsonl", folder / "data/questions.jsonl")
    rows = json.loads((ROOT / "examples/finance_qa/data/raw/alpaca_finance.json").read_text())
    (folder / "data/raw/set.json").write_text(json.dumps(rows[:12]))
    for number in range(2):
        (folder / f"documents/d{number}.md").write_text(DOCUMENT.format(number, number + 2), encoding="utf-8")
    (folder / "data/exams/fees/closed.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in EXAM), encoding="utf-8")
    commit(home, "Project")
    return folder


def test_versions_from_seeds_documents_and_a_set_stand_on_each_other(project, monkeypatch):
    monkeypatch.setitem(ENVIRONMENT, "MBEGU_TEACHER_API_KEY", "any")
    output = run("dvc", "repro", cwd=project).stdout
    assert "Running stage '../../dvc.yaml:fingerprint'" in output
    rows = {name: read_rows(project / f"data/versions/{name}.jsonl", answered=True) for name in ("v1", "v2", "v3")}
    assert [row["id"] for row in rows["v3"]][: len(rows["v2"])] == [row["id"] for row in rows["v2"]]
    seeds, documents, set_ = "data/seeds/v1.jsonl", "d0.md", "data/raw/set.json"
    sources = [{re.split("[:#]", row["origin"]["source"])[0] for row in found} - {"d1.md"} for found in rows.values()]
    assert sources == [{seeds}, {seeds, documents}, {seeds, documents, set_}]
    assert list(json.loads((project / "metrics/compare.json").read_text())["models"]) == ["base", "v3"]
    assert len((project / "data/heldout.jsonl").read_text().splitlines()) > 3  # the written ones, and a share of the set
    raft = read_rows(project / "data/versions/raft.jsonl", answered=True)
    assert {len(row["origin"]["context"]) for row in raft} <= {1, 2} and all(row["input"].startswith("Context:") for row in raft)
    exam = json.loads((project / "metrics/corpus/fees/exam.json").read_text())
    assert set(exam) == {"retrieval", "base", "raft"} and set(exam["raft"]) == {"closed_book", "retrieved"}
    assert "What the models know of fees" in (project / "report.md").read_text(encoding="utf-8")
    again = run("dvc", "repro", cwd=project).stdout
    assert not re.search("Running stage|is cached", again) and "Data and pipelines are up to date." in again


def test_a_version_with_two_sources_is_refused_in_words_that_name_both(project):
    values = yaml.safe_load((project / "params.yaml").read_text())
    values["seeds"]["v3"] = values["seeds"]["v1"]
    (project / "params.yaml").write_text(yaml.safe_dump(values))
    done = run("dvc", "repro", cwd=project, check=False)
    assert done.returncode and "Traceback" not in done.stdout
    assert "expand@v3" in done.stdout and "split@v3" in done.stdout and "data/expanded/v3.jsonl" in done.stdout
