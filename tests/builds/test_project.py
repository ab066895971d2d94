"""A project's files by name."""

from pathlib import Path

from mbegu.builds.project import Project, project_in
from mbegu.builds.record import hashes


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("ሰላም\n", encoding="utf-8")


def test_files_are_named_as_dvc_yaml_names_them_seen_from_its_folder():
    project = Project()
    assert project.rows("v2") == Path("data/versions/v2.jsonl") and project.drafts("v2") == Path("data/expanded/v2.jsonl")
    assert project.predictions("base") == Path("data/predictions/base.jsonl")
    assert project.curve("v1", "validation") == Path("metrics/train/v1/validation.csv")
    assert project.score("v1") == Path("metrics/score/v1.json") and project.adapter("v1") == Path("models/adapters/v1")
    moved = project._replace(data=Path("elsewhere"))
    assert moved.heldout() == Path("elsewhere/heldout.jsonl") and moved.compared() == project.compared()
    assert project_in(Path("..")).seeds("v1") == Path("../data/seeds/v1.jsonl") and project_in(Path()) == project


def test_every_path_is_one_that_the_pipeline_reads_or_writes():
    pipeline = (Path(__file__).parents[2] / "dvc.yaml").read_text(encoding="utf-8")
    project = Project()
    of_version = (project.rows, project.drafts, project.adapter, project.predictions, project.measures, project.score,
                  project.lengths, project.funnel, project.seeds, project.reviews, project.labels, project.label_reviews,
                  project.labelled, project.queue)  # fmt: skip
    named = [find("${key}") for find in of_version] + [project.curve("${key}", split) for split in ("training", "validation")]
    for path in [*named, project.heldout(), project.flips(), project.compared(), project.params]:
        assert str(path) in pipeline, path


def test_what_lists_files_leaves_out_what_is_not_there_and_ledgers_stand_apart(tmp_path):
    data = tmp_path / "data"
    params = tmp_path / "params.yaml"
    params.write_text("versions: {v1: {}}\nseeds: {v1: {}}\n", encoding="utf-8")
    project = Project(data=data, metrics=tmp_path / "metrics", params=params)
    assert [project.row_files(), project.row_ledgers(), project.record(), project.tallies(), project.ledgers("v1")] == [[]] * 5
    rows = [data / f"{name}.jsonl" for name in ("seeds/v1", "expanded/v1", "curated/v1", "versions/none", "versions/v1")]
    ledgers = [data / f"{name}/v1.ledger.jsonl" for name in ("curated", "encoded", "expanded")]
    others = [data / f"{name}.jsonl" for name in ("heldout", "reviews/v1", "predictions/v1")]
    touch(*rows, *ledgers, *others)
    touch(data / "versions/v2.jsonl", data / "reviews/v2.jsonl", data / "curated/v2.ledger.jsonl")  # of no declared version
    touch(data / "questions/v1.ledger.jsonl")  # of documents, which v1 is not drawn from
    assert project.files("versions") == rows[3:] and project.row_files() == rows and project.ledgers("v1") == ledgers
    assert project.row_ledgers() == [ledgers[2], ledgers[0]]  # rows of the encode stage are no text
    assert project.record() == [others[0], others[1], rows[0], rows[3], rows[4]]
    assert hashes(project.record()[:1])[0][:2] == (str(others[0]), 1)
