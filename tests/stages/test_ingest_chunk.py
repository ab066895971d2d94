"""Folders of good and bad files through the command line, and the chunks of what could be read."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from root import ROOT
from test_documents import AMHARIC, ENCODED, UNREADABLE, docx, pdf

EXAMPLE = ROOT / "examples/company_docs"
INGEST = ["ingest", "--folder", "in", "--out", "out.jsonl", "--ledger", "ledger.jsonl", "--ocr", ""]
CHUNK = ["chunk", "--documents", "out.jsonl", "--heldout_rows", "heldout.jsonl", "--out", "chunks.jsonl", "--heldout_out",
         "held.jsonl", "--ledger", "left.jsonl", "--size", 120, "--step", 120, "--min_size", 10]  # fmt: skip
CHARACTERS = ["--base", "no-model", "--unit", "characters"]


def rows(path: Path | str) -> list[dict]:
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").split("\n") if line]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Good files among every kind of bad one."""
    folder, outside = tmp_path / "in", tmp_path / "outside"
    (folder / "deep/er").mkdir(parents=True)
    outside.mkdir()
    good = {
        "a.md": b"# Fees\n\nOne fee of five shillings.",
        "deep/er/ውል እና ዋጋ.txt": AMHARIC.encode(),
        "deep/two\nlines.html": "<p>ሁለት መስመር ነው።</p>".encode(),
        "b.pdf": pdf(["A page about loans."]),
        "c.docx": docx(("Heading 1", "Leave"), ("Normal", "Ten days a year.")),
        **{f"{name}.txt": f"{text} {name}".encode(name) for name, text in ENCODED.items()},
    }
    for name, content in [*good.items(), *((f"bad/{name}", content) for name, (content, _) in UNREADABLE.items())]:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    with (folder / "bad/large.txt").open("wb") as file:
        file.truncate(50_000_001)
    (folder / "z_copy.md").write_bytes(good["a.md"])
    (folder / "loop").symlink_to(folder)
    (folder / "deep/etc").symlink_to("/etc")
    (folder / "hosts.txt").symlink_to("/etc/hosts")
    (folder / "gone.txt").symlink_to(folder / "nothing")
    os.mkfifo(folder / "pipe.txt")
    Path(os.fsdecode(bytes(folder) + b"/caf\xe9.txt")).write_text("A name in another encoding.")
    if os.geteuid():
        (folder / "closed.txt").write_text("x")
        (folder / "closed.txt").chmod(0)
    return folder


def test_every_bad_file_is_a_ledger_line_and_the_others_are_read(folder, tmp_path):
    command = [sys.executable, ROOT / "stages/ingest.py", "--folder", "in", "--out", "out.jsonl", "--ledger", "ledger.jsonl",
               "--include", "*", "--exclude", "*.png", "--ocr", ""]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert not done.stderr  # no notices of the libraries; the bar is for terminals
    read, unread = rows(tmp_path / "out.jsonl"), rows(tmp_path / "ledger.jsonl")
    assert [one["path"] for one in read] == sorted(
        [
            "a.md",
            "b.pdf",
            "c.docx",
            "caf\ufffd.txt",
            "deep/er/ውል እና ዋጋ.txt",
            "deep/two\nlines.html",
            *(f"{name}.txt" for name in ENCODED),
        ]
    )
    assert {one["path"]: one["text"] for one in read}["cp1251.txt"] == f"{ENCODED['cp1251']} cp1251"
    reasons = {line["path"]: line["reason"] for line in unread}
    expected = {f"bad/{name}": reason for name, (_, reason) in UNREADABLE.items() if name != "picture.png"} | {
        "bad/large.txt": "larger than 50,000,000 bytes", "z_copy.md": "same content as a.md",
        "loop": "a link to a folder, whose files are read where they stand", "deep/etc": "a link that leads out of the folder",
        "hosts.txt": "a link that leads out of the folder", "gone.txt": "a link to nothing", "pipe.txt": "no regular file",
    }  # fmt: skip
    expected |= {"closed.txt": "can't be opened (Permission denied)"} if os.geteuid() else {}
    expected["bad/zero.txt"] = "no text in it"
    assert reasons.keys() == expected.keys()
    assert all(expected[path] in reason for path, reason in reasons.items())
    assert {(line["stage"], line["action"]) for line in unread} == {("ingest", "dropped")}
    total = len(read) + len(unread)
    assert done.stdout.startswith(f"Read {len(read)} of {total} files, ")
    assert done.stdout.endswith(f" words, {len(unread)} in the ledger, 1 left alone by the globs: out.jsonl\n")


