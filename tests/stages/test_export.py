"""The export and conversations stages through their command lines."""

import importlib.util
import json

import datasets
import pytest
from root import ROOT

from mbegu.sharing.exports import FORMATS

ROWS = [
    {"instruction": "ሰላም ምንድን ነው?", "input": "ሰላም\u2028\nማለት።", "output": 'Amani, "peace" 🕊'},
    {"instruction": "Habari?", "input": "", "output": "=NZURI()"},
    {"instruction": "Kwa nini?", "input": "", "output": "NA"},
]
BUILDERS = {"csv": "csv", "json": "json", "jsonl": "json", "parquet": "parquet"}


@pytest.fixture
def options(write_jsonl, tiny_base):
    version = write_jsonl("v1.jsonl", ROWS)
    return ["export", "--version", version, "--base", tiny_base, "--out", "exported/v1",
            "--template", ROOT / "templates/chat.jinja", "--chat"]  # fmt: skip


def chosen(*names: str) -> list[str]:
    return [part for name in names for part in ("--formats", name)]


def test_every_format_is_written_and_loads_with_all_rows(stage, options, tmp_path):
    done = stage(*options, *chosen(*FORMATS))
    assert done.stdout == f"3 rows each in {', '.join(FORMATS)}: exported/v1\n", done.output
    folder = tmp_path / "exported/v1"
    assert {path.name for path in folder.iterdir()} == {format_.file for format_ in FORMATS.values()}
    for path in folder.iterdir():
        builder = BUILDERS[path.suffix[1:]]
        lines = datasets.load_dataset(builder, data_files=str(path), split="train", cache_dir=tmp_path / "cache")
        rows = sum(len(line["questions"]) for line in lines) if path.name == "log.json" else len(lines)
        assert rows == 3, path.name
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    stage(*options, *chosen(*reversed(FORMATS)))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_only_the_chosen_formats_stay_and_a_model_is_read_only_for_its_tokenizer(stage, refused, options, tmp_path):
    assert stage(*options, *chosen("csv", "openai", "csv")).exit_code == 0
    done = stage(*options, "--base", "nowhere", *chosen("alpaca"))
    assert done.stdout == "3 rows each in alpaca: exported/v1\n", done.output
    assert [path.name for path in (tmp_path / "exported/v1").iterdir()] == ["alpaca.json"]
    assert "nowhere: no SHA256SUMS here" in refused(stage(*options, "--base", "nowhere", *chosen("prompt_completion")))


def test_a_mistake_is_one_line_and_leaves_what_was_there(stage, refused, options, write_jsonl, tmp_path):
    stage(*options, *chosen("alpaca"))
    span = {"kind": "document", "parents": [], "source": "a.md#T", "chunk": "c", "span": [0, 9]}
    broken = write_jsonl("broken.jsonl", [{**ROWS[1], "origin": span}])
    empty = write_jsonl("empty.jsonl", [])
    for change, message in [
        (["--version", "gone.jsonl"], "gone.jsonl: No such file or directory"),
        (["--version", empty], "empty.jsonl: no rows to export"),
        (["--version", broken], "a.md#T: row "),
        (["--template", "gone.jinja"], "prompt.template: gone.jinja does not exist"),
        (["--formats", "xlsx"], "'xlsx' is not one of 'csv', 'json', 'finetuning'"),
    ]:
        assert message in refused(stage(*options, *chosen("csv", "json"), *change))
        assert [path.name for path in (tmp_path / "exported/v1").iterdir()] == ["alpaca.json"]
        assert [path.name for path in (tmp_path / "exported").iterdir()] == ["v1"]
    assert "Missing option '--formats'" in refused(stage(*options))


def test_the_command_line_offers_every_format():
    spec = importlib.util.spec_from_file_location("export_script", ROOT / "stages/export.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert list(FORMATS) == script.FORMATS
    assert all(f"{name} " in script.main.help and format_.file in script.main.help for name, format_ in FORMATS.items())


def prediction(row: dict, text: str) -> dict:
    from mbegu.rows.row import row_id

    asked = {"id": row_id(row["instruction"], row["input"]), "instruction": row["instruction"], "input": row["input"]}
    rest = {"tokens": 3, "finish_reason": "stop", "reference_nll": 1.0, "reference_tokens": 3}
    return {**asked, "reference": row["output"], "prediction": text, **rest}


@pytest.fixture
def talk(write_jsonl):
    heldout = write_jsonl("heldout.jsonl", ROWS)
    for model in ("base", "v1", "v9"):  # the last of which is left over of an earlier build
        write_jsonl(f"data/predictions/{model}.jsonl", [prediction(row, f"{model} ይላል") for row in ROWS])
    params = write_jsonl("params.yaml", ["models: {base: models/base, v1: models/adapters/v1, v2: models/adapters/v2}"])
    return ["conversations", "--predictions", "data/predictions", "--heldout", heldout, "--out", "metrics/conversations.md",
            "--params", params, "--templates", ROOT / "templates",
            "--models", "base", "--models", "v1"]  # fmt: skip


def test_conversations_are_a_page_with_as_many_rows_as_asked_for(stage, talk, tmp_path):
    assert stage(*talk, "--count", 2).stdout == "2 of 3 questions answered by base, v1: metrics/conversations.md\n"
    page = (tmp_path / "metrics/conversations.md").read_text()
    assert page.count("\n## ") == 2 and page.count("> v1 ይላል") == 2
    assert stage(*talk, "--count", 20).stdout.startswith("3 of 3 questions")
    longer = (tmp_path / "metrics/conversations.md").read_text()
    assert "20 were asked for; there are no more." in longer and longer.count("\n## ") == 3
    assert page.split("\n## ")[1:] == longer.split("\n## ")[1:3]


def test_conversations_refuse_what_does_not_fit(stage, refused, talk, write_jsonl, tmp_path):
    line = refused(stage(*talk, "--models", "v9", "--count", 2))
    assert line.startswith("Error: conversations.models: ")
    assert line.endswith("params.yaml: declares no model 'v9'; it declares base, v1, v2.")
    assert "v2.jsonl: No such file or directory" in refused(stage(*talk, "--models", "v2", "--count", 2))
    assert "'base' is named twice" in refused(stage(*talk, "--models", "base", "--count", 2))
    assert "0 is not in the range x>=1" in refused(stage(*talk, "--count", 0))
    write_jsonl("heldout.jsonl", [{**ROWS[0], "output": "Edited."}, *ROWS[1:]])
    assert "base.jsonl: does not answer the rows of" in refused(stage(*talk, "--count", 2))
    write_jsonl("data/predictions/base.jsonl", [json.dumps(prediction(ROWS[0], "x")), '{"id": "a'])
    assert "base.jsonl:2: not valid JSON" in refused(stage(*talk, "--count", 2))
    assert not (tmp_path / "metrics").exists()
