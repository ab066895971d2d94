import io
import os
import zipfile
from pathlib import Path

import pytest
from docx import Document
from fpdf import FPDF

from mbegu import chunks, documents
from mbegu.errors import BadInput


def pdf(pages: list[str], password: str = "") -> bytes:
    document = FPDF()
    document.set_font("helvetica", size=12)
    for text in pages:
        document.add_page()
        document.multi_cell(0, 8, text)
    if password:
        document.set_encryption(owner_password="owner", user_password=password)
    return bytes(document.output())


def docx(*paragraphs: tuple[str, str], table: list[list[str]] | None = None) -> bytes:
    document = Document()
    for style, text in paragraphs:
        document.add_paragraph(text, style=style)
    if table:
        grid = document.add_table(len(table), len(table[0]))
        for row, cells in zip(grid.rows, table, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 60_000_000)
    return stream.getvalue()


HTML = "<html><nav>Menu</nav><h1>Fees &amp; terms</h1><p>One&nbsp;fee.</p><table><tr><th>Kit</th><th>KES</th></tr><tr><td>A</td><td>5</td></tr></table><ul><li>ሰላም</li></ul><footer>Contact</footer></html>"  # noqa: E501
READABLE = {
    "notes.md": (b"Intro.\n\n# Fees\n\nOne fee.\n\n## Late \n\nTwo.", "Fees", ["", "Fees", "Late"], "One fee."),
    "notes.txt": ("ሰላም ለእናንተ ይሁን።\r\nአዲስ\u200c ስልክ".encode(), "notes", [""], "ሰላም ለእናንተ ይሁን።\nአዲስ"),
    "page.html": (HTML.encode(), "Fees & terms", ["Fees & terms"], "One fee.\n\nKit | KES\nA | 5"),
    "paper.pdf": (pdf(["First page.", "Second page, KES 5,000."]), "paper", ["page 1", "page 2"], "Second page, KES 5,000."),
    "letter.docx": (docx(("Heading 1", "Leave"), ("Normal", "Ten days."), ("List Bullet", "One"), table=[["a", "b"]]), "Leave",
                    ["Leave"], "Ten days.\n\n- One\n\na | b"),
    "old.txt": ("Café à Nairobi, où l'on préfère le thé au café noir dès le matin.".encode("cp1252"), "old", [""], "préfère"),
    "mark.txt": (b"\xef\xbb\xbfA mark.", "mark", [""], "A mark."),
    "wide.txt": ("ኬንያ".encode("utf-16"), "wide", [""], "ኬንያ"),
}  # fmt: skip


@pytest.mark.parametrize("name", READABLE)
def test_a_document_is_read_with_its_title_and_anchors(tmp_path, name):
    content, title, anchors, text = READABLE[name]
    (tmp_path / name).write_bytes(content)
    found = documents.read_document(tmp_path / name, name)
    assert (found["title"], [part["anchor"] for part in found["anchors"]]) == (title, anchors)
    assert text in found["text"]
    assert not {"Menu", "Contact"} & set(found["text"].split())
    assert documents.read_document(tmp_path / name, name) == found


