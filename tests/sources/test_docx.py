"""DOCX files as people write them: notes, equations, text boxes, styles of their own, and what is left out."""

import io

import pytest
from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from test_documents import docx_of_pictures, saved

from mbegu.sources.documents import documents
from mbegu.sources.documents.docx import read_docx

NAMES = " ".join(
    f'xmlns:{prefix}="http://schemas.{name}"'
    for prefix, name in {
        "w": "openxmlformats.org/wordprocessingml/2006/main",
        "m": "openxmlformats.org/officeDocument/2006/math",
        "mc": "openxmlformats.org/markup-compatibility/2006",
    }.items()
)


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*inner: str) -> str:
    return f"<w:p>{''.join(inner)}</w:p>"


def add(document, xml: str) -> None:
    body = document.element.body
    body.insert(len(body) - 1, parse_xml(xml.replace(">", f" {NAMES}>", 1)))


def row(*cells: str) -> str:
    return f"<w:tbl><w:tr>{''.join(f'<w:tc>{cell}</w:tc>' for cell in cells)}</w:tr></w:tbl>"


def add_notes(document, kind: str, texts: dict[str, str]) -> None:
    notes = "".join(
        f'<w:{kind} w:id="{key}">{paragraph(f"<w:r><w:{kind}Ref/></w:r>", run(text))}</w:{kind}>' for key, text in texts.items()
    )
    separator = f'<w:{kind} w:type="separator" w:id="-1">{paragraph(run("no"))}</w:{kind}>'
    blob = f"<w:{kind}s {NAMES}>{separator}{notes}</w:{kind}s>".encode()
    part = Part(PackURI(f"/word/{kind}s.xml"), "application/xml", blob, document.part.package)
    document.part.relate_to(part, getattr(RELATIONSHIP_TYPE, f"{kind.upper()}S"))


def read(document) -> tuple[list[tuple[str, str]], list[str]]:
    """Headings and texts, and what was left out."""
    parts = read_docx(saved(document))
    return [(part.anchor, documents.clean(part.text)) for part in parts], [reason for part in parts for reason in part.lost]


def cited(kind: str, key: str) -> str:
    return f'<w:r><w:{kind}Reference w:id="{key}"/></w:r>'


def test_notes_stand_below_what_refers_to_them():
    document = Document()
    add_notes(document, "footnote", {"2": "ማስታወሻ one.", "3": "Two."})
    add_notes(document, "endnote", {"1": "حاشية at the end."})
    add(document, paragraph(run("Interest"), cited("footnote", "3"), run(" is paid"), cited("endnote", "1"), run(".")))
    add(document, row(paragraph(run("a"), cited("footnote", "2")), paragraph(run("b"))))
    add(document, paragraph(run("Lost"), cited("footnote", "9")))
    below = "\n\n[1] Two.\n\n[2] حاشية at the end.\n\na[3] | b\n\n[3] ማስታወሻ one.\n\nLost[4]\n\n[4]"
    assert read(document) == ([("", f"Interest[1] is paid[2].{below}")], [])


def m(name: str, *inner: str) -> str:
    return f"<m:{name}>{''.join(inner)}</m:{name}>"


