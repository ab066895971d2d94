"""Exports, good and bad, through the command line."""

import csv
import json
import os
from pathlib import Path

import pytest
import yaml
from root import ROOT
from telegram_exports import chat, message, save, written

from mbegu.rows.jsonl import write_lines
from mbegu.rows.ledger import KEYS, read_ledger
from mbegu.text import reasons

EXAMPLE = ROOT / "examples/amharic_ads"
SECTION = yaml.safe_load((EXAMPLE / "params.yaml").read_text(encoding="utf-8"))["ingest_telegram"]
OUTPUTS = {"--out": "out.jsonl", "--ledger": "ledger.jsonl", "--metrics": "metrics.json", "--funnel": "funnel.csv"}
TEXTS = ["ሰላም ለሁላችሁ፣ ሱቃችን ዛሬ ክፍት ነው", "Duka letu liko wazi leo jioni 🔥", "متجرنا مفتوح اليوم حتى المساء", "ውኃ ጠፍቷል ወዳጆቼ"]


@pytest.fixture
def ingest(stage):
    def run(exports: Path | str = "exports", **changed):
        options = [word for pair in OUTPUTS.items() for word in pair]
        for key, value in {**SECTION, **changed}.items():
            given = value if isinstance(value, list) else [value]
            options += [f"--{key}" if one else f"--no-{key}" for one in given] if isinstance(value, bool) else []
            options += [word for one in given for word in (f"--{key}", one)] if not isinstance(value, bool) else []
        return stage("ingest_telegram", "--exports", exports, *options)

    return run


def lines(name: str) -> list[dict]:
    return [json.loads(line) for line in Path(name).read_text(encoding="utf-8").split("\n")[:-1]]


def test_the_example_is_read_whole_and_twice_alike(ingest):
    done = ingest(EXAMPLE / "data/exports")
    assert done.exit_code == 0, done.output
    rows, ledger, metrics = lines("out.jsonl"), lines("ledger.jsonl"), json.loads(Path("metrics.json").read_text("utf-8"))
    assert len(rows) + len(ledger) == metrics["candidates"] >= 600 and len(rows) == metrics["kept"]
    assert len(metrics["channels"]) == 10 and list(metrics["channels"]) == sorted(metrics["channels"])
    assert {path.name for path in (EXAMPLE / "data/exports").iterdir()} == {row["channel"] for row in rows}
    assert [(row["channel"], row["message"]) for row in rows] == sorted({(row["channel"], row["message"]) for row in rows})
    assert all(line["reason"].startswith(reasons.INGESTED) for line in ledger)
    with open("funnel.csv", encoding="utf-8", newline="") as file:
        funnel = list(csv.reader(file))
    assert funnel[1] == ["candidates", "0", str(len(rows) + len(ledger))] and funnel[-1] == ["kept", "0", str(len(rows))]
    first = {name: Path(name).read_bytes() for name in OUTPUTS.values()}
    again = ingest(EXAMPLE / "data/exports")
    assert again.output == done.output and first == {name: Path(name).read_bytes() for name in OUTPUTS.values()}
    assert {path.name for path in Path().iterdir()} == set(OUTPUTS.values())


def test_the_example_keeps_no_phone_and_no_handle_unless_told_to(ingest):
    assert ingest(EXAMPLE / "data/exports").exit_code == 0
    text = Path("out.jsonl").read_text("utf-8") + Path("ledger.jsonl").read_text("utf-8")
    assert "0900" not in text and "@zemen" not in text and "[phone]" in text and "@handle" in text and "24,500 ብር" in text
    assert ingest(EXAMPLE / "data/exports", masked=False).exit_code == 0
    assert "0900" in Path("out.jsonl").read_text("utf-8") and "@zemen" in Path("out.jsonl").read_text("utf-8")


def test_the_files_look_as_the_rest_of_the_house_writes_them(ingest):
    odd = {"name": 'a"b\\', "messages": [message(number, text) for number, text in enumerate(TEXTS)]}
    save(
        Path('exports/odd "name"/result.json'),
        {**odd, "messages": [*odd["messages"], message(9, 'quote " and \\ \n end\x7f'), message(None)]},
    )
    assert ingest().exit_code == 0
    assert [row["message"] for row in lines("out.jsonl")] == [0, 1, 2, 3, 9]
    write_lines(Path("rows.jsonl"), lines("out.jsonl"))
    write_lines(Path("lines.jsonl"), read_ledger(Path("ledger.jsonl")))
    assert Path("rows.jsonl").read_bytes() == Path("out.jsonl").read_bytes()
    assert Path("lines.jsonl").read_bytes() == Path("ledger.jsonl").read_bytes()
    assert tuple(lines("ledger.jsonl")[0]) == KEYS and lines("ledger.jsonl")[0]["id"] == 'odd "name"/?'


