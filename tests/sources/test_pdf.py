"""PDF pages from right to left, in fonts without names, and without text."""

import io

import pytest
from drawn import drawn, from_right
from pypdf import PdfReader, PdfWriter

from mbegu.sources.documents import documents, readers
from mbegu.sources.documents.direction import logical
from mbegu.sources.documents.pdf import read_pdf

HEBREW = "הקרן משלמת 5,000 שקלים ב-12/03/2026 (ראו סעיף 4.2) לכל חבר."
DRAWN = ".רבח לכל (4.2 ףיעס ואר) 12/03/2026-ב םילקש 5,000 תמלשמ ןרקה"  # as it stands on the page, from left to right
AMHARIC = "ሰላም ለእናንተ ይሁን። አዲስ ስልክ በቅናሽ ዋጋ 15,000 ብር ብቻ።"


def text_of(content: bytes) -> str:
    return documents.document("a.pdf", content, read_pdf(content))["text"]


def test_a_page_from_right_to_left_is_read_in_order_with_its_numbers_and_brackets():
    assert text_of(drawn([[from_right(DRAWN), from_right("םולש")]])) == f"{HEBREW} שלום"


def test_a_table_from_right_to_left_has_its_first_column_first():
    rows = ["1,500          7          םוכס", "20          1          ריחמ"]
    assert text_of(drawn([[from_right(row) for row in rows]])) == "סכום | 7 | 1,500\nמחיר | 1 | 20"


def test_a_ligature_that_stands_for_two_letters_is_not_turned_around():
    line = [*"ضرقلا ىلع ةدئاف ", "لا", *" ديدجلا نوناقلا يف ", *"م", "لا", *"سلا"]
    read = "السلام في القانون الجديد لا فائدة على القرض"
    assert text_of(drawn([[from_right(line)]] * 2)) == f"{read} {read}"  # two pages that share the font


def test_letters_as_they_are_drawn_become_letters_as_they_are_written():
    assert text_of(drawn([[from_right("ﻡﻼﺴﻟﺍ")]])) == "السلام"


LINES = {
    "12% ,3.5-5 ב Mbegu 2 App לש": "של Mbegu 2 App ב 3.5-5, 12%",
    "Kit ןיינע לש English": "Kit של עניין English",
    "(ב (א": "א) ב)",
    "😀 םולש": "שלום 😀",
    "א\u200cב": "ב\u200cא",
    "دئاوف %5 ٢٠٢٦/٣": "٢٠٢٦/٣ 5% فوائد",
}


@pytest.mark.parametrize("line", LINES)
def test_a_drawn_line_is_read(line):
    assert [found.strip() for found in logical([line])] == [LINES[line]]


@pytest.mark.parametrize(
    "text", [HEBREW, "يدفع الصندوق 5,000 ريال كل يوم، وتنتهي الفائدة.", AMHARIC, "Mfuko hulipa riba (5%) kila siku. 🙂", ""]
)
def test_what_reads_right_as_it_stands_stays(text):
    assert logical([text, "", text]) == [text, "", text]


def test_amharic_and_swahili_come_out_as_they_are_drawn():
    lines = [AMHARIC, "", "Mfuko hulipa riba kila siku."]
    assert text_of(drawn([[(20, line) for line in lines]])) == "\n\n".join([lines[0], lines[2]])


def ledger(folder, **files: bytes) -> list[tuple[str, str, str]]:
    for name, content in files.items():
        (folder / f"{name}.pdf").write_bytes(content)
    found = readers.read_all(folder, [f"{name}.pdf" for name in files])
    assert len(found.kept) + sum(line["action"] == "dropped" for line in found.ledger) == len(files)
    return [(line["path"], line["action"], line["reason"]) for line in found.ledger]


BODY = [(20, "The company pays interest each day, and five shillings at the end of a month.")]


def test_a_font_that_names_no_glyph_gives_a_line_for_each_page_and_no_text(tmp_path):
    lost = "page {}: 77 of 77 characters in a font that does not say which they are"
    content = drawn([BODY, BODY], named=False)
    assert ledger(tmp_path, mute=content) == [
        ("mute.pdf", "dropped", f"no text in it; {lost.format(1)}; {lost.format(2)}"),
    ]


def merged(*contents: bytes) -> bytes:
    writer, out = PdfWriter(), io.BytesIO()
    for content in contents:
        writer.append(PdfReader(io.BytesIO(content)))
    writer.write(out)
    return out.getvalue()


def test_pages_that_can_not_be_read_are_in_the_ledger_with_their_numbers(tmp_path):
    image, mute = drawn([[]], picture=True), drawn([BODY], named=False)
    stamped = drawn([[(20, "Seite 4")]], picture=True)
    content = merged(drawn([BODY]), image, drawn([[]]), stamped, mute, drawn([BODY], picture=True))
    assert ledger(tmp_path, some=content) == [
        ("some.pdf", "changed", "page 2: only an image"),
        ("some.pdf", "changed", "page 4: an image with 6 letters beside it"),
        ("some.pdf", "changed", "page 5: 77 of 77 characters in a font that does not say which they are"),
    ]
    found = readers.read_all(tmp_path, ["some.pdf"])
    assert [line["page"] for line in found.ledger] == [2, 4, 5]
    assert found.kept[0]["text"].count(BODY[0][1]) == 2 and "|" not in found.kept[0]["text"]


def test_a_file_of_images_says_so(tmp_path):
    reason = "no text in it; page 1: only an image; page 2: only an image; page 3: only an image; and 2 more"
    assert ledger(tmp_path, scan=drawn([[]] * 5, picture=True)) == [("scan.pdf", "dropped", reason)]