def t(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


def sign(name: str, value: str) -> str:
    return f'<m:{name} m:val="{value}"/>'


ROOT = m("rad", m("radPr", sign("degHide", "1")), m("deg"), m("e", m("sSup", m("e", t("b")), m("sup", t("2"))), t("-4ac")))
X_I = m("sSub", m("e", t("x")), m("sub", t("i")))
EQUATIONS = {
    t("x=") + m("f", m("num", t("-b±"), ROOT), m("den", t("2a"))): "x=(-b±√(b^2-4ac))/2a",
    m("nary", m("naryPr", sign("chr", "∑")), m("sub", t("i=1")), m("sup", t("n")), m("e", X_I)):
        "∑_(i=1)^n x_i",
    m("d", m("dPr", sign("begChr", "["), sign("endChr", "]")), m("e", t("a")), m("e", t("b"))): "[a|b]",
    m("d", m("e", m("m", m("mr", m("e", t("1")), m("e", t("0"))), m("mr", m("e", t("0")), m("e", t("1")))))): "(1, 0; 0, 1)",
    m("func", m("fName", t("sin")), m("e", t("θ"))) + m("acc", m("e", t("x"))): "sin θx\u0302",
    m("sSubSup", m("e", t("x")), m("sub", t("1")), m("sup", t("n+1"))): "x_1^(n+1)",
    m("r", "<m:rPr/><m:t>ፍጥነት</m:t>") + t("=5 km/h"): "ፍጥነት=5 km/h",
}  # fmt: skip


@pytest.mark.parametrize("equation", EQUATIONS)
def test_an_equation_is_a_line_of_text(equation):
    document = Document()
    add(document, paragraph(run("Where "), m("oMathPara", m("oMath", equation)), run(" holds.")))
    assert read(document) == ([("", documents.clean(f"Where {EQUATIONS[equation]} holds."))], [])


def test_a_style_based_on_a_heading_is_a_heading_and_so_is_an_outline_level():
    document = Document()
    own = document.styles.add_style("Kichwa cha habari", WD_STYLE_TYPE.PARAGRAPH)
    between = document.styles.add_style("Between", WD_STYLE_TYPE.PARAGRAPH)
    between.base_style, own.base_style = document.styles["Heading 1"], between
    levelled = document.styles.add_style("Levelled", WD_STYLE_TYPE.PARAGRAPH)
    levelled.element.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {NAMES} w:val="1"/>'))
    body = document.styles.add_style("No heading", WD_STYLE_TYPE.PARAGRAPH)
    body.base_style = document.styles["Heading 2"]
    body.element.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {NAMES} w:val="9"/>'))
    for style, text in {"Kichwa cha habari": "Ada", "Levelled": "Riba", "No heading": "Text.", "Normal": "More."}.items():
        document.add_paragraph(text, style=style)
    add(document, paragraph('<w:pPr><w:outlineLvl w:val="0"/></w:pPr>', run("By hand")))
    assert [anchor for anchor, _ in read(document)[0]] == ["", "Ada", "Riba", "By hand"]


def test_styles_based_on_each_other_end():
    document = Document()
    one, two = (document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH) for name in ("One", "Two"))
    one.base_style, two.base_style = two, one
    document.add_paragraph("Text.", style="One")
    assert read(document) == ([("", "Text.")], [])


def test_what_is_deleted_hidden_commented_or_no_text_is_counted():
    document = Document(io.BytesIO(docx_of_pictures()))
    add(
        document,
        paragraph(run("Kept"), "<w:del w:id='1'><w:r><w:delText>two words</w:delText></w:r></w:del>", run(" ድብቅ", "<w:vanish/>")),
    )
    add(
        document,
        paragraph(
            run("Seen", '<w:vanish w:val="0"/>'), '<w:r><w:sym w:font="Symbol" w:char="F0B7"/><w:sym w:char="2713"/></w:r>'
        ),
    )
    comments = f"<w:comments {NAMES}>{'<w:comment/>' * 3}</w:comments>".encode()
    part = Part(PackURI("/word/comments.xml"), "application/xml", comments, document.part.package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.COMMENTS)
    assert read(document) == (
        [("", "Kept\n\nSeen✓")],
        ["deleted words left out: 2", "hidden words left out: 1", "comments left out: 3", "pictures left out: 1"],
    )


def box(text: str) -> str:
    content = f"<w:txbxContent>{paragraph(run(text))}</w:txbxContent>"
    return f"<w:r>{twice(content)}</w:r>"


def twice(xml: str) -> str:
    """For new readers and for old ones."""
    return f"<mc:AlternateContent><mc:Choice>{xml}</mc:Choice><mc:Fallback>{xml}</mc:Fallback></mc:AlternateContent>"


def test_text_boxes_are_read_once_wherever_they_stand():
    document = Document()
    add(document, paragraph(run("Before"), box("Boxed")))
    inner = paragraph(run("Outer"), box("Inner"))
    add(document, paragraph(f"<w:r><w:txbxContent>{inner}</w:txbxContent></w:r>"))
    add(document, row(paragraph(run("a"), box("celled")), paragraph(run("b"))))
    add(document, paragraph(twice(run("once"))))
    assert read(document)[0] == [("", "Before\n\nBoxed\n\nOuter\n\nInner\n\na celled | b\n\nonce")]


def test_merged_cells_shift_no_other():
    document = Document()
    table = document.add_table(3, 3)
    for place, text in enumerate("abcdefghi"):
        table.cell(place // 3, place % 3).text = text
    for cell in (table.cell(1, 1), table.cell(2, 0)):
        cell.text = ""
    table.cell(1, 0).merge(table.cell(1, 1))
    table.cell(1, 0).merge(table.cell(1, 1)).text = "wide"
    assert read(document)[0] == [("", "a | b | c\nwide | | f\n| h | i")]
    tall = Document()
    table = tall.add_table(3, 2)
    table.cell(0, 0).merge(table.cell(2, 0)).text = "ረጅም"
    for place in range(3):
        table.cell(place, 1).text = str(place)
    assert read(tall)[0] == [("", "ረጅም | 0\nረጅም | 1\nረጅም | 2")]
