"""The way of a row as a graph: from the lines and documents that people wrote to the versions and adapters that contain it."""

from collections.abc import Iterator
from html import escape
from typing import Any, NamedTuple

from mbegu.builds.project import Project
from mbegu.pages.trace import Records, known, last
from mbegu.rows.row import Row, question

WRITTEN, ROW, DROPPED, VERSION, ADAPTER = "written", "row", "dropped", "version", "adapter"
STEP, GUTTER = 64, 56  # pixels: height of a node with the space below it, and the width left of the nodes for edges


class Node(NamedTuple):
    """Something on the way."""

    kind: str
    title: str
    text: str  # of the row; "" for what has none


class Graph(NamedTuple):
    """Nodes, what comes first first, and edges between their places, (from, to)."""

    nodes: list[Node]
    edges: list[tuple[int, int]]


def graph(id_: str, records: Records, project: Project) -> Graph:
    """The way of a row that is in the records (`trace.find`).

    A parent that the project has no more is a node without text. A lineage that bites its own tail ends there.
    """
    nodes: list[Node] = []
    edges: list[tuple[int, int]] = []
    here = _walk(id_, records, Graph(nodes, edges), {})
    for _, line in records.dropped:
        if line["id"] == id_:
            edges.append((here, len(nodes)))
            nodes.append(Node(DROPPED, f"{line['action']} by {line['stage']}: {line['reason']}", ""))
    for version in [name for name, rows in records.versions.items() if id_ in rows]:
        edges.append((here, len(nodes)))
        nodes.append(Node(VERSION, f"version {version}", ""))
        if project.adapter(version).is_dir():
            edges.append((len(nodes) - 1, len(nodes)))
            nodes.append(Node(ADAPTER, f"adapter {version}", ""))
    return Graph(nodes, edges)


def _walk(id_: str, records: Records, found: Graph, places: dict[str, int]) -> int:
    """Adds a row behind all that it comes from, and returns its place."""
    row = known(id_, records)
    places[id_] = -1  # being walked
    before = list(_origins(row, found))
    for parent in row["origin"]["parents"] if row else ():
        place = places[parent] if parent in places else _walk(parent, records, found, places)
        before += [place] if place >= 0 else []
    places[id_] = len(found.nodes)
    found.edges.extend((place, places[id_]) for place in dict.fromkeys(before))
    dropped = row is not None and last(id_, records) is None
    title = f"row {id_}" + (", " + row["origin"]["kind"] if row else ", not in this project any more")
    found.nodes.append(Node(DROPPED if dropped else ROW, title, question(row) if row else ""))
    return places[id_]


def _origins(row: Row | None, found: Graph) -> Iterator[int]:
    """Adds where a row was written down: a line that a person wrote or decided on, a place in a document."""
    origin: dict[str, Any] = row["origin"] if row else {}
    if "source" in origin and (origin["kind"] in ("seed", "message") or "chunk" in origin or not origin["parents"]):
        text = _span(row) if row and origin.get("span") else ""
        yield _add(found, Node(WRITTEN, _place(origin), text))
    if "review" in origin:
        yield _add(found, Node(WRITTEN, f"review {origin['review']}", ""))


def _place(origin: dict[str, Any]) -> str:
    chunk = f", chunk {origin['chunk']}" if "chunk" in origin else ""
    span = f", characters {origin['span'][0]} to {origin['span'][1]} of it" if origin.get("span") else ""
    return f"{origin['source']}{chunk}{span}"


def _span(row: Row) -> str:
    start, end = row["origin"]["span"]
    return str(row["input"][start:end])


def _add(found: Graph, node: Node) -> int:
    """The place of a node, which stands there once."""
    if node not in found.nodes:
        found.nodes.append(node)
    return found.nodes.index(node)


def svg(found: Graph) -> str:
    """The graph as inline SVG, as wide as its place: a column of boxes, edges at their left.

    Text is escaped, and reads in its own direction.
    """
    height = STEP * len(found.nodes)
    boxes = [_box(place, node) for place, node in enumerate(found.nodes)]
    return (
        f'<svg class="graph" width="100%" height="{height}" role="img" aria-label="{escape(_spoken(found))}">'
        f"{''.join(map(_edge, found.edges))}{''.join(boxes)}</svg>"
    )


def _edge(edge: tuple[int, int]) -> str:
    first, second = (STEP * place + STEP // 2 - 4 for place in edge)
    bulge = GUTTER - min(GUTTER - 6, 14 * abs(edge[1] - edge[0]))
    return (
        f'<path class="edge" d="M{GUTTER} {first} C{bulge} {first} {bulge} {second} {GUTTER - 6} {second}"/>'
        f'<path class="head" d="M{GUTTER} {second} l-9 -5 v10 z"/>'
    )


def _box(place: int, node: Node) -> str:
    text = f'<div class="said" dir="auto">{escape(node.text)}</div>' if node.text else ""
    return (
        f'<foreignObject x="{GUTTER}" y="{STEP * place}" width="calc(100% - {GUTTER}px)" height="{STEP - 8}">'
        f'<div xmlns="http://www.w3.org/1999/xhtml" class="node {node.kind}"><div class="what" dir="auto">{escape(node.title)}'
        f"</div>{text}</div></foreignObject>"
    )


def _spoken(found: Graph) -> str:
    """The graph in words, for who can't see it."""
    pairs = [f"{found.nodes[first].title} leads to {found.nodes[second].title}" for first, second in found.edges]
    return "; ".join(pairs) or ", ".join(node.title for node in found.nodes)