UNREADABLE = {
    "encrypted.pdf": (pdf(["Secret"], password="secret"), "encrypted; save it without a password"),
    "blank.pdf": (pdf([""]), "no text in it"),
    "broken.pdf": (b"%PDF-1.7 nothing more", "broken PDF"),
    "zero.pdf": (b"", "broken PDF"),
    "zero.txt": (b"", "no text in it"),
    "binary.txt": (os.urandom(64) + b"\0" * 64, "binary, not text"),
    "large.txt": (b"a" * 50_000_001, "larger than 50,000,000 bytes"),
    "pictures.docx": (docx(), "no text in it"),
    "broken.docx": (b"PK nothing", "broken DOCX"),
    "bomb.docx": (bomb(), "unpacks to 60,000,000 bytes"),
    "picture.png": (b"\x89PNG", "no reader for .png; there are .docx, .htm"),
    "noname": (b"text", "no reader for a file without a suffix"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_can_not_be_read_says_why(tmp_path, name):
    content, reason = UNREADABLE[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(documents.Unreadable) as error:
        documents.read_document(tmp_path / name, name)
    assert reason in str(error.value) and "\n" not in str(error.value)


def test_files_are_found_by_globs_without_leaving_the_folder_or_going_in_circles(tmp_path):
    folder, outside = tmp_path / "documents", tmp_path / "outside"
    for path in (folder / "a.md", folder / "hr/b.txt", folder / "hr/draft.txt", outside / "secret.txt"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
    (folder / "hr/loop").symlink_to(folder)
    (folder / "way-out").symlink_to(outside)
    (folder / "one.txt").symlink_to(outside / "secret.txt")
    (folder / "broken.md").symlink_to(folder / "nothing.md")
    found = [path.relative_to(folder).as_posix() for path in documents.find(folder, ["*"], ["draft*", "broken*"])]
    assert found == ["a.md", "hr/b.txt"]
    assert len(documents.find(folder, ["hr/*"], [])) == 2
    with pytest.raises(BadInput, match=r"none of its 4 files matches \*\.pdf; change ingest\.include"):
        documents.find(folder, ["*.pdf"], [])
    with pytest.raises(BadInput, match="no such folder"):
        documents.find(tmp_path / "nowhere", ["*"], [])


def document(text: str, anchors: tuple = ((0, ""),)) -> dict:
    listed = [{"start": start, "anchor": anchor} for start, anchor in anchors]
    return {"id": "d", "path": "d.md", "title": "D", "sha256": "0", "text": text, "anchors": listed}


SENTENCES = ["A fund pays interest every day. ", "ሰላም ለእናንተ ይሁን። ", "Je, riba ni nini? ", "مرحبا بالعالم! "] * 12


@pytest.mark.parametrize(("size", "step"), [(60, 60), (60, 30), (200, 200)])
def test_a_chunk_ends_where_a_sentence_ends_and_nothing_is_left_out(size, step):
    text = "".join(SENTENCES).strip()
    found = chunks.chunk(document(text), chunks.splitter("characters", size, step))
    ends = {len("".join(SENTENCES[: n + 1]).rstrip()) for n in range(len(SENTENCES))}
    starts = {len("".join(SENTENCES[:n])) for n in range(len(SENTENCES))}
    for one in found:
        assert one["text"] == text[one["start"] : one["end"]] and len(one["text"]) <= size
        assert one["start"] in starts and one["end"] in ends
    covered = set().union(*(range(one["start"], one["end"]) for one in found))
    assert not "".join(mark for place, mark in enumerate(text) if place not in covered).strip()


def test_only_a_sentence_that_is_too_long_alone_is_cut():
    text = f"Short one. {'word ' * 40}end. Last."
    found = chunks.chunk(document(text), chunks.splitter("characters", 80, 80))
    assert found[0]["text"].startswith("Short one.") and all(len(one["text"]) <= 80 for one in found)
    assert " ".join(one["text"] for one in found) == text


def test_chunks_know_their_anchor_and_keep_their_id_when_others_change():
    text = "Intro here.\n\nFees are five.\n\nLate fees are six."
    anchors = ((0, ""), (13, "Fees"), (29, "Late"))
    split = chunks.splitter("characters", 20, 20)
    found = chunks.chunk(document(text, anchors), split)
    assert [(one["anchor"], one["text"]) for one in found] == [
        ("", "Intro here."),
        ("Fees", "Fees are five."),
        ("Late", "Late fees are six."),
    ]
    edited = chunks.chunk(document(text.replace("five", "nine"), anchors), split)
    assert [one["id"] == other["id"] for one, other in zip(found, edited, strict=True)] == [True, False, True]


def test_tokens_are_counted_by_the_models_tokenizer(tiny_tokenizer):
    text = "".join(SENTENCES)
    for one in chunks.chunk(document(text), chunks.splitter("tokens", 40, 40, tiny_tokenizer)):
        assert len(tiny_tokenizer(one["text"])["input_ids"]) <= 40
    with pytest.raises(BadInput, match=r"chunk\.step 9 is above chunk\.size 5"):
        chunks.splitter("characters", 5, 9)


def test_the_documents_of_the_example_are_all_read():
    folder = Path(__file__).parents[1] / "examples/company_docs/documents"
    read = [documents.read_document(path, path.name) for path in documents.find(folder, ["*"], [])]
    assert len(read) >= 12 and sum(len(one["text"].split()) for one in read) >= 15_000
    assert {Path(one["path"]).suffix for one in read} == {".md", ".txt", ".html", ".pdf", ".docx"}
