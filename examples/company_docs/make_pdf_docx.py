"""Builds the two PDFs and two DOCX files of documents/ from the text in sources/.

    python make_pdf_docx.py

The same text gives the same bytes: dates come from the source's @date line, PDF streams and DOCX members are stored
uncompressed (compressed bytes differ between zlib builds), and DOCX members carry the date 1 January 1980.

A source is plain text: `@key value` lines, `# ` and `## ` headings, `- ` bullets, `1. ` steps, `| a | b |` table rows
(the first row is the head), and paragraphs, one a line.
"""

import io
import itertools
import re
import zipfile
from datetime import datetime, timezone
from pathlib import Path

from docx import Document
from docx.oxml.ns import qn
from docx.shared import Pt
from fpdf import FPDF
from fpdf.enums import XPos, YPos

HERE = Path(__file__).resolve().parent
BASES = "./w:basedOn/@w:val | ./w:link/@w:val | ./w:next/@w:val"
TARGETS = {
    "installation_guide": "products/installation_guide.pdf",
    "annual_report_2025": "finance/annual_report_2025.pdf",
    "employee_handbook": "hr/employee_handbook.docx",
    "data_protection_policy": "operations/data_protection_policy.docx",
}


def kind(line):
    """The kind of a source line: meta, h1, h2, bullet, step, row, or text."""
    for name, pattern in [("meta", r"@\w+ "), ("h2", "## "), ("h1", "# "), ("bullet", "- "), ("step", r"\d+\. "), ("row", r"\|")]:
        if re.match(pattern, line):
            return name
    return "text"


def parse(text):
    """Returns the metadata and a list of (kind, content); the content of a table is its rows."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    meta = dict(line[1:].split(" ", 1) for line in lines if kind(line) == "meta")
    blocks = []
    for name, group in itertools.groupby((line for line in lines if kind(line) != "meta"), key=kind):
        if name == "row":
            blocks.append(("table", [[cell.strip() for cell in line.strip("|").split("|")] for line in group]))
        else:
            blocks += [(name, re.sub(r"^(#+|-|\d+\.) ", "", line) if name != "text" else line) for line in group]
    meta["date"] = datetime.fromisoformat(meta["date"]).replace(tzinfo=timezone.utc)
    return meta, blocks


class Pages(FPDF):
    """A4 pages with the title at the top and `Page n of m` at the bottom."""

    def __init__(self, meta):
        super().__init__(format="A4")
        self.meta = meta
        self.set_compression(False)
        self.set_title(meta["title"])
        self.set_author(meta["author"])
        self.set_producer("make_pdf_docx.py")
        self.set_creation_date(meta["date"])
        self.set_margins(22, 20, 22)
        self.set_auto_page_break(True, margin=22)

    def header(self):
        self.set_font("Helvetica", "I", 8)
        self.cell(0, 6, f"Jabali Solar Ltd | {self.meta['title']}", align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(4)

    def footer(self):
        self.set_y(-15)
        self.set_font("Helvetica", "", 8)
        self.cell(0, 6, f"Page {self.page_no()} of {{nb}}", align="C")

    def line(self, text, style="", size=10.5, indent=0, after=2.2):
        self.set_font("Helvetica", style, size)
        self.set_x(self.l_margin + indent)
        self.multi_cell(0, size * 0.5, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(after)


def write_pdf(meta, blocks, path):
    pdf = Pages(meta)
    pdf.add_page()
    pdf.line(meta["title"], "B", 20, after=1)
    pdf.line(meta["subtitle"], "", 12, after=1)
    pdf.line(f"{meta['author']}, {meta['date']:%d %B %Y}", "I", 10, after=6)
    step = 0
    for name, content in blocks:
        step = step + 1 if name == "step" else 0
        if name in ("h1", "h2"):
            if pdf.will_page_break(24):  # a heading stays with the first lines below it
                pdf.add_page()
            pdf.ln(2)
            pdf.line(content, "B", 14 if name == "h1" else 11.5, after=1.5)
        elif name == "table":
            pdf.set_font("Helvetica", "", 9)
            with pdf.table(line_height=5, text_align="LEFT", first_row_as_headings=True) as table:
                for row in content:
                    table.row(row)
            pdf.ln(4)
        elif name == "text":
            pdf.line(content)
        else:
            pdf.line(f"{step}. {content}" if name == "step" else f"- {content}", indent=5, after=1)
    path.write_bytes(bytes(pdf.output()))


def write_docx(meta, blocks, path):
    document = Document()
    document.styles["Normal"].font.name = "Calibri"
    document.styles["Normal"].font.size = Pt(11)
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = meta["title"], meta["author"], meta["author"]
    properties.created = properties.modified = meta["date"].replace(tzinfo=None)
    properties.comments = ""
    document.sections[0].header.paragraphs[0].text = f"Jabali Solar Ltd | {meta['title']}"
    document.add_heading(meta["title"], level=0)
    document.add_paragraph(meta["subtitle"], style="Subtitle")
    styles = {"text": "Normal", "bullet": "List Bullet", "step": "List Number"}
    for name, content in blocks:
        if name in ("h1", "h2"):
            document.add_heading(content, level=int(name[1]))
        elif name == "table":
            table = document.add_table(rows=0, cols=len(content[0]), style="Light Grid Accent 1")
            for row in content:
                for cell, text in zip(table.add_row().cells, row, strict=True):
                    cell.text = text
            document.add_paragraph()
        else:
            document.add_paragraph(content, style=styles[name])
    buffer = io.BytesIO()
    drop_unused_styles(document)
    document.save(buffer)
    path.write_bytes(repacked(buffer))


def drop_unused_styles(document):
    """Takes the styles that the document doesn't name out of it: nine tenths of the template's bytes."""
    styles = {style.style_id: style for style in document.styles}
    used = set(document.element.xpath("//w:pStyle/@w:val | //w:rStyle/@w:val | //w:tblStyle/@w:val")) | {"Header"}
    used |= set(document.part.numbering_part.element.xpath("//w:pStyle/@w:val"))
    used |= {key for key, style in styles.items() if style.element.get(qn("w:default"))}
    while more := {link for key in used & styles.keys() for link in styles[key].element.xpath(BASES)} - used:
        used |= more
    for key in styles.keys() - used:
        styles[key].delete()
    for relation in list(document.part.rels.values()):  # the template's copy of the same styles for Word 2010
        if relation.reltype.endswith("/stylesWithEffects"):
            document.part.rels.pop(relation.rId)
    package = document.part.package
    for relation in list(package.rels.values()):  # the preview picture of an empty page
        if relation.reltype.endswith("/thumbnail"):
            package.rels.pop(relation.rId)


def repacked(buffer):
    """The same archive with fixed dates and without compression."""
    out = io.BytesIO()
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        for member in old.infolist():
            entry = zipfile.ZipInfo(member.filename, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            new.writestr(entry, old.read(member.filename))
    return out.getvalue()


def main():
    for source, target in TARGETS.items():
        meta, blocks = parse((HERE / "sources" / f"{source}.txt").read_text(encoding="utf-8"))
        path = HERE / "documents" / target
        path.parent.mkdir(parents=True, exist_ok=True)
        (write_pdf if target.endswith(".pdf") else write_docx)(meta, blocks, path)
        print(f"{path.relative_to(HERE)}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
