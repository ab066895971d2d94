"""Scanned pages, read by the real Tesseract where it is installed."""

import io
import shutil

import pytest
from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont
from pypdf import PdfReader, PdfWriter
from test_documents import pdf

from mbegu.errors import BadInput
from mbegu.sources.documents import ocr
from mbegu.sources.documents.readers import read_all

installed = pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")


def scanned(*texts: str) -> bytes:
    """A PDF whose pages are pictures of texts, behind one page of text."""
    document = FPDF()
    for text in texts:
        image = Image.new("L", (1600, 400), 255)
        ImageDraw.Draw(image).text((60, 60), text, fill=0, font=ImageFont.load_default(64))
        document.add_page()
        document.image(image, w=180)
    writer, out = PdfWriter(), io.BytesIO()
    for content in (pdf(["A page of text about loans, which is read as it stands."]), bytes(document.output())):
        writer.append(PdfReader(io.BytesIO(content)))
    writer.write(out)
    return out.getvalue()


@installed
def test_scanned_pages_are_read_and_the_ledger_says_by_what(tmp_path):
    (tmp_path / "a.pdf").write_bytes(scanned("The fee is 5,000 shillings.", "Paid in March."))
    reader = ocr.find("eng")
    found = read_all(tmp_path, ["a.pdf"], reader)
    assert "loans" in found.kept[0]["text"] and "5,000 shillings" in found.kept[0]["text"] and "March" in found.kept[0]["text"]
    assert [part["page"] for part in found.kept[0]["anchors"]] == [1, 2, 3]
    assert [(line["page"], line["reason"]) for line in found.ledger] == [
        (page, f"page {page}: only an image; read by tesseract {reader.version} (eng)") for page in (2, 3)
    ]
    assert read_all(tmp_path, ["a.pdf"], reader) == found
    assert [line["reason"] for line in read_all(tmp_path, ["a.pdf"]).ledger] == ["page 2: only an image", "page 3: only an image"]


@installed
def test_a_language_that_tesseract_lacks_is_one_line():
    with pytest.raises(BadInput, match=r"ingest\.ocr: tesseract does not know xyz, but .*apt-get install tesseract-ocr"):
        ocr.find("eng+xyz")


def test_without_tesseract_the_key_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BadInput, match=r"ingest\.ocr: tesseract is not installed; on Debian, apt-get install tesseract-ocr"):
        ocr.find("eng")
    assert ocr.find("") is None
