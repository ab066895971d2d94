import io
import random
import zipfile
import zlib
from pathlib import Path

import pytest
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from fpdf import FPDF
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from pypdf.generic import EncodedStreamObject, NameObject

from mbegu.errors import BadInput
from mbegu.sources.documents import documents, encodings, lines, readers

FRENCH = "Café à Nairobi, où l'on préfère le thé au café noir dès le matin."
RUSSIAN = "Фонд платит проценты каждый день, и вкладчик может забрать деньги когда угодно. Это удобно."
ARABIC = "يدفع الصندوق فائدة كل يوم ويمكن للمستثمر سحب أمواله في أي وقت دون رسوم إضافية من أي نوع."
AMHARIC = "ሰላም ለእናንተ ይሁን።\nአዲስ ስልክ በቅናሽ ዋጋ።"


def pdf(pages: list[str], header: str = "", align: str = "J") -> bytes:
    document = FPDF()
    document.set_font("helvetica", size=12)
    for number, text in enumerate(pages, 1):
        document.add_page()
        for line in [header.format(number), text] if header else [text]:
            document.multi_cell(0, 8, line, align=align, new_x="LMARGIN", new_y="NEXT")
            document.ln(6)
    return bytes(document.output())


def encrypted(content: bytes) -> bytes:
    writer = PdfWriter(PdfReader(io.BytesIO(content)))
    writer.encrypt("secret", algorithm="AES-256")
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def pdf_without_pages() -> bytes:
    stream = io.BytesIO()
    PdfWriter().write(stream)
    return stream.getvalue()


