"""PPTX files as text: one part a slide, with its tables and the speaker's notes."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from mbegu.extras import needs
from mbegu.sources.documents.archives import refuse_bomb
from mbegu.sources.documents.documents import Part, one_line
from mbegu.sources.documents.grid import Cell, laid_out

with needs("documents"):
    from pptx import Presentation
    from pptx.enum.shapes import MSO_SHAPE_TYPE, PP_PLACEHOLDER

FURNITURE = {PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.HEADER, PP_PLACEHOLDER.SLIDE_NUMBER}
DRAWINGS = {
    MSO_SHAPE_TYPE.PICTURE: "pictures", MSO_SHAPE_TYPE.CHART: "charts and diagrams", MSO_SHAPE_TYPE.MEDIA: "films and sounds",
    MSO_SHAPE_TYPE.IGX_GRAPHIC: "charts and diagrams", MSO_SHAPE_TYPE.DIAGRAM: "charts and diagrams",
    MSO_SHAPE_TYPE.EMBEDDED_OLE_OBJECT: "embedded files",
}  # fmt: skip


def read_pptx(content: bytes) -> list[Part]:
    """Parts of a presentation, one a slide that is shown, with the number of the slide as its page.

    Raises:
        Unreadable: no archive, or one that unpacks to far more than it should.
    """
    refuse_bomb(content, "PPTX")
    parts, hidden = [], 0
    for number, slide in enumerate(Presentation(BytesIO(content)).slides, 1):
        if slide._element.get("show", "1") in ("0", "false"):
            hidden += 1
        else:
            parts.append(_slide(slide, number))
    return [Part("", "", lost=(f"hidden slides left out: {hidden}",) if hidden else ()), *parts]


def _slide(slide: Any, number: int) -> Part:
    title = slide.shapes.title
    heading = one_line(title.text_frame.text.replace("\v", " ")) if title is not None else ""
    shapes = [shape for shape in _shapes(slide.shapes) if title is None or shape.shape_id != title.shape_id]
    kinds = [DRAWINGS[shape.shape_type] for shape in shapes if shape.shape_type in DRAWINGS]
    notes = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    said = [heading, *map(_said, shapes), _framed(notes) if notes is not None else ""]
    lost = tuple(f"slide {number}: {kind} left out: {kinds.count(kind)}" for kind in sorted(set(kinds)))
    return Part(heading, "\n\n".join(text for text in said if text.strip()), number, lost=lost)


def _shapes(shapes: Any) -> Iterator[Any]:
    """The shapes of a slide, also those in groups, without date, footer and number."""
    for shape in shapes:
        if shape.shape_type == MSO_SHAPE_TYPE.GROUP:
            yield from _shapes(shape.shapes)
        elif not (shape.is_placeholder and shape.placeholder_format.type in FURNITURE):
            yield shape


def _said(shape: Any) -> str:
    if shape.has_text_frame:
        return _framed(shape.text_frame)
    if not getattr(shape, "has_table", False):
        return ""
    rows = [[_cell(cell) for cell in row.cells if not cell.is_spanned] for row in shape.table.rows]
    return "\n".join(" | ".join(row) for row in laid_out(rows) if any(row))


def _cell(cell: Any) -> Cell:
    return Cell(one_line(cell.text_frame.text), cell.span_width, cell.span_height)


def _framed(frame: Any) -> str:
    return str(frame.text).replace("\v", "\n")