def test_a_folder_without_anything_to_read_is_one_line(stage, refused, tmp_path):
    assert "in: no such folder" in refused(stage(*INGEST, "--include", "*"))
    (tmp_path / "in").mkdir()
    assert "in: none of its 0 files matches *; change ingest.include." in refused(stage(*INGEST, "--include", "*"))
    (tmp_path / "in/a.txt").write_bytes(b"")
    (tmp_path / "outside.txt").write_text("x")
    line = refused(stage(*INGEST, "--include", "*"))
    assert line == "Error: in: none of 1 files could be read; the first: no text in it."
    assert "none of its 1 files matches ../*" in refused(stage(*INGEST, "--include", "../*"))
    assert not (tmp_path / "out.jsonl").exists()


DOCUMENTS = {
    "hr/leave.md": "# Leave\n\nTen days of leave are given to all in a year. Ask for them in March.\n\n## Illness\n\nCall first.",
    "fees.txt": "ክፍያው አምስት ብር ነው። በየወሩ ይከፈላል። ዘግይቶ መክፈል አይቻልም። Ten days of leave are given to all in a year. Ok?\n\nHm.",
    "loans.txt": "A loan is paid back in twelve parts, one a month. Whoever is ill may wait three months, and pays no fee.",
}


@pytest.fixture
def ingested(stage, tmp_path: Path) -> Path:
    for name, text in DOCUMENTS.items():
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text(text)
    assert stage(*INGEST, "--include", "*").exit_code == 0
    return tmp_path / "out.jsonl"


def heldout(write_jsonl, passage: str) -> None:
    write_jsonl("heldout.jsonl", [{"instruction": "How many?", "input": passage, "output": "Ten."}])


def test_documents_become_chunks_on_one_side_of_the_split(stage, ingested, write_jsonl, tmp_path):
    heldout(write_jsonl, "Ask for them\nin March.")
    done = stage(*CHUNK, *CHARACTERS, "--heldout", "hr/*", "--size", 50, "--step", 50)
    assert done.exit_code == 0, done.output
    texts = {one["path"]: one["text"] for one in rows(ingested)}
    kept, held, left = rows("chunks.jsonl"), rows("held.jsonl"), rows("left.jsonl")
    assert {one["path"] for one in held} == {"hr/leave.md"} and {one["path"] for one in kept} == {"fees.txt", "loans.txt"}
    assert all(one["text"] == texts[one["path"]][one["start"] : one["end"]] for one in [*kept, *held])
    assert list(kept[0]) == ["id", "document", "path", "title", "anchor", "page", "start", "end", "text"]
    assert {one["reason"] for one in left} == {"shorter than 10 characters"}
    assert (
        done.stdout == f"{len(kept)} chunks of 2 documents, {len(held)} of 1 held out, {len(left)} in the ledger: chunks.jsonl\n"
    )
    written = [Path(name).read_bytes() for name in ("chunks.jsonl", "held.jsonl", "left.jsonl")]
    stage(*CHUNK, *CHARACTERS, "--heldout", "hr/*", "--size", 50, "--step", 50)
    assert [Path(name).read_bytes() for name in ("chunks.jsonl", "held.jsonl", "left.jsonl")] == written


def test_chunks_are_counted_in_tokens_of_the_base(stage, ingested, write_jsonl, tiny_base, tiny_tokenizer):
    heldout(write_jsonl, "")
    options = ["--base", tiny_base, "--unit", "tokens", "--size", 60, "--step", 40]
    done = stage(*CHUNK, *options)
    assert done.exit_code == 0, done.output
    assert max(len(tiny_tokenizer(one["text"])["input_ids"]) for one in rows("chunks.jsonl")) <= 60


