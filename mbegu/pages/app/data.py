"""The page Data: rows and dropped rows searched and filtered, a page at a time, and a form for a new seed."""

from pathlib import Path
from typing import Any

from mbegu.builds.seeding import add_seed
from mbegu.errors import BadInput
from mbegu.extras import needs
from mbegu.pages.app import fragments as page
from mbegu.pages.app.site import Site
from mbegu.rows.browsing import ORIGINS, Shown, Wanted, browse, reasons_in

with needs("app"):
    import gradio as gr

SHOWN = 20  # rows a page
ALL, DROPPED = "all", "dropped or changed on the way to "


def make_page(site: Site) -> None:
    """Fills the open tab."""
    with gr.Row():
        source = gr.Dropdown([], label="Rows of", min_width=200)
        text = gr.Textbox(label="Words, in any script", max_lines=1, min_width=200)
    with gr.Row():
        origin = gr.Dropdown([ALL, *ORIGINS], value=ALL, label="Origin", min_width=120)
        reason = gr.Dropdown([ALL], value=ALL, label="Reason", min_width=160, visible=False)
        least = gr.Number(0, label="Words of the answer, at least", precision=0, minimum=0, min_width=120)
        most = gr.Number(0, label="At most (0: any number)", precision=0, minimum=0, min_width=120)
        start = gr.Number(1, label="From the row", precision=0, minimum=1, step=SHOWN, min_width=120)
        search = gr.Button("Search", variant="primary", min_width=100)
    rows = gr.HTML()
    gr.on(None, lambda: _opened(site), None, [rows, source], api_visibility="private")
    source.change(lambda name: _reasons(site, name), source, [rows, reason], api_visibility="private").then(
        lambda *given: _rows(site, *given), [source, text, origin, reason, least, most, start], rows, api_visibility="private",
    )  # fmt: skip
    gr.on(
        [search.click, text.submit, origin.input, reason.input, start.change], lambda *given: _rows(site, *given),
        [source, text, origin, reason, least, most, start], rows, api_visibility="private",
    )  # fmt: skip
    _make_form(site)


def _make_form(site: Site) -> None:
    seeded = site.project.names("seeds")
    if not seeded:
        return
    with gr.Accordion("Add a seed", open=False):
        version = gr.Dropdown(seeded, value=seeded[-1], label="Seeds of", min_width=120)
        instruction = gr.Textbox(label="New question", lines=1, max_lines=6)
        input_ = gr.Textbox(label="Text that it is about (optional)", lines=1, max_lines=12)
        output = gr.Textbox(label="New answer (without one, the teacher drafts it)", lines=3, max_lines=16)
        add = gr.Button("Check and add", variant="primary")
        told = gr.HTML()
        add.click(
            lambda *given: _add(site, *given), [version, instruction, input_, output], [told, instruction, input_, output],
            api_visibility="private",
        )  # fmt: skip


def _sources(site: Site) -> dict[str, list[Path]]:
    """What can be looked at, by name: versions that are built, seeds, and what was dropped."""
    project = site.project
    found = {f"version {path.stem}": [path] for path in project.files("versions") if path.stem in project.names("versions")}
    found |= {f"seeds {path.stem}": [path] for path in project.files("seeds")}
    return found | {f"{DROPPED}{name}": paths for name in project.names("versions") if (paths := project.ledgers(name))}


@page.telling(2)
def _opened(site: Site) -> tuple[Any, ...]:
    names = list(_sources(site))
    if not names:
        return page.html(page.text("No rows yet: write seeds, and build them with `dvc repro`.")), gr.skip()
    built = [name for name in names if name.startswith("version ")]
    return gr.skip(), gr.Dropdown(names, value=(built or names)[-1])


def _paths(site: Site, source: str | None) -> list[Path]:
    found = _sources(site).get(source or "")
    if found is None:
        raise BadInput(f"{source or 'Nothing'} is not there any more; open the page again.")
    return found


@page.telling(2)
def _reasons(site: Site, source: str | None) -> tuple[Any, ...]:
    """The reasons to choose from, where rows were dropped."""
    dropped = (source or "").startswith(DROPPED)
    found = reasons_in(_paths(site, source)) if dropped else []
    return gr.skip(), gr.Dropdown([ALL, *found], value=ALL, visible=dropped)


@page.telling(1)
def _rows(
    site: Site, source: str | None, text: str | None, origin: str, reason: str, *numbers: float | None,
) -> str:  # fmt: skip
    """A page of rows. `numbers`: least and most words of the answer, and the first row."""
    least, most, start = (int(number or 0) for number in numbers)
    wanted = Wanted(text or "", _every(origin), _every(reason), least, most or None)
    first = max(start, 1) - 1
    found = browse(_paths(site, source), wanted, first, SHOWN)
    if not found.rows:
        return page.html(page.text(f"{found.total} rows, none from row {first + 1} on.", kind="quiet"))
    told = f"{found.total} rows, {first + 1} to {first + len(found.rows)} shown."
    return page.html(page.text(told, kind="quiet"), *map(_card, found.rows))


def _every(name: str | None) -> str:
    return "" if name in (None, ALL) else str(name)


def _card(shown: Shown) -> str:
    row, said = shown
    origin = row.get("origin", {})
    told = f"row {row.get('id', '')}, {origin.get('kind', '')} {origin.get('source', '')}"
    why = f"{said['action']} by {said['stage']}: {said['reason']}" if said else ""
    return page.card(
        page.text(told, kind="quiet"),
        page.text(why, kind="fault") if why else "",
        page.titled("Question", row.get("instruction", "")),
        page.titled("Text", row.get("input", "")),
        page.titled("Answer", row.get("output", "")),
    )


@page.telling(4)
def _add(site: Site, version: str, instruction: str | None, input_: str | None, output: str | None) -> tuple[Any, ...]:
    """Adds a seed; what can't be added stays in its boxes."""
    typed = {"instruction": instruction or "", "input": input_ or "", "output": output or ""}
    place = add_seed(site.project, version, typed)
    said = f"Added: {place}. The page Review says what a build makes of it."
    return page.html(page.done(said)), "", "", ""
