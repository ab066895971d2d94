"""The page Review: drafts one by one beside their nearest neighbours, to be accepted, edited or rejected; then the build."""

from typing import Any, NamedTuple

from mbegu.builds.git import git
from mbegu.errors import BadInput
from mbegu.extras import needs
from mbegu.pages.app import building
from mbegu.pages.app import fragments as page
from mbegu.pages.app.site import Site
from mbegu.rows import reviews
from mbegu.rows.row import Row, question, read_rows

with needs("app"):
    import gradio as gr

# keys count outside of text boxes, while this page is open; Enter in the reason rejects, and gives the keys back
KEYS = """
if (!window.mbeguKeys) {
  window.mbeguKeys = true;
  const find = (id) => document.querySelector('#' + id);
  const box = (id) => find(id) && find(id).querySelector('textarea, input');
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || !find('review-accept') || !find('review-accept').offsetParent) return;
    if (event.target.matches('input, textarea, select, [contenteditable]')) {
      if (event.key === 'Escape' || (event.key === 'Enter' && event.target === box('review-reason')))
        setTimeout(() => event.target.blur(), 50);
      return;
    }
    const click = {a: 'review-accept', s: 'review-skip', u: 'review-undo'}[event.key];
    const focus = {e: 'review-answer', r: 'review-reason'}[event.key];
    if (click) find(click).click();
    if (focus) box(focus).focus();
    if (click || focus) event.preventDefault();
  });
}
"""
HELP = "Keys: a accepts, e goes to the answer, r to the reason (Enter rejects), s skips, u undoes, Escape leaves a text box."


class Sitting(NamedTuple):
    """Where a reviewer is; kept for each visitor."""

    version: str = ""
    reviewer: str = ""
    id: str = ""  # of the draft that is shown; "" for none
    skipped: tuple[str, ...] = ()


def make_page(site: Site) -> None:
    """Fills the open tab."""
    sitting = gr.State(Sitting())
    with gr.Row():
        version = gr.Dropdown([], label="Version", min_width=120)
        reviewer = gr.Textbox(git("config", "user.name", folder=site.folder) or "", label="Reviewer", max_lines=1, min_width=160)
        begin = gr.Button("Begin", variant="primary", min_width=100)
    shown = gr.HTML(page.html(page.text(HELP, kind="quiet")), js_on_load=KEYS)
    answer = gr.Textbox(label="Answer, to be edited", lines=3, max_lines=16, elem_id="review-answer")
    reason = gr.Textbox(label="Reason for a rejection, if any", max_lines=1, elem_id="review-reason")
    with gr.Row():
        accept, edit, reject, skip, undo = (
            gr.Button(name, min_width=80, elem_id=f"review-{name.split()[0].lower()}")
            for name in ("Accept", "Save the edit", "Reject", "Skip", "Undo")
        )
    gr.on(None, lambda: _drafted(site), None, version, api_visibility="private")
    outputs = [shown, sitting, answer, reason]
    given = [sitting, answer, reason]
    gr.on([begin.click, reviewer.submit], lambda *one: _begin(site, *one), [version, reviewer], outputs, api_visibility="private")
    for event, kind in (
        (accept.click, "accept"), (edit.click, "edit"), (reject.click, "reject"), (reason.submit, "reject"),
    ):  # fmt: skip
        event(_deciding(site, kind), given, outputs, api_visibility="private")
    skip.click(lambda now: _skip(site, now), sitting, outputs, api_visibility="private")
    undo.click(lambda now: _undo(site, now), sitting, outputs, api_visibility="private")
    building.make_part(site.folder)


def _drafted(site: Site) -> Any:
    """The versions whose drafts are built."""
    names = [path.stem for path in site.project.files("expanded")]
    return gr.Dropdown(names, value=names[-1] if names else None)


def _deciding(site: Site, kind: str) -> Any:
    return lambda *given: _decide(site, kind, *given)


@page.telling(4)
def _begin(site: Site, version: str | None, reviewer: str | None) -> tuple[Any, ...]:
    """The first draft that waits."""
    if not version:
        raise BadInput("No version here has drafts yet; `dvc repro` makes them.")
    if not reviewer or not reviewer.strip():
        raise BadInput("Write your name under Reviewer: it stands in the decisions.")
    return _next(site, Sitting(version, reviewer.strip()))