def test_one_document_is_split_into_trained_and_heldout_sections(stage, write_jsonl, tmp_path):
    folder = ROOT / "tests/sources/documents/am"
    assert stage(*INGEST, "--folder", folder, "--include", "ንብ.md").exit_code == 0
    heldout(write_jsonl, "ማር በዓመት ሁለት ጊዜ፣ በሰኔና በታኅሣሥ ይቆረጣል።")
    done = stage(*CHUNK, *CHARACTERS, "--heldout", "ንብ.md#ማር መቁረጥ")
    assert done.exit_code == 0 and not done.stderr, done.output
    trained, held = rows("chunks.jsonl"), rows("held.jsonl")
    assert done.stdout == (
        f"{len(trained)} chunks of 1 documents, {len(held)} of 0 documents and 1 sections held out, "
        "0 in the ledger: chunks.jsonl\n"
    )
    assert {one["anchor"] for one in held} == {"ማር መቁረጥ"} and not any("ጭስ" in one["text"] for one in trained)
    heldout(write_jsonl, "")
    done = stage(*CHUNK, *CHARACTERS)
    assert done.exit_code == 0 and done.stderr == (
        "Warning: out.jsonl: 0 of 1 documents held out, 0% of the text: too few to hold whole ones out. Name sections under "
        "chunk.heldout, such as 'ንብ.md#ሽያጭ': ንብ.md has 'የንብ አናቢዎች ኅብረት ሥራ ማኅበር', 'ቀፎ', 'ማር መቁረጥ', 'ሽያጭ'.\n"
    )


REFUSALS = [
    ("Nobody wrote this.", ["--heldout", "hr/*"], "heldout.jsonl:1: its passage stands in no document"),
    ("A loan is paid back", ["--heldout", "hr/*"], "heldout.jsonl:1: its passage stands in 'loans.txt', which is trained on"),
    ("Ten days of leave", ["--heldout", "hr/*"], "heldout.jsonl:1: its passage stands in 'fees.txt', which is trained on"),
    ("Ask for them", [], "heldout.jsonl:1: its passage stands in 'hr/leave.md', which is trained on"),
    ("", ["--heldout", "hr/*", "--heldout", "no/*"], "chunk.heldout: 'no/*' matches no document"),
    ("", ["--heldout", "*"], "out.jsonl: no chunk is left to train on"),
    ("", ["--heldout", "*"], "or only sections of them, such as 'hr/leave.md#Illness'."),
    ("", ["--heldout", "hr/*#Fees"], "chunk.heldout: 'hr/*#Fees' fits no heading; hr/leave.md has 'Leave', 'Illness'."),
    ("Call first.", ["--heldout", "hr/*#Leave"], "its passage stands in 'hr/leave.md', which is trained on"),
    (
        "Ask for them in March. ## Illness Call",
        ["--heldout", "hr/*#Leave"],
        "its passage runs beyond what is held out of 'hr/leave.md'",
    ),
    ("", ["--min_size", 5000], "out.jsonl: no chunk is left to train on"),
    ("", ["--step", 121], "chunk.step 121 is above chunk.size 120"),
    ("", ["--size", 0], "0 is not in the range x>=1"),
    ("", ["--unit", "words"], "'words' is not one of 'characters', 'tokens'"),
    ("", ["--unit", "tokens"], "no-model: no tokenizer could be read"),
    ("", ["--documents", "no.jsonl"], "no.jsonl: No such file or directory"),
    ("", ["--heldout_rows", "no.jsonl"], "no.jsonl: No such file or directory"),
]


@pytest.mark.parametrize(("passage", "change", "message"), REFUSALS)
def test_a_split_that_leaks_or_an_option_that_is_wrong_is_one_line(
    stage, refused, ingested, write_jsonl, tmp_path, passage, change, message
):
    heldout(write_jsonl, passage)
    assert message in refused(stage(*CHUNK, *CHARACTERS, *change))
    assert not (tmp_path / "chunks.jsonl").exists()


def test_the_example_holds_its_documents_out(stage, tmp_path):
    globs = yaml.safe_load((EXAMPLE / "params.yaml").read_text(encoding="utf-8"))["chunk"]["heldout"]
    done = stage(*INGEST, "--include", "*", "--folder", EXAMPLE / "documents")
    assert done.stdout.startswith("Read 22 of 22 files, "), done.output
    done = stage(*CHUNK, *CHARACTERS, "--size", 512, "--step", 512, "--heldout_rows", EXAMPLE / "data/heldout.jsonl",
                 *(part for glob in globs for part in ("--heldout", glob)))  # fmt: skip
    assert "chunks of 11 documents, " in done.stdout and " of 11 held out, " in done.stdout, done.output
    assert {one["path"] for one in rows("held.jsonl")} == set(globs)
    assert not {one["path"] for one in rows("chunks.jsonl")} & set(globs)
