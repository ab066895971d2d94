"""What is left over of names that params.yaml no longer declares: named in a line, listed, removed."""

import re
from pathlib import Path

import pytest
import yaml
from repository import start

from mbegu.builds.leftovers import find, note
from mbegu.builds.project import DATA, METRICS, Project
from mbegu.builds.scaffold import pipeline

STAGES = ("expand", "curate", "merge", "encode", "train", "predict", "score")
ROW = '{"instruction": "ሰላም?", "output": "Habari 🌱\u200d"}\n'


def entry(name: str) -> str:
    """An entry of dvc.lock as DVC writes it."""
    return f"""  {name}:
    cmd: "exec python stages/x.py --names 'a:  b' #ok"
    deps:
    - path: data/seeds/አንድ.jsonl
      hash: md5
      md5: 0123456789abcdef0123456789abcdef
      size: 12
    params:
      params.yaml:
        x.languages:
        - no
        x.threshold: 5e-05
    outs:
    - path: data/x/{name.partition("@")[2]}.jsonl
      hash: md5
      md5: 0e23456789abcdef0123456789abcdef
      size: 1
"""


def lock(*names: str) -> str:
    return "schema: '2.0'\nstages:\n" + "".join(map(entry, names))


def declare(*versions: str) -> None:
    params = {name: f"{{{', '.join(f'{version}: {{}}' for version in versions)}}}" for name in ("versions", "seeds")}
    models = "models: {base: models/base, " + ", ".join(f"{name}: models/adapters/{name}" for name in versions) + "}"
    others = "documents: {}\nquestioned: {}\nsets: {}\nexported: {}\njudged: {}\nconversations: {}\n"
    Path("params.yaml").write_text("".join(f"{key}: {value}\n" for key, value in params.items()) + f"{models}\n{others}", "utf-8")


def build(*versions: str) -> None:
    """Files as a build of these versions leaves them."""
    names = [f"{stage}@{version}" for stage in STAGES for version in versions]
    Path("dvc.lock").write_text(lock("base", "predict@base", *names, "compare"), "utf-8")
    for kind in ("seeds", "expanded", "reviews", "curated", "versions", "predictions", "scores"):
        for name in (*versions, *(["base"] if kind in ("predictions", "scores") else [])):
            write(f"data/{kind}/{name}.jsonl")
    for version in versions:
        for path in (f"data/curated/{version}.ledger.jsonl", f"data/encoded/{version}.arrow", f"metrics/score/{version}.json",
                     f"metrics/train/{version}/training.csv", f"models/adapters/{version}/adapter.safetensors"):  # fmt: skip
            write(path)
    for path in ("metrics/score/base.json", "metrics/judge/.gitkeep", "data/versions/none.jsonl", "data/heldout.jsonl"):
        write(path)