def pdf_bomb(megabytes: int) -> bytes:
    """A page whose description unpacks to so much."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * 10**6) for _ in range(megabytes)) + packer.flush()
    writer = PdfWriter()
    page = writer.add_blank_page(99, 99)
    stream = EncodedStreamObject()
    stream[NameObject("/Filter")] = NameObject("/FlateDecode")
    stream._data = packed
    page[NameObject("/Contents")] = writer._add_object(stream)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def saved(document) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def docx(*paragraphs: tuple[str, str], table: list[list[str]] | None = None) -> bytes:
    document = Document()
    for style, text in paragraphs:
        document.add_paragraph(text, style=style)
    if table:
        grid = document.add_table(len(table), len(table[0]))
        for row, cells in zip(grid.rows, table, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    return saved(document)


def docx_of_pictures() -> bytes:
    from PIL import Image

    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(picture, "PNG")
    document = Document()
    document.add_picture(picture)
    return saved(document)


def bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 60_000_000)
    return stream.getvalue()


def read(name: str, content: bytes, folder: Path) -> dict:
    (folder / name).write_bytes(content)
    return readers.read_document(folder, name)[0]


HTML = "<html><nav>Menu</nav><h1>Fees &amp; terms</h1><p>One&nbsp;fee.</p><table><tr><th>Kit</th><th>KES</th></tr><tr><td>A</td><td>5</td></tr></table><ul><li>ሰላም</li></ul><footer>Contact</footer></html>"  # noqa: E501
READABLE = {
    "notes.md": (b"Intro.\n\n# Fees\n\nOne fee.\n\n## Late \n\nTwo.", "Fees", ["", "Fees", "Late"], "One fee."),
    "notes.txt": ("ሰላም ለእናንተ ይሁን።\r\nአዲስ\u200c ስልክ".encode(), "notes", [""], "ሰላም ለእናንተ ይሁን።\nአዲስ\u200c ስልክ"),
    "page.html": (HTML.encode(), "Fees & terms", ["Fees & terms"], "One fee.\n\nKit | KES\nA | 5\n\n- ሰላም"),
    "paper.pdf": (pdf(["First page.", "Second page, KES 5,000."]), "paper", ["", ""], "Second page, KES 5,000."),
    "letter.docx": (docx(("Heading 1", "Leave"), ("Normal", "Ten days."), ("List Bullet", "One"), table=[["a", "b"]]), "Leave",
                    ["Leave"], "Ten days.\n\n- One\n\na | b"),
    "names \n ውል.md": ("# ውል\nአንድ።".encode(), "ውል", ["ውል"], "አንድ።"),
}  # fmt: skip


@pytest.mark.parametrize("name", READABLE)
def test_a_document_is_read_with_its_title_and_headings(tmp_path, name):
    content, title, anchors, text = READABLE[name]
    found = read(name, content, tmp_path)
    assert (found["title"], [part["anchor"] for part in found["anchors"]]) == (title, anchors)
    assert text in found["text"]
    assert not {"Menu", "Contact"} & set(found["text"].split())
    assert read(name, content, tmp_path) == found


ENCODED = {
    "utf-8-sig": FRENCH, "cp1252": FRENCH, "cp1251": RUSSIAN, "cp1256": ARABIC, "utf-16": AMHARIC,
    "utf-16-le": AMHARIC, "utf-16-be": FRENCH,
}  # fmt: skip


@pytest.mark.parametrize("encoding", ENCODED)
def test_text_in_any_encoding_is_read(encoding):
    assert encodings.decode(ENCODED[encoding].encode(encoding)) == ENCODED[encoding]


def test_what_a_page_declares_goes_before_a_guess():
    czech = "Příliš žluťoučký kůň úpěl ďábelské ódy"
    (part,) = readers.READERS[".html"](f'<meta charset="iso-8859-2"><p>{czech}</p>'.encode("iso-8859-2"))
    assert part.text.strip() == czech


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_unreadable(content):
    try:
        assert isinstance(encodings.decode(content), str)
    except documents.Unreadable as error:
        assert str(error)


UNREADABLE = {
    "encrypted.pdf": (encrypted(pdf(["Secret"])), "encrypted; save it without a password"),
    "blank.pdf": (pdf([""]), "no text in it"),
    "pageless.pdf": (pdf_without_pages(), "no text in it"),
    "broken.pdf": (b"%PDF-1.7 nothing more", "broken PDF"),
    "short.pdf": (pdf(["Text"])[:300], "broken PDF"),
    "zero.pdf": (b"", "broken PDF"),
    "bomb.pdf": (pdf_bomb(200), "broken PDF (Limit reached while decompressing"),
    "heavy.pdf": (pdf_bomb(30), "pages that unpack to more than 20,000,000 bytes"),
    "zero.txt": (b"", "no text in it"),
    "binary.txt": (random.Random(0).randbytes(64) + b"\0" * 64, "binary, not text"),
    "tones.txt": (bytes(range(1, 256)) * 4, "binary, not text"),
    "mixed.txt": (AMHARIC.encode() + b" caf\xe9 " + AMHARIC.encode(), "not valid UTF-8 at byte 86; save it again as UTF-8"),
    "blank.html": (b"<html><script>x</script><img src='a.png'></html>", "no text in it"),
    "pictures.docx": (docx_of_pictures(), "no text in it"),
    "broken.docx": (b"PK nothing", "broken DOCX (no zip archive, or cut short)"),
    "short.docx": (docx(("Normal", "Text"))[:-200], "broken DOCX (no zip archive, or cut short)"),
    "sheet.docx": (b"PK\x05\x06" + b"\0" * 18, "broken DOCX"),
    "bomb.docx": (bomb(), "unpacks to 60,000,000 bytes"),
    "pointer.pdf": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
        "a Git LFS pointer and not the file itself; fetch that with `git lfs pull` where it comes from",
    ),
    "picture.png": (b"\x89PNG", "no reader for .png; there are .docx, .htm"),
    "noname": (b"text", "no reader for a file without a suffix"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_can_not_be_read_says_why(tmp_path, name):
    content, reason = UNREADABLE[name]
    with pytest.raises(documents.Unreadable) as error:
        read(name, content, tmp_path)
    assert reason in str(error.value) and "\n" not in str(error.value)


def test_a_file_above_50_mb_is_not_opened(tmp_path):
    with (tmp_path / "large.txt").open("wb") as file:
        file.truncate(50_000_001)
    with pytest.raises(documents.Unreadable, match="larger than 50,000,000 bytes"):
        readers.read_document(tmp_path, "large.txt")


def test_files_are_found_by_globs_and_links_out_of_the_folder_are_refused(tmp_path):
    folder, outside = tmp_path / "documents", tmp_path / "outside"
    for path in (folder / "a.md", folder / "hr/b.txt", folder / "hr/draft.txt", outside / "secret.txt"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
    (folder / "hr/loop").symlink_to(folder)
    (folder / "way-out").symlink_to(outside)
    (folder / "one.txt").symlink_to(outside / "secret.txt")
    (folder / "broken.md").symlink_to(folder / "nothing.md")
    (folder / "self.md").symlink_to(folder / "self.md")
    found, others = documents.find(folder, ["*"], ["draft*"])
    assert (found, others) == (["a.md", "broken.md", "hr/b.txt", "hr/loop", "one.txt", "self.md", "way-out"], 1)
    reasons = {}
    for name in found:
        try:
            readers.read_document(folder, name)
        except documents.Unreadable as error:
            reasons[name] = str(error)
    assert reasons == {
        "broken.md": "a link to nothing", "self.md": "can't be opened (a link in a circle)",
        "hr/loop": "a link to a folder, whose files are read where they stand",
        "one.txt": "a link that leads out of the folder", "way-out": "a link that leads out of the folder",
    }  # fmt: skip
    assert documents.find(folder, ["hr/*"], []) == (["hr/b.txt", "hr/draft.txt", "hr/loop"], 5)
    assert documents.find(tmp_path / "outside/../documents", ["a.md"], [])[0] == ["a.md"]
    for glob in ("*.pdf", "../outside/*", "../*"):
        with pytest.raises(BadInput, match=r"none of its 8 files matches .*; change ingest\.include"):
            documents.find(folder, [glob], [])
    with pytest.raises(BadInput, match="no such folder"):
        documents.find(tmp_path / "nowhere", ["*"], [])


PAGES = [
    "Every fund pays interest each day, and whoever wants to take the money out may do so without a fee at any branch of the "
    "company. Nobody has to explain why. The form has only four lines, which is the shortest in the county.",
    "A loan is paid back in twelve parts. If a member falls ill, the group may wait for up to three months before it asks, and "
    "it never sends anybody to the house of a member who has lost the harvest.",
    "Meetings take place on the first Monday of a month. Whoever comes late pays 20 shillings into the common box, out of which "
    "the tea is bought, and whoever does not come at all pays 50.",
]


def test_a_pdf_is_paragraphs_again_without_its_headers_and_footers():
    parts = readers.READERS[".pdf"](pdf(PAGES, header="Page {} of 3", align="J"))
    assert [(part.page, documents.clean(part.text)) for part in parts] == [*enumerate(PAGES, 1)]


def cut(text: str) -> list[str]:
    return text.strip("\n").split("\n")


WRAPPED = """
2. Savings