def _drafts(site: Site, sitting: Sitting) -> list[Row]:
    if not sitting.version:
        raise BadInput("Choose a version and begin.")
    return read_rows(site.project.drafts(sitting.version), answered=False)


@page.telling(4)
def _decide(site: Site, kind: str, sitting: Sitting, answer: str | None, reason: str | None) -> tuple[Any, ...]:
    """Writes a decision on the draft that is shown, and shows the next."""
    rows, path = _drafts(site, sitting), site.project.reviews(sitting.version)
    row = next((row for row in rows if row["id"] == sitting.id), None)
    if row is None:
        raise BadInput("Nothing is decided: this draft is not there any more, or none is shown; begin again.")
    output, why = (answer or "").strip() if kind == "edit" else "", (reason or "").strip() if kind == "reject" else ""
    if objection := reviews.objection(row, kind, output):
        raise BadInput(objection)
    before = reviews.read_reviews(path).get(row["id"])
    reviews.append(path, reviews.decision(row, kind, sitting.reviewer, output, why))
    said = f"{kind.capitalize()} is saved in {path}."
    if before:
        said += f" {before['reviewer'] or 'Somebody'} decided {before['decision']} meanwhile; yours counts now, both are kept."
    return _next(site, sitting, page.done(said), rows)


@page.telling(4)
def _skip(site: Site, sitting: Sitting) -> tuple[Any, ...]:
    return _next(site, sitting._replace(skipped=(*sitting.skipped, sitting.id)))


@page.telling(4)
def _undo(site: Site, sitting: Sitting) -> tuple[Any, ...]:
    """Takes the reviewer's newest decision back, and shows what it was on."""
    rows, path = _drafts(site, sitting), site.project.reviews(sitting.version)
    while found := reviews.newest(path, sitting.reviewer, rows):
        line, row = found
        if reviews.undo(path, line):
            return _show(site, sitting, row, rows, page.done(f"Undone: {line['decision']}."))
    raise BadInput(f"Nothing to undo: {path} holds no decision of {sitting.reviewer} on these drafts.")


def _next(site: Site, sitting: Sitting, said: str = "", rows: list[Row] | None = None) -> tuple[Any, ...]:
    """The first draft that waits and was not skipped, or the end."""
    rows = _drafts(site, sitting) if rows is None else rows
    waiting = reviews.pending(rows, site.project.reviews(sitting.version))
    row = next((row for row in waiting if row["id"] not in sitting.skipped), None)
    if row is not None:
        return _show(site, sitting, row, rows, said)
    left = f", {len(waiting)} skipped; begin again to see them" if waiting else ""
    end = page.done(f"Nothing waits in {sitting.version}{left}. Below: what a build makes of it.")
    return page.html(said, _progress(site, sitting, rows), end), sitting._replace(id="", skipped=()), "", ""


def _show(site: Site, sitting: Sitting, row: Row, rows: list[Row], said: str) -> tuple[Any, ...]:
    near = reviews.nearest_of(row, rows)
    draft = page.card(
        page.titled("Question", row["instruction"]), page.titled("Text", row["input"]), page.titled("Draft", row["output"])
    )
    beside = "" if near is None else page.card(
        page.titled(f"Nearest question (ROUGE-L F1 {near.score:.2f})", question(near.row)),
        page.titled("Its answer", near.row["output"]),
    )  # fmt: skip
    parts = said, _progress(site, sitting, rows), f'<div class="pair">{draft}{beside}</div>', page.text(HELP, kind="quiet")
    return page.html(*parts), sitting._replace(id=row["id"]), row["output"], ""


def _progress(site: Site, sitting: Sitting, rows: list[Row]) -> str:
    counts = reviews.progress(rows, reviews.read_reviews(site.project.reviews(sitting.version)))
    done = sum(counts.values()) - counts["waiting"]
    told = ", ".join(f"{count} {name}" for name, count in counts.items())
    label = f"{done} of {done + counts['waiting']} decided"
    bar = f'<progress max="{done + counts["waiting"] or 1}" value="{done}" aria-label="{label}"></progress>'
    return f'<p class="quiet">{bar} {label}: {told}</p>'
