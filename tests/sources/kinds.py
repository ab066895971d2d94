"""Small files of the kinds that offices and mail programs write, each with the same few things in it."""

import datetime
import io
import zipfile
from email.message import EmailMessage

import xlsxwriter
from PIL import Image
from pptx import Presentation
from pptx.util import Inches


def workbook() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet, hidden, empty = (book.add_worksheet(name) for name in ("ክፍያ", "Secret", "Empty"))
        for row, cells in enumerate(
            [["Branch", "Fee", "Share", "Open"], ["ባሕር ዳር", 5, 0.25, True], [None, 7.5, "سلام", None], [], ["All", 12]]
        ):
            sheet.write_row(row, 0, cells)
        sheet.merge_range(1, 0, 2, 0, "ባሕር ዳር")
        sheet.write_datetime(4, 2, datetime.datetime(2026, 3, 12), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_formula(4, 3, "=1+1", None, 2)
        hidden.write(0, 0, "secret")
        hidden.hide()
        empty.write_blank(9, 9, None)
    return out.getvalue()


def picture() -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "PNG")
    out.seek(0)
    return out


def presentation() -> bytes:
    deck, out = Presentation(), io.BytesIO()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = "Ada 🙂", "ክፍያ አምስት ብር ነው።\nSecond line."
    slide.notes_slide.notes_text_frame.text = "Say it slowly."
    table = slide.shapes.add_table(2, 2, *[Inches(1)] * 4).table
    for place, text in enumerate(["Kit", "Fee", "A", "5"]):
        table.cell(place // 2, place % 2).text = text
    slide.shapes.add_picture(picture(), 0, 0)
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, 9, 9).text_frame.text = "في مجموعة"
    deck.slides.add_slide(deck.slide_layouts[6])._element.set("show", "0")
    deck.save(out)
    return out.getvalue()


def archive(**members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return out.getvalue()


ROOTFILE = '<rootfiles><rootfile full-path="OPS/a.opf"/></rootfiles>'
CONTAINER = f'<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">{ROOTFILE}</container>'


def book(encrypted: bool = False) -> bytes:
    items = [
        ("nav", "nav.xhtml", 'properties="nav"'),
        ("two", "two%20of.xhtml", ""),
        ("one", "text/one.xhtml", ""),
        ("gone", "gone.xhtml", ""),
    ]
    manifest = "".join(f'<item id="{key}" href="{href}" media-type="application/xhtml+xml" {more}/>' for key, href, more in items)
    spine = "".join(f'<itemref idref="{key}"/>' for key in ("nav", "one", "two", "gone", "unknown"))
    package = f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{manifest}</manifest><spine>{spine}</spine></package>'
    page = '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><body>{}</body></html>'
    members = {"mimetype": "application/epub+zip", "META-INF/container.xml": CONTAINER, "OPS/a.opf": package,
               "OPS/nav.xhtml": page.format("<p>Contents</p>"),
               "OPS/text/one.xhtml": page.format("<h1>ምዕራፍ</h1><p>ንቦች ማር ይሠራሉ።</p>"),
               "OPS/two of.xhtml": page.format("<h1>Sura</h1><p hidden='hidden'>no</p><p>Nyuki.</p>")}  # fmt: skip
    if encrypted:
        members["META-INF/encryption.xml"] = '<e><CipherReference xmlns="x" URI="OPS/text/one.xhtml"/></e>'
    return archive(**members)


ODT = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"><office:body><office:text>
<text:tracked-changes><text:changed-region><text:deletion>
<text:p>gone now</text:p></text:deletion></text:changed-region></text:tracked-changes>
<text:h text:outline-level="1">ውል <text:span>Terms</text:span></text:h>
<text:p>Paid<text:note><text:note-citation>1</text:note-citation><text:note-body>
<text:p>In cash.</text:p></text:note-body></text:note>
 <text:s text:c="2"/>monthly<office:annotation><text:p>why</text:p></office:annotation>.<text:line-break/>سلام</text:p>
<text:list><text:list-item><text:p>One</text:p><text:list><text:list-item>
<text:p>Inner</text:p></text:list-item></text:list></text:list-item></text:list>
<text:section><table:table><table:table-row><table:table-cell table:number-rows-spanned="2">
<text:p>ረጅም</text:p></table:table-cell>
<table:table-cell><text:p>a</text:p></table:table-cell></table:table-row><table:table-row><table:covered-table-cell/><table:table-cell>
<text:p>b</text:p></table:table-cell></table:table-row></table:table></text:section>
<text:p><draw:frame><draw:text-box><text:p>Boxed</text:p></draw:text-box></draw:frame><draw:frame><draw:image/></draw:frame></text:p>
</office:text></office:body></office:document-content>"""


def text_document() -> bytes:
    return archive(**{"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": ODT, "META-INF/manifest.xml": "<m/>"})


RTF = rb"""{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Arial;}}{\info{\title no}}\f0\fs24 Caf\'e9 terms\par
\pard\par The fee is \b five\b0  shillings \u4656?\u4619?\u4637?.\par
\trowd\cellx1000\cellx2000 Kit\cell 5\cell\row
{\pict\pngblip 89504e47}\par}"""


def message(html: bool = False) -> bytes:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "ክፍያ fees", "Abebe አበበ <a@example.org>", "b@example.org"
    mail["Date"] = "Thu, 12 Mar 2026 10:00:00 +0300"
    if html:
        mail.set_content("<p>The fee is <b>five</b> shillings.</p><p style='display:none'>no</p>", subtype="html")
    else:
        mail.set_content("The fee is five shillings.\n\nسلام\n")
        mail.add_alternative("<p>other</p>", subtype="html")
    mail.add_attachment(b"x", maintype="image", subtype="png", filename="a.png")
    return mail.as_bytes()


CSV = 'Branch;Fee\r\n"ባሕር ዳር; a\nb";5\r\n;\r\nKisumu;7,5\r\n'.encode()
FILES = {
    "xlsx": workbook(), "pptx": presentation(), "epub": book(), "odt": text_document(), "rtf": RTF, "eml": message(), "csv": CSV,
}  # fmt: skip
