"""The page Review: drafts one by one beside their nearest neighbours, to be accepted, edited or rejected; then the build."""

from ipaddress import ip_address
from typing import Any, NamedTuple

from mbegu.builds.git import git
from mbegu.errors import BadInput
from mbegu.extras import needs
from mbegu.pages.app import building
from mbegu.pages.app import fragments as page
from mbegu.pages.app.site import Site
from mbegu.rows import reviews
from mbegu.rows.row import Row, question, read_rows, text_field

with needs("app"):
    import gradio as gr

# keys count outside of text boxes, while this page is open; Enter in the reason rejects, and gives the keys back. A letter is
# taken as it is typed, on a keyboard of another script by its place; one that is held down decides once
KEYS = """
if (!window.mbeguKeys) {
  window.mbeguKeys = true;
  const find = (id) => document.querySelector('#' + id);
  const box = (id) => find(id) && find(id).querySelector('textarea, input');
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.repeat || event.isComposing) return;
    if (!find('review-accept') || !find('review-accept').offsetParent) return;
    if (event.target.matches('input, textarea, select, [contenteditable]')) {
      if (event.key === 'Escape' || (event.key === 'Enter' && event.target === box('review-reason')))
        setTimeout(() => event.target.blur(), 50);
      return;
    }
    const key = /^[a-z]$/i.test(event.key) ? `Key${event.key.toUpperCase()}` : event.code;
    const click = {KeyA: 'review-accept', KeyS: 'review-skip', KeyU: 'review-undo'}[key];
    const focus = {KeyE: 'review-answer', KeyR: 'review-reason'}[key];
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
    draft: str = ""  # its text as it is shown: a build may write another one meanwhile
    skipped: tuple[str, ...] = ()
    made: tuple[Row, ...] = ()  # lines that this sitting wrote, the newest last


NOBODY = Sitting()


def make_page(site: Site) -> None:
    """Fills the open tab."""
    sitting = gr.State(Sitting())
    with gr.Row():
        version = gr.Dropdown([], label="Version", min_width=120)
        reviewer = gr.Textbox(label="Reviewer", max_lines=1, min_width=160)
        begin = gr.Button("Begin", variant="primary", min_width=100)
    shown = gr.HTML(page.html(page.text(HELP, kind="quiet")), js_on_load=KEYS)
    answer = gr.Textbox(label="Answer, to be edited", lines=3, max_lines=16, elem_id="review-answer")
    reason = gr.Textbox(label="Reason for a rejection, if any", max_lines=1, elem_id="review-reason")
    with gr.Row():
        accept, edit, reject, skip, undo = (
            gr.Button(name, min_width=80, elem_id=f"review-{name.split()[0].lower()}")
            for name in ("Accept", "Save the edit", "Reject", "Skip", "Undo")
        )
    told = gr.HTML()  # apart from the draft, which stays where keys still decide on it

    def opened(request: gr.Request) -> tuple[Any, ...]:
        return _drafted(site), _name(site, request.client) or gr.skip()

    gr.on(None, opened, None, [version, reviewer], api_visibility="private")
    outputs = [told, shown, sitting, answer, reason]
    given = [sitting, answer, reason]
    start = [version, reviewer, sitting, answer]
    gr.on([begin.click, reviewer.submit], lambda *one: _begin(site, *one), start, outputs, api_visibility="private")
    for event, kind in (
        (accept.click, "accept"), (edit.click, "edit"), (reject.click, "reject"), (reason.submit, "reject"),
    ):  # fmt: skip
        event(_deciding(site, kind), given, outputs, api_visibility="private")
    skip.click(lambda *now: _skip(site, *now), [sitting, answer], outputs, api_visibility="private")
    undo.click(lambda *now: _undo(site, *now), [sitting, answer], outputs, api_visibility="private")
    building.make_part(site.folder)


def _drafted(site: Site) -> Any:
    """The versions whose drafts are built."""
    names = [path.stem for path in site.project.files("expanded")]
    return gr.Dropdown(names, value=names[-1] if names else None)


def _name(site: Site, client: Any) -> str:
    """The name that git has for who sits at this machine; nobody from elsewhere signs with it."""
    try:
        here = client is not None and ip_address(client.host.removeprefix("::ffff:")).is_loopback
    except ValueError:
        here = False
    return (git("config", "user.name", folder=site.folder) or "") if here else ""


def _deciding(site: Site, kind: str) -> Any:
    return lambda *given: _decide(site, kind, *given)


@page.telling(5)
def _begin(
    site: Site, version: str | None, reviewer: str | None, sitting: Sitting = NOBODY, answer: str | None = ""
) -> tuple[Any, ...]:
    """The first draft that waits."""
    _refuse_changed(sitting, answer)
    if not version:
        raise BadInput("No version here has drafts yet; `dvc repro` makes them.")
    name = text_field({"name": reviewer or ""}, "name", "Reviewer", required=False)
    if not name:
        raise BadInput("Write your name under Reviewer: it stands in the decisions.")
    made = sitting.made if (version, name) == (sitting.version, sitting.reviewer) else ()
    return _next(site, Sitting(version, name, made=made))


def _refuse_changed(sitting: Sitting, answer: str | None) -> None:
    """Raises `BadInput` where something was typed over the draft, which the next draft would take the place of."""
    typed = (answer or "").strip()
    if sitting.id and typed and typed.splitlines() != sitting.draft.splitlines():  # browsers write line ends of their own
        raise BadInput("The answer was changed: save the edit, or put it back (or empty the box).")


def _drafts(site: Site, sitting: Sitting) -> list[Row]:
    if not sitting.version:
        raise BadInput("Choose a version and begin.")
    return read_rows(site.project.drafts(sitting.version), answered=False)


@page.telling(5)
def _decide(site: Site, kind: str, sitting: Sitting, answer: str | None, reason: str | None) -> tuple[Any, ...]:
    """Writes a decision on the draft that is shown, and shows the next."""
    rows, path = _drafts(site, sitting), site.project.reviews(sitting.version)
    row = next((row for row in rows if row["id"] == sitting.id), None)
    if row is None:
        raise BadInput("Nothing is decided: this draft is not there any more, or none is shown; begin again.")
    if row["output"] != sitting.draft:
        return _anew(site, sitting, row, rows, answer)
    if kind != "edit":
        _refuse_changed(sitting, answer)
    output, why = (answer or "").strip() if kind == "edit" else "", (reason or "").strip() if kind == "reject" else ""
    if objection := reviews.objection(row, kind, output):
        raise BadInput(objection)
    before = reviews.read_reviews(path).get(row["id"])
    line = reviews.append(path, reviews.decision(row, kind, sitting.reviewer, output, why))
    said = f"{kind.capitalize()} is saved in {path}."
    if before:
        said += f" {before['reviewer'] or 'Somebody'} decided {before['decision']} meanwhile; yours counts now, both are kept."
    return _next(site, sitting._replace(made=(*sitting.made, line)), page.done(said), rows)


def _anew(site: Site, sitting: Sitting, row: Row, rows: list[Row], answer: str | None) -> tuple[Any, ...]:
    """A draft that was built anew since it was shown: nobody decides on what nobody has read. What was typed stays."""
    told, shown, now, draft, _ = _show(site, sitting, row, rows, page.fault("This draft was built anew; read it again."))
    try:
        _refuse_changed(sitting, answer)
    except BadInput:
        draft = gr.skip()
    return told, shown, now, draft, gr.skip()


@page.telling(5)
def _skip(site: Site, sitting: Sitting, answer: str | None = "") -> tuple[Any, ...]:
    _refuse_changed(sitting, answer)
    return _next(site, sitting._replace(skipped=(*sitting.skipped, sitting.id)))


@page.telling(5)
def _undo(site: Site, sitting: Sitting, answer: str | None = "") -> tuple[Any, ...]:
    """Takes back the newest decision of this sitting, then of the reviewer, and shows what it was on with what was typed."""
    _refuse_changed(sitting, answer)
    rows, path = _drafts(site, sitting), site.project.reviews(sitting.version)
    while found := reviews.newest(path, sitting.reviewer, rows, sitting.made):
        line, row = found
        sitting = sitting._replace(made=tuple(one for one in sitting.made if one != line))
        if reviews.undo(path, line):
            said = page.done(f"Undone: {line['decision']}.")
            return _show(site, sitting, row, rows, said, line.get("output", ""), line.get("reason", ""))
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
    ended = sitting._replace(id="", draft="", skipped=())
    return page.html(said), page.html(_progress(site, sitting, rows), end), ended, "", ""


def _show(
    site: Site, sitting: Sitting, row: Row, rows: list[Row], said: str, typed: str = "", reason: str = ""
) -> tuple[Any, ...]:
    """A draft; in the boxes what was `typed` over it before, and the reason."""
    near = reviews.nearest_of(row, rows)
    draft = page.card(
        page.titled("Question", row["instruction"]), page.titled("Text", row["input"]), page.titled("Draft", row["output"])
    )
    beside = "" if near is None else page.card(
        page.titled(f"Nearest question (ROUGE-L F1 {near.score:.2f})", question(near.row)),
        page.titled("Its answer", near.row["output"]),
    )  # fmt: skip
    parts = _progress(site, sitting, rows), f'<div class="pair">{draft}{beside}</div>', page.text(HELP, kind="quiet")
    now = sitting._replace(id=row["id"], draft=row["output"])
    return page.html(said), page.html(*parts), now, typed or row["output"], reason


def _progress(site: Site, sitting: Sitting, rows: list[Row]) -> str:
    counts = reviews.progress(rows, reviews.read_reviews(site.project.reviews(sitting.version)))
    done = sum(counts.values()) - counts["waiting"]
    told = ", ".join(f"{count} {name}" for name, count in counts.items())
    label = f"{done} of {done + counts['waiting']} decided"
    bar = f'<progress max="{done + counts["waiting"] or 1}" value="{done}" aria-label="{label}"></progress>'
    return f'<p class="quiet">{bar} {label}: {told}</p>'