def write(path: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(ROW, "utf-8")


def files() -> set[str]:
    return {str(path) for folder in ("data", "metrics", "models") for path in Path(folder).rglob("*") if path.is_file()}


@pytest.fixture
def project(mbegu):
    """A repository of git and DVC with our pipeline, in which v1, v2 and v3 were built."""
    start()
    Path("dvc.yaml").write_text(pipeline(), "utf-8")
    build("v1", "v2", "v3")
    declare("v1", "v2", "v3")


def test_where_all_is_declared_nothing_is_left_over(project, mbegu):
    assert mbegu("tidy").stdout == mbegu("tidy", "--yes").stdout == "Nothing is left over.\n"
    assert note(find(Project())) == []


def test_a_project_of_one_version_names_what_is_left_of_three_and_removes_it(project, mbegu, refused):
    declare("v1")
    kept = {path for path in files() if "v2" not in path and "v3" not in path}
    (line,) = note(find(Project()))
    assert line == (
        "Note: 24 files and folders and 14 entries of dvc.lock are left over of what params.yaml does not declare (v2, v3); "
        "nothing reads them. `mbegu tidy` lists and removes them."
    )
    before = files()
    listed = mbegu("tidy").stdout
    assert "0.1 kB  models/adapters/v2\n" in listed
    assert "Entries of dvc.lock that dvc.yaml no longer has: expand@v2, expand@v3, " in listed
    assert listed.index("Written by people") < listed.index("data/seeds/v2.jsonl") and listed.endswith(
        "Nothing was removed; `mbegu tidy --yes` removes what was built and the entries of dvc.lock.\n"
    )
    assert files() == before
    assert "add --yes" in refused(mbegu("tidy", "--written"))
    done = mbegu("tidy", "--yes").stdout
    assert done.endswith("Removed. Copies stay in git and in DVC's cache; `dvc gc --all-branches --all-tags` frees what no "
                         "branch and no tag uses any more.\n")  # fmt: skip
    written = {f"data/{kind}/{name}.jsonl" for kind in ("seeds", "reviews") for name in ("v2", "v3")}
    assert files() == kept | written and not Path("metrics/train/v2").exists()
    assert Path("dvc.lock").read_text("utf-8") == lock("base", "predict@base", *(f"{stage}@v1" for stage in STAGES), "compare")
    assert mbegu("tidy", "--yes").stdout.endswith("Nothing is left over that was built.\n") and files() == kept | written
    assert mbegu("tidy", "--yes", "--written").stdout.splitlines()[-1].startswith("Removed.")
    assert files() == kept and mbegu("tidy").stdout == "Nothing is left over.\n"


def test_models_of_a_corpus_and_what_was_measured_of_it_are_declared_in_sections_of_their_own(project, mbegu):
    kinds = ("models/pretrained/{}/adapter", "models/extended/{}/model", "data/pretrained/{}.ledger.jsonl",
             "metrics/corpus/{}/pretrain/training.csv", "metrics/warnings/{}/pretrain.json")  # fmt: skip
    for kind in kinds:
        write(kind.format("ገበያ"))
        write(kind.format("old"))
    with open("params.yaml", "a", encoding="utf-8") as params:
        params.write("pretrained: {ገበያ: {messages: m}}\nextended: {ገበያ: {messages: m}}\n")
    found = find(Project())
    assert found.names == ["old"] and len(found.built) == len(kinds) and not found.written
    mbegu("tidy", "--yes")
    assert all(Path(kind.format("ገበያ")).is_file() and not Path(kind.format("old")).exists() for kind in kinds)


def test_what_was_studied_learned_and_continued_is_declared_in_sections_of_its_own(project, mbegu):
    kinds = ("data/study/{}.jsonl", "data/learned/{}.ledger.jsonl", "models/learned/{}/adapter", "models/continued/{}/adapter",
             "metrics/corpus/{}/learn/replay.csv", "metrics/continued/{}/training.csv")  # fmt: skip
    for kind in (*kinds, "data/recordings/{}.jsonl"):
        write(kind.format("ሰነድ"))
        write(kind.format("old"))
    with open("params.yaml", "a", encoding="utf-8") as params:
        params.write("studied: {ሰነድ: {documents: d}}\nlearned: {ሰነድ: {study: ሰነድ}}\ncontinued: {ሰነድ: {version: v1}}\n")
    found = find(Project())
    assert found.names == ["old"] and len(found.built) == len(kinds)
    assert [str(path) for path in found.written] == ["data/recordings/old.jsonl"]


def test_a_renamed_version_leaves_its_old_name_over_in_any_script(project, mbegu):
    build("የመጀመሪያ", "é", "حديقة")
    Path("dvc.lock").write_text(lock("train@v1", "train@የመጀመሪያ", "train@حديقة"), "utf-8")
    declare("የመጀመሪያ", "é")  # é in one character, and in two as macOS writes it
    Path("data/versions/é.jsonl").rename("data/versions/e\u0301.jsonl")
    found = find(Project())
    assert {path.name.partition(".")[0] for path in found.built} == {"v1", "v2", "v3", "حديقة"}
    assert found.stages == ["train@v1", "train@حديقة"] and found.names == ["v1", "v2", "v3", "حديقة"]
    mbegu("tidy", "--yes")
    assert Path("data/versions/e\u0301.jsonl").exists() and Path("models/adapters/የመጀመሪያ").is_dir()
    assert Path("dvc.lock").read_text("utf-8") == lock("train@የመጀመሪያ") and not Path("data/versions/حديقة.jsonl").exists()


def test_what_dvc_yaml_makes_otherwise_or_no_more_and_pages_of_conversations(project, mbegu):
    own = "stages:\n  mine:\n    foreach: [a, b]\n    do:\n      cmd: echo ${item}\n"
    Path("dvc.yaml").write_text(pipeline().replace("stages:\n", own, 1), "utf-8")
    Path("dvc.lock").write_text(lock("mine@a", "mine@c", "train", "score@base", "predict_base", "conversations@ንግግር"), "utf-8")
    write("metrics/ንግግር.md")
    write("metrics/sweep.md")  # of no stage
    found = find(Project())
    assert found.stages == ["train", "predict_base", "conversations@ንግግር"] and found.built == [Path("metrics/ንግግር.md")]


def test_what_people_said_of_any_two_models_is_declared(project, mbegu):
    declare("v1", "é")
    for pair in ("v1-base", "base-v1", "e\u0301-v1", "v1-v9", "v9"):
        write(f"data/judgements/{pair}.jsonl")
    assert {path.stem for path in find(Project()).written if path.parent.name == "judgements"} == {"v1-v9", "v9"}
    mbegu("tidy", "--yes", "--written")
    assert {path.stem for path in Path("data/judgements").iterdir()} == {"v1-base", "base-v1", "e\u0301-v1"}


def test_a_dot_in_a_name_is_part_of_it(project, mbegu):
    build("v1.5", "v1.6")
    declare("v1.5")
    found = find(Project())
    assert not [path for path in (*found.built, *found.written) if path.name.startswith("v1.5")]
    assert Path("data/versions/v1.6.jsonl") in found.built and Path("models/adapters/v1.6") in found.built


def test_what_is_left_of_a_corpus_of_messages(project, mbegu):
    with Path("params.yaml").open("a", encoding="utf-8") as params:
        params.write("telegram: {ገበያ: exports}\n")
    names = ("messages/{}.jsonl", "messages/{}.ledger.jsonl", "labelled/{}.jsonl", "labelled/{}.queue.jsonl", "labels/{}.jsonl",
             "labels/{}.reviews.jsonl")  # fmt: skip
    for corpus in ("ገበያ", "soko"):
        for name in names:
            write(f"data/{name.format(corpus)}")
    found = find(Project())
    assert found.built == sorted(Path("data", name.format("soko")) for name in names[:4]) and found.names == ["soko"]
    assert found.written == [Path("data/labels/soko.jsonl"), Path("data/labels/soko.reviews.jsonl")]
    mbegu("tidy", "--yes")
    assert Path("data/labels/soko.jsonl").exists() and not Path("data/labelled/soko.jsonl").exists()
    assert Path("data/labelled/ገበያ.jsonl").exists()


def test_a_link_is_removed_and_not_what_it_leads_to(project, mbegu, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/big.bin").write_text("x")
    Path("models/adapters/v9").symlink_to(tmp_path / "elsewhere")
    mbegu("tidy", "--yes")
    assert not Path("models/adapters/v9").is_symlink() and (tmp_path / "elsewhere/big.bin").exists()


def test_what_can_not_be_read_or_is_in_use_is_one_line(project, mbegu, refused):
    from dvc.repo import Repo

    write("data/versions/v9.jsonl")
    with Repo() as repo, repo.lock:
        assert "another dvc is at work here" in refused(mbegu("tidy", "--yes"))
    assert Path("data/versions/v9.jsonl").exists()
    Path("dvc.lock").write_text("a: [", "utf-8")
    assert "dvc.lock: not YAML" in refused(mbegu("tidy"))
    Path("params.yaml").unlink()
    assert "params.yaml: no such file" in refused(mbegu("tidy"))


def test_the_folders_are_those_that_the_pipeline_names_by_section():
    models = {folder.name: section for folder, section in Project().made().items()}
    for name, stage in yaml.safe_load(pipeline())["stages"].items():
        if "foreach" in stage:
            written = str([stage["do"].get(kind) for kind in ("outs", "metrics", "plots")])
            outs = re.findall(r"(data|metrics|models)/(\w+)/\$\{key\}", written)
            section = stage["foreach"].strip("${}")
            for top, kind in outs:
                owner = {"data": DATA, "metrics": METRICS, "models": models}[top][kind]
                # data/expanded is what each source writes
                assert section == owner or section in owner or kind == "expanded", f"{name} writes {top}/{kind}"