The fund pays interest on the last working day of the infor-
mation month, and the near-
miss reports go to the board. Information is free to all, near
or far, and a miss counts.

Kind            Fee       Limit for each
                          member
Savings         5         10,000
Loans           7         20,000

1. Greet the member and ask for the account number, which
   stands on the card.
2. Read it back.
"""


def test_hard_wrapped_lines_become_sentences_headings_lists_and_rows():
    (_, part) = lines.parts([cut(WRAPPED)], numbered=False)
    assert part.anchor == "2. Savings"
    assert part.text.split("\n") == [
        "2. Savings",
        "",
        "The fund pays interest on the last working day of the information month, and the near-miss reports go to the board. "
        "Information is free to all, near or far, and a miss counts.",
        "",
        "Kind | Fee | Limit for each member",
        "Savings | 5 | 10,000",
        "Loans | 7 | 20,000",
        "",
        "1. Greet the member and ask for the account number, which stands on the card.",
        "2. Read it back.",
    ]


def test_a_sentence_goes_on_over_the_end_of_a_page():
    first = ["Header 1", "The company pays interest to every member on the last day", "of the month, and whoever wants to leave"]
    second = ["Header 2", "may do so.", "", "3. Fees", "", "There are none."]
    found = documents.document("a.pdf", b"", lines.parts([first, second], numbered=True))
    assert found["text"] == (
        "The company pays interest to every member on the last day of the month, and whoever wants to leave may do so.\n\n"
        "3. Fees\n\nThere are none."
    )
    assert [(found["text"][one["start"] :][:10], one["page"]) for one in found["anchors"]] == [
        ("The compan", 1),
        ("may do so.", 2),
        ("3. Fees\n\nT", 2),
    ]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.text(max_size=60), max_size=8), min_size=1, max_size=4))
def test_no_letter_of_a_wrapped_text_is_lost_or_moved(pages):
    pages = [[line.replace("\n", " ") for line in page] for page in pages]
    joined = "".join(part.text for part in lines.parts(pages, numbered=True))
    kept = "".join(line for page in lines.without_running_lines(pages) for line in page)
    assert [mark for mark in joined if mark.isalpha()] == [mark for mark in kept if mark.isalpha()]


def test_a_page_in_two_columns_is_read_column_by_column():
    document = FPDF()
    document.set_font("helvetica", size=12)
    document.add_page()
    with document.text_columns(ncols=2, gutter=10) as columns:
        columns.write("Left column. " * 150 + "Right column. " * 150)
    text = "\n".join(part.text for part in readers.READERS[".pdf"](bytes(document.output())))
    assert " | " not in text and text.index("Right") > text.rindex("Left")


def test_amharic_in_a_pdf_is_read(tmp_path):
    font = Path("/usr/share/fonts/truetype/noto/NotoSansEthiopic-Regular.ttf")
    if not font.exists():
        pytest.skip("no Ethiopic font on this machine")
    document = FPDF()
    document.add_font("ethiopic", fname=font)
    document.set_font("ethiopic", size=12)
    document.add_page()
    document.multi_cell(0, 8, "ሰላም ለእናንተ ይሁን። አዲስ ስልክ በቅናሽ ዋጋ ብቻ። " * 3)
    text = read("a.pdf", bytes(document.output()), tmp_path)["text"]
    assert text == ("ሰላም ለእናንተ ይሁን። አዲስ ስልክ በቅናሽ ዋጋ ብቻ። " * 3).strip()


PAGE = """<body><header>Site</header><nav><ul><li>Home</li></ul></nav><aside>Advert</aside>
<main><header><h1>Prices <em>now</em></h1></header>Text in no element &ndash; kept.<div>A<br>B <!-- no --></div>
<ul><li><p>One</p></li><li>Two<ul><li>Inner</li></ul></li></ul><ol><li>First</li><li>Second</li></ol>
<table><caption>Fees</caption><tr><th>Kit</th><td>5 &amp; 6</td></tr></table>
<table><tr><td><h2>Laid out</h2><table><tr><td>a</td><td>b</td></tr></table></td></tr></table>
<p hidden>Secret</p><pre>x = 1
y</pre></main><footer>Imprint</footer></body>"""


def test_html_gives_the_main_content_once_with_lists_and_tables():
    assert [(part.anchor, documents.clean(part.text)) for part in readers.READERS[".html"](PAGE.encode())][1:] == [
        ("Prices now", "Prices now\n\nText in no element – kept.\n\nA\nB\n\n- One\n\n- Two\n\n- Inner\n\n1. First\n\n"
                       "2. Second\n\n"
                       "Fees\nKit | 5 & 6"),
        ("Laid out", "Laid out\n\na | b\n\nx = 1\ny"),
    ]  # fmt: skip


MARKDOWN = """---
title: x
---
Setext
======
A paragraph that is
wrapped, and a hard\\
break.