def test_a_channel_twice_gives_each_number_once_with_its_last_text(ingest):
    old = [message(1, TEXTS[0]), message(2, TEXTS[1]), message(3, TEXTS[2], edited_unixtime="1756999999", edited="x")]
    new = [
        message(2, TEXTS[1] + " kesho asubuhi tena", edited="2025-09-04T00:00:00"),
        message(3, TEXTS[2] + " ኋላ ቀር ቃል"),
        message(4, TEXTS[3]),
    ]
    save(Path("exports/2025/result.json"), chat(old))
    save(Path("exports/2026/result.json"), chat(new, type="private_channel", name=None))
    assert ingest().exit_code == 0
    rows = {row["id"]: row["text"] for row in lines("out.jsonl")}
    assert rows == {"2025/1": TEXTS[0], "2025/2": TEXTS[1] + " kesho asubuhi tena", "2025/3": TEXTS[2], "2025/4": TEXTS[3]}
    assert [(line["id"], line["reason"]) for line in lines("ledger.jsonl")] == [
        ("2025/2", "older version"),
        ("2025/3", "older version"),
    ]


def test_ids_repeat_within_an_export_and_are_negative(ingest):
    save(
        Path("exports/g.json"),
        chat([message(-7, TEXTS[0]), message(-7, TEXTS[1]), message(5, TEXTS[2]), message(5, type="service")]),
    )
    assert ingest().exit_code == 0
    assert [(row["id"], row["text"]) for row in lines("out.jsonl")] == [("g/-7", TEXTS[1]), ("g/5", TEXTS[2])]
    assert sorted(line["reason"] for line in lines("ledger.jsonl")) == ["older version", "service message: none"]


def test_a_cut_export_is_read_as_far_as_it_goes_and_said_to_be_cut(ingest):
    save(Path("exports/zemen/result.json"), written(chat([message(number, text) for number, text in enumerate(TEXTS)]))[:-60])
    done = ingest()
    assert done.exit_code == 0 and "Warning: exports/zemen/result.json ends in the middle" in done.output
    assert [row["message"] for row in lines("out.jsonl")] == [0, 1, 2]
    (line,) = lines("ledger.jsonl")
    assert line["reason"].startswith("unreadable: the file ends in the middle of it, at byte ") and line["row"]["message"] is None


def test_several_exports_in_one_file(ingest):
    parts = [
        written(chat([message(1, text)], id=id_, name=name))
        for text, id_, name in zip(TEXTS, (1, 2, 1), ("ሀ", "ለ", "ሀ"), strict=False)
    ]
    save(Path("exports/all.json"), "\n".join(parts))
    assert ingest().exit_code == 0
    assert {row["id"] for row in lines("out.jsonl")} == {"ለ/1", "ሀ/1"} and len(lines("ledger.jsonl")) == 1


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "exports: no such folder; put exports of Telegram Desktop there"),
        ({"zemen/messages.html": "<html>"}, "none of its 1 files matches *.json"),
        ({"zemen/result.json": chat([])}, "none of 0 messages in 1 exports is left; export chats that have"),
        (
            {"zemen/result.json": chat([message(1, type="service"), message(2)])},
            "none of 2 messages in 1 exports is left; most went as",
        ),
        ({"zemen/result.json": written(chat([message(1, TEXTS[0])])).encode("utf-16")}, "is UTF-16; expected JSON in UTF-8"),
        (
            {"zemen/result.json": written(chat([message(1, "caf\xe9 caf\xe9")])).encode("latin-1", "replace")},
            "most went as unreadable",
        ),
        ({"zemen/result.json": "", "b.json": chat([message(1, TEXTS[0])])}, "zemen/result.json: is empty"),
        ({"zemen/other.json": '{"a": 1}', "b.json": chat([message(1, TEXTS[0])])}, "ingest_telegram.exclude"),
    ],
)
def test_bad_input_is_said_in_one_line_and_nothing_is_published(ingest, files, said):
    for name, content in files.items():
        save(Path("exports") / name, content)
    done = ingest()
    assert done.exit_code == 1 and said in done.output
    assert done.output.startswith("Error: ") and done.output.count("\n") == 1 and "Traceback" not in done.output
    assert not any(Path(name).exists() for name in OUTPUTS.values()) and [path.name for path in Path().iterdir()] in (
        [],
        ["exports"],
    )


def test_what_is_no_file_is_passed(ingest):
    save(Path("exports/zemen/result.json"), chat([message(1, TEXTS[0])]))
    os.mkfifo("exports/pipe.json")
    Path("exports/gone.json").symlink_to("nowhere")
    done = ingest()
    assert done.exit_code == 0 and "Kept 1 of 1 messages of 1 channels, 0 in the ledger: out.jsonl" in done.output
