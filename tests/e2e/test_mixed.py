"""One project whose versions come from three sources: seeds, documents, a set. Its pipeline file is the one of every project."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from projects import ENVIRONMENT, ROOT, commit, copy_project, mixed_params, repro, write_sources
from stages.test_question_answer import says
from stubs import serve  # noqa: F401

from mbegu.rows.row import read_rows

pytestmark = pytest.mark.timeout(1800)  # one test builds much; a machine that does other things takes over ten minutes


@pytest.fixture
def project(tmp_path: Path, tiny_base: Path, serve) -> Path:  # noqa: F811
    """A project two folders below a copy of this repository, as the examples are."""
    endpoint, _ = serve(says)
    home = copy_project(tmp_path / "home")
    folder = home / "projects/mixed"
    folder.mkdir(parents=True)
    shutil.copy2(ROOT / "examples/company_docs/dvc.yaml", folder / "dvc.yaml")
    shutil.copytree(tiny_base, folder / "models/base")
    write_sources(home, folder, mixed_params(endpoint.base_url, "../.."))
    commit(home, "Project")
    return folder


def test_versions_from_seeds_documents_and_a_set_stand_on_each_other(project, monkeypatch):
    monkeypatch.setitem(ENVIRONMENT, "MBEGU_TEACHER_API_KEY", "any")
    output = repro(cwd=project).stdout
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
    again = repro(cwd=project).stdout
    assert not re.search("Running stage|is cached", again) and "Data and pipelines are up to date." in again


def test_a_version_with_two_sources_is_refused_in_words_that_name_both(project):
    values = yaml.safe_load((project / "params.yaml").read_text())
    values["seeds"]["v3"] = values["seeds"]["v1"]
    (project / "params.yaml").write_text(yaml.safe_dump(values))
    done = repro(cwd=project, check=False)
    assert done.returncode and "Traceback" not in done.stdout
    assert "expand@v3" in done.stdout and "split@v3" in done.stdout and "data/expanded/v3.jsonl" in done.stdout
