"""PDF files that are drawn glyph by glyph, in any script, without a font on this machine."""

import io
from collections.abc import Sequence

from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

Glyphs = Sequence[str]  # what each glyph stands for, from left to right
WIDTH = 6  # points of a glyph


def _stream(content: bytes) -> DecodedStreamObject:
    found = DecodedStreamObject()
    found.set_data(content)
    return found


def _font(writer: PdfWriter, glyphs: list[str], named: bool) -> DictionaryObject:
    """A font whose glyphs have no names but those of its table, if it has one."""
    system = {"/Registry": TextStringObject("Adobe"), "/Ordering": TextStringObject("Identity"), "/Supplement": NumberObject(0)}
    inner = {
        "/Type": NameObject("/Font"), "/Subtype": NameObject("/CIDFontType2"), "/BaseFont": NameObject("/Drawn"),
        "/CIDSystemInfo": DictionaryObject({NameObject(key): value for key, value in system.items()}),
        "/DW": NumberObject(1000 * WIDTH // 12),
    }  # fmt: skip
    pairs = "\n".join(f"<{place:04x}> <{glyph.encode('utf-16-be').hex()}>" for place, glyph in enumerate(glyphs, 1))
    space = "1 begincodespacerange <0000> <ffff> endcodespacerange"
    table = f"begincmap\n{space}\n{len(glyphs)} beginbfchar\n{pairs}\nendbfchar\nendcmap"
    font = {
        "/Type": NameObject("/Font"), "/Subtype": NameObject("/Type0"), "/BaseFont": NameObject("/Drawn"),
        "/Encoding": NameObject("/Identity-H"),
        "/DescendantFonts": ArrayObject([DictionaryObject({NameObject(key): value for key, value in inner.items()})]),
    }  # fmt: skip
    if named:
        font["/ToUnicode"] = writer._add_object(_stream(table.encode()))
    return DictionaryObject({NameObject(key): value for key, value in font.items()})


def drawn(pages: Sequence[Sequence[tuple[float, Glyphs]]], named: bool = True, picture: bool = False) -> bytes:
    """A file of pages of lines, each with the place in points where it begins.

    Args:
        named: whether the font says what its glyphs stand for.
        picture: whether an image fills each page.
    """
    writer = PdfWriter()
    glyphs = sorted({glyph for page in pages for _, line in page for glyph in line})
    font = writer._add_object(_font(writer, glyphs, named))
    image = StreamObject()
    image.set_data(b"\x80")
    for key, value in {"/Subtype": NameObject("/Image"), "/Width": NumberObject(1), "/Height": NumberObject(1),
                       "/ColorSpace": NameObject("/DeviceGray"), "/BitsPerComponent": NumberObject(8)}.items():  # fmt: skip
        image[NameObject(key)] = value
    image[NameObject("/Type")] = NameObject("/XObject")
    for lines in pages:
        page = writer.add_blank_page(600, 800)
        fonts = DictionaryObject({NameObject("/F"): font})
        images = DictionaryObject({NameObject("/I"): writer._add_object(image)})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts, NameObject("/XObject"): images})
        codes = ["".join(f"{1 + glyphs.index(glyph):04x}" for glyph in line) for _, line in lines]
        shown = [
            f"BT /F 12 Tf 1 0 0 1 {FloatObject(start)} {760 - 14 * row} Tm <{codes[row]}> Tj ET"
            for row, (start, line) in enumerate(lines)
            if line
        ]
        content = ["q 600 0 0 800 0 0 cm /I Do Q"] * picture + shown
        page[NameObject("/Contents")] = writer._add_object(_stream("\n".join(content).encode()))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def from_right(line: Glyphs, right: float = 580) -> tuple[float, Glyphs]:
    """A line that ends at the right margin."""
    return right - WIDTH * len(line), line
