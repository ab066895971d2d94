"""The page Trace: the way of a row, the difference of two versions, and the training rows nearest to an answer."""

from collections.abc import Sequence
from typing import Any

from mbegu.errors import BadInput
from mbegu.extras import needs
from mbegu.pages import answers, differences, graph
from mbegu.pages.app import fragments as page
from mbegu.pages.app.site import Site
from mbegu.pages.trace import explain, find, read_records
from mbegu.rows.ledger import read_ledger
from mbegu.rows.row import question, read_rows

with needs("app"):
    import gradio as gr

MOST = 50  # rows of a kind in a difference
NEAREST = 5
STYLE = """
.graph .edge { fill: none; stroke: var(--line); stroke-width: 2; } .graph .head { fill: var(--line); }
.graph .node { border: 1px solid var(--line); border-radius: 6px; padding: 2px 8px; height: 52px; box-sizing: border-box; }
.graph .node > div { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; font-size: 13px; line-height: 22px; }
.graph .node .what { font-weight: 600; }
.graph .written { border-width: 2px; border-style: double; } .graph .dropped { border-style: dashed; }
.graph .version, .graph .adapter { background: var(--tint); }
"""


def make_page(site: Site) -> None:
    """Fills the open tab."""
    versions = site.project.names("versions")
    with gr.Row():
        id_ = gr.Textbox(label="Row: its id, or the beginning of it", max_lines=1, min_width=200)
        trace = gr.Button("Trace", variant="primary", min_width=100)
    way = gr.HTML()
    gr.on([trace.click, id_.submit], lambda given: _way(site, given), id_, way, api_visibility="private")
    with gr.Accordion("The difference of two versions", open=False):
        with gr.Row():
            old = gr.Dropdown(versions, value=versions[0] if versions else None, label="From", min_width=100)
            new = gr.Dropdown(versions, value=versions[-1] if versions else None, label="To", min_width=100)
            differ = gr.Button("Compare the rows", min_width=120)
        difference = gr.HTML()
        differ.click(lambda *given: _difference(site, *given), [old, new], difference, api_visibility="private")
    with gr.Accordion("Training rows nearest to a text", open=False):
        text = gr.Textbox(label="A question or an answer", lines=2, max_lines=12)
        with gr.Row():
            version = gr.Dropdown(versions, value=versions[-1] if versions else None, label="Version", min_width=100)
            side = gr.Radio(["questions", "answers"], value="answers", label="Compared with", min_width=160)
        with gr.Row():
            last = gr.Button("Take the last answer of Ask", min_width=140)
            search = gr.Button("Find", variant="primary", min_width=100)
        near = gr.HTML()
        search.click(lambda *given: _near(site, *given), [text, version, side], near, api_visibility="private")
        if site.answered is not None:
            last.click(_last, site.answered, text, api_visibility="private")


@page.telling(1)
def _way(site: Site, id_: str | None) -> str:
    """The graph of a row, and all that `mbegu why` says."""
    if not id_ or not id_.strip():
        raise BadInput("Write the id of a row, which the pages Compare and Data show, or the beginning of one.")
    records = read_records(site.project)
    whole = find(id_.strip(), records)
    drawn = graph.svg(graph.graph(whole, records, site.project))
    return page.html(drawn, page.text("\n".join(explain(whole, records)), "pre", ""))


@page.telling(1)
def _difference(site: Site, old: str | None, new: str | None) -> str:
    """What became of the rows of one version in another."""
    if not old or not new or old == new:
        raise BadInput("Choose two versions.")
    before, after = (read_rows(site.project.rows(name), answered=True) for name in (old, new))
    ledger = [line for path in site.project.ledgers(new) for line in read_ledger(path)]
    found = differences.compare_rows(before, after, ledger)
    edited = [
        page.card(page.text(question(row)), page.different(differences.word_diff(row["output"], now["output"])))
        for row, now in found.edited[:MOST]
    ]
    dropped = [page.card(page.text(question(row)), page.text(reason, kind="quiet")) for row, reason in found.dropped[:MOST]]
    added = [page.card(page.text(question(row)), page.text(f"row {row['id']}", kind="quiet")) for row in found.added[:MOST]]
    parts: list[tuple[str, list[str], Sequence[Any]]] = [
        ("edited", edited, found.edited),
        ("dropped", dropped, found.dropped),
        ("added", added, found.added),
    ]
    return page.html(*(_section(name, cards, len(rows)) for name, cards, rows in parts))


def _section(name: str, cards: list[str], total: int) -> str:
    more = page.text(f"and {total - len(cards)} more; `mbegu diff` lists all.", kind="quiet") if total > len(cards) else ""
    return page.text(f"{total} {name}", "h2", "") + "".join(cards) + more


@page.telling(1)
def _near(site: Site, text: str | None, version: str | None, side: str) -> str:
    """The rows of a version that have most words in common with a text."""
    if not text or not text.strip() or not version:
        raise BadInput("Write a text, and choose a version.")
    rows = read_rows(site.project.rows(version), answered=True)
    found = answers.nearest_to(text, rows, NEAREST, answers=side == "answers")
    if not found:
        return page.html(page.text("No row has a word of it.", kind="quiet"))
    cards = [
        page.card(
            page.text(f"row {near.row['id']}, ROUGE-L F1 {near.score:.2f}", kind="quiet"),
            page.titled("Question", question(near.row)),
            page.titled("Answer", near.row["output"]),
        )
        for near in found
    ]
    return page.html(*cards)


def _last(answered: dict[str, Any] | None) -> Any:
    """The last answer that the page Ask was given to a question."""
    texts = list((answered or {}).get("answers", {}).values())
    return texts[-1] if texts else gr.skip()