- item that
  goes on
- next
> quoted
> words

| a | b |
|---|:-:|
| 1 \\| 2 | |

```
# no heading
```
###### Last ######
"""


def test_markdown_gives_whole_paragraphs_rows_and_headings_outside_code():
    parts = readers.READERS[".md"](MARKDOWN.encode())
    assert [part.anchor for part in parts] == ["", "Setext", "Last"]
    assert "A paragraph that is wrapped, and a hard\\\nbreak." in parts[1].text
    assert "- item that goes on\n- next\n> quoted words" in parts[1].text
    assert "a | b\n1 \\| 2 | \n" in parts[1].text and "---|" not in parts[1].text
    assert "```\n# no heading\n```" in parts[1].text


def test_docx_lists_count_and_controls_insertions_and_merged_cells_are_read_once():
    document = Document()
    for style, text in [("Heading 1", "ውል"), ("List Number", "One"), ("List Number", "Two"), ("List Bullet", "Dot")]:
        document.add_paragraph(text, style=style)
    body = document.element.body
    run = "<w:r><w:t>{}</w:t></w:r>"
    for inner in (
        f"<w:sdt><w:sdtContent><w:p>{run.format('Controlled')}</w:p></w:sdtContent></w:sdt>",
        f"<w:p><w:ins w:id='1' w:author='A'>{run.format('Inserted')}</w:ins>"
        "<w:del w:id='2' w:author='A'><w:r><w:delText>Deleted</w:delText></w:r></w:del></w:p>",
    ):
        body.insert(len(body) - 1, parse_xml(inner.replace(">", f" {nsdecls('w')}>", 1)))
    table = document.add_table(2, 3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "Both"
    for place, text in enumerate("abc"):
        table.cell(1, place).text = text
    (_, part) = readers.READERS[".docx"](saved(document))
    text = documents.clean(part.text)
    assert text == "ውል\n\n1. One\n2. Two\n- Dot\n\nControlled\n\nInserted\n\nBoth |\na | b | c"


def test_the_documents_of_the_example_are_read_whole():
    folder = Path(__file__).parents[2] / "examples/company_docs/documents"
    names, _ = documents.find(folder, ["*"], [])
    found = {name: readers.read_document(folder, name)[0] for name in names}
    assert len(found) >= 12 and sum(len(one["text"].split()) for one in found.values()) >= 15_000
    assert {Path(name).suffix for name in found} == {".md", ".txt", ".html", ".pdf", ".docx"}
    report = found["finance/annual_report_2025.pdf"]
    assert "Page 1 of 3" not in report["text"] and "Revenue | 1,284.6 | 1,042.3\n" in report["text"]
    assert "Operating costs grew by 21.7 per cent; salaries" in report["text"]
    assert report["anchors"][3] == {
        "start": report["text"].index("cent; salaries"),
        "anchor": "2. The year in figures",
        "page": 2,
    }
