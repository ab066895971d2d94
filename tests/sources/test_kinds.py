"""Kinds of files beside pages, PDF and DOCX: sheets, slides, books, ODT, RTF, messages."""

import io

import pytest
import xlsxwriter
from kinds import FILES, archive, book, message

from mbegu.sources.documents import documents
from mbegu.sources.documents.archives import refuse_bomb
from mbegu.sources.documents.readers import READERS, read_all

TEXTS = {
    "xlsx": "ክፍያ\n\nBranch | Fee | Share | Open\nባሕር ዳር | 5 | 0.25 | TRUE\nባሕር ዳር | 7.5 | سلام\n\n"
            "All | 12 | 2026-03-12 | 2\n\nEmpty",
    "pptx": "Ada 🙂\n\nክፍያ አምስት ብር ነው።\nSecond line.\n\nKit | Fee\nA | 5\n\nفي مجموعة\n\nSay it slowly.",
    "epub": "ምዕራፍ\n\nንቦች ማር ይሠራሉ።\n\nSura\n\nNyuki.",
    "odt": "ውል Terms\n\nPaid[1]\nmonthly.\nسلام\n\n[1] In cash.\n\n- One\n- Inner\n\nረጅም | a\nረጅም | b\n\nBoxed",
    "rtf": "Café terms\n\nThe fee is five shillings ሰላም.\n\nKit | 5",
    "eml": "ክፍያ fees\nFrom: Abebe አበበ <a@example.org>\nTo: b@example.org\nDate: Thu, 12 Mar 2026 10:00:00 +0300\n\n"
           "The fee is five shillings.\n\nسلام",
    "csv": "Branch | Fee\nባሕር ዳር; a b | 5\n\nKisumu | 7,5",
}  # fmt: skip
LOST = {
    "xlsx": ["hidden sheets left out: 1"], "pptx": ["hidden slides left out: 1", "slide 1: pictures left out: 1"],
    "epub": ["pages that are not in it: 1", "hidden words left out: 1"],
    "odt": ["comments left out: 1", "deleted words left out: 2", "pictures left out: 1"], "rtf": ["pictures left out: 1"],
    "eml": ["attachments left out: 1"], "csv": [],
}  # fmt: skip
TITLES = {"xlsx": "ክፍያ", "pptx": "Ada 🙂", "epub": "ምዕራፍ", "odt": "ውል Terms", "rtf": "Café terms", "eml": "ክፍያ fees", "csv": "a"}


@pytest.mark.parametrize("kind", FILES)
def test_a_kind_is_read_with_its_title_and_what_is_left_out(kind, tmp_path):
    (tmp_path / f"a.{kind}").write_bytes(FILES[kind])
    found = read_all(tmp_path, [f"a.{kind}"])
    assert [line["reason"] for line in found.ledger] == LOST[kind]
    assert (found.kept[0]["title"], found.kept[0]["text"]) == (TITLES[kind], TEXTS[kind])


def test_slides_have_their_numbers_as_pages(tmp_path):
    (tmp_path / "a.pptx").write_bytes(FILES["pptx"])
    assert [part["page"] for part in read_all(tmp_path, ["a.pptx"]).kept[0]["anchors"]] == [1]


def test_a_message_in_html_only_is_read():
    text = documents.document("a.eml", b"", READERS[".eml"](message(html=True)))["text"]
    assert text.endswith("+0300\n\nThe fee is five shillings.")


def sparse() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as made:
        sheet = made.add_worksheet()
        sheet.write(0, 0, "a")
        sheet.write(1_048_575, 16_383, "b")
    return out.getvalue()


ENTITY = '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
UNREADABLE = {
    "sparse.xlsx": (sparse(), "a sheet of 1,048,576 rows and 16,384 columns, most of them empty"),
    "locked.epub": (book(encrypted=True), "encrypted; read it where it may be read"),
    "locked.odt": (archive(**{"META-INF/manifest.xml": "<m><encryption-data/></m>"}), "encrypted; save it without a password"),
    "other.rtf": (b"plain text", "broken RTF (it does not begin with {\\rtf)"),
    "empty.csv": (b"", "no text in it"),
    "empty.eml": (b"", "no text in it"),
    "broken.xlsx": (b"PK nothing", "broken XLSX (no zip archive, or cut short)"),
    "broken.pptx": (FILES["pptx"][:-100], "broken PPTX (no zip archive, or cut short)"),
    "other.odt": (FILES["xlsx"], "broken ODT ("),
    "other.epub": (FILES["xlsx"], "broken EPUB ("),
    "entity.odt": (archive(**{"META-INF/manifest.xml": "<m/>", "content.xml": ENTITY}), "broken ODT ("),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_can_not_be_read_says_why(name, tmp_path):
    content, reason = UNREADABLE[name]
    (tmp_path / name).write_bytes(content)
    (line,) = read_all(tmp_path, [name]).ledger
    assert line["reason"].startswith(reason) and "\n" not in line["reason"]


def test_an_archive_that_unpacks_to_a_hundred_times_its_size_is_refused():
    with pytest.raises(documents.Unreadable, match="unpacks to 5,000,000 bytes, 1005 times its size"):
        refuse_bomb(archive(a=" " * 5_000_000), "ODT")
    refuse_bomb(archive(a=" " * 90_000), "ODT")
