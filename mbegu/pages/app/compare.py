"""The page Compare: which model is better and how sure that is, and the held-out questions whose answers changed most."""

from typing import Any

from mbegu.builds import comparing
from mbegu.builds.values import parse_section
from mbegu.errors import BadInput
from mbegu.extras import needs
from mbegu.pages import answers, charts
from mbegu.pages.app import fragments as page
from mbegu.pages.app.site import Site
from mbegu.rows.row import question, read_rows
from mbegu.scoring.changes import KINDS, Change, metrics_of
from mbegu.scoring.comparison import pair_name
from mbegu.scoring.headings import arrow
from mbegu.scoring.verdicts import dependence, difference_table, in_words, score_table, trainings, units
from mbegu.text.settings import Locale

with needs("app"):
    import gradio as gr

STYLE = f"""{page.STYLE}
.questions label {{ width: 100%; }}
.questions label span {{ unicode-bidi: plaintext; overflow-wrap: anywhere; }}
"""
SHOWN = 20  # questions a page
ALL = "all"


def make_page(site: Site) -> None:
    """Fills the open tab."""
    verdicts = gr.HTML()
    with gr.Accordion("Plots", open=False) as drawer:
        plots = gr.HTML()
    with gr.Row():
        new, old = gr.Dropdown([], label="Model", min_width=120), gr.Dropdown([], label="Against", min_width=120)
        metric = gr.Dropdown([], label="Metric", min_width=200)
    with gr.Row():
        kind = gr.Dropdown([ALL, *KINDS], value=ALL, label="Answered", min_width=120)
        group = gr.Dropdown([ALL], value=ALL, label="Group", min_width=120)
        start = gr.Number(1, label="From the question", precision=0, minimum=1, step=SHOWN, min_width=120)
    chosen = gr.Radio([], label="Held-out questions, the most changed first", elem_classes="questions")
    beside = gr.HTML()
    # with its list, as what is filled in while another tab is open changes for nobody
    gr.on(None, lambda: _opened(site), None, [verdicts, new, old, metric, group, beside, chosen], api_visibility="private")
    drawer.expand(lambda: _plots(site), None, plots, api_visibility="private")  # they take a second to draw
    filters = [new, old, metric, kind, group, start]
    changed: list[Any] = [one.change for one in filters]  # type: ignore[attr-defined]  # gradio adds events when it is imported
    gr.on(changed, lambda *given: _listed(site, *given), filters, [beside, chosen], api_visibility="private")
    chosen.change(lambda *given: _beside(site, *given), [new, old, chosen], beside, api_visibility="private")


@page.telling(7)
def _opened(site: Site) -> tuple[Any, ...]:
    """What the page holds when it is opened."""
    compared = answers.read_compared(site.project)
    names = list(compared.models)
    pairs = _declared(site, compared)
    built = [(new, old) for new, old in pairs if new in names and old in names]
    new, old = built[-1] if built else (names[-1], names[0])
    metrics = [(heading.title + arrow(heading), heading.name) for heading in metrics_of(compared.models)]
    tested = [name for _, name in metrics]
    metric = "rougeL" if "rougeL" in tested else tested[0]
    return (
        _verdicts(compared, pairs), gr.Dropdown(names, value=new), gr.Dropdown(names, value=old),
        gr.Dropdown(metrics, value=metric), gr.Dropdown([ALL, *answers.group_names(compared)], value=ALL),
        *_listed(site, new, old, metric, ALL, ALL, 1),
    )  # fmt: skip


def _declared(site: Site, compared: answers.Compared) -> list[tuple[str, str]]:
    """The comparisons of the report."""
    return comparing.shown(site.params, comparing.once(compared.models, site.params), site.project.params)


def _pairs(compared: answers.Compared, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The comparisons that were built."""
    return [(new, old) for new, old in pairs if pair_name(new, old) in compared.verdicts.get("pairs", {})]


def _verdicts(compared: answers.Compared, pairs: list[tuple[str, str]]) -> str:
    found, shown = compared.verdicts, _pairs(compared, pairs)
    if not shown:
        return page.html(page.fault("The verdicts are not built yet; `dvc repro compare` builds them."))
    said = [
        page.text(f"{pair_name(new, old)}: {in_words(found['pairs'][pair_name(new, old)], units(found))}", "li", "")
        for new, old in shown
    ]
    note = (
        f"Difference [interval] verdict; the intervals of a column hold together with {found['level']:.0%}, ≈ is not "
        f"distinguishable at n={found.get('groups', found['rows'])}.{dependence(found)}{trainings(found)}"
    )
    tables = page.table(difference_table(found, shown), "Differences"), page.table(score_table(found["models"]), "Scores")
    return page.html(f"<ul>{''.join(said)}</ul>", tables[0], page.text(note, kind="quiet"), tables[1])


@page.telling(1)
def _plots(site: Site) -> str:
    """The same as pictures."""
    compared = answers.read_compared(site.project)
    found = compared.verdicts
    shown = _pairs(compared, _declared(site, compared))
    if not shown:
        return ""
    drawn = [charts.difference_chart(found, shown), charts.score_chart(found["intervals"], found["models"])]
    names = ["Differences with their intervals", "Scores with their 95 % intervals"]
    boxes = [
        f'<h3>{name}</h3><div class="wide" tabindex="0" role="region" aria-label="{name}"><div class="plot">{chart}</div></div>'
        for name, chart in zip(names, drawn, strict=True)
    ]
    return page.html(*boxes)


@page.telling(2)
def _listed(site: Site, new: str, old: str, metric: str, kind: str, group: str, start: float | None) -> tuple[Any, ...]:
    """The questions that the filters let pass, as choices."""
    if not (new and old and metric):  # the page is not filled in yet
        return gr.skip(), gr.skip()
    if new == old:
        return page.html(page.text("Choose two models.", kind="quiet")), gr.Radio([], value=None)
    compared = answers.read_compared(site.project)
    wanted = [_every(name) for name in (kind, group)]
    found = answers.changed(compared, (new, old), metric, *wanted)
    first = max(int(start or 1), 1) - 1
    shown = found[first : first + SHOWN]
    choices = [(_label(place, one, compared), one.id) for place, one in enumerate(shown, first + 1)]
    said = f"{len(found)} questions, {first + 1} to {first + len(shown)} shown." if shown else "No such question."
    return page.html(page.text(said, kind="quiet")), gr.Radio(choices, value=None)


def _every(name: str) -> str:
    return "" if name == ALL else name


def _label(place: int, change: Change, compared: answers.Compared) -> str:
    said = page.short(question(compared.questions[change.id]))
    return f"{place}. {change.new - change.old:+.3f} {change.kind}: {said}"


@page.telling(1)
def _beside(site: Site, new: str, old: str, id_: str | None) -> Any:
    """Both answers to a question, with what is known of it."""
    if not id_:
        return gr.skip()
    compared = answers.read_compared(site.project)
    if id_ not in compared.questions:
        raise BadInput("This question is not held out any more; open the page again.")
    locale = parse_section(dict(site.params), "locale", Locale, str(site.project.params))
    trained_on = dict.fromkeys(comparing.version_of(name, site.params) or name for name in (new, old))
    rows = {
        version: read_rows(site.project.rows(version), answered=True)
        for version in trained_on
        if version in site.project.names("versions") and site.project.rows(version).is_file()
    }
    found = answers.beside(compared, (new, old), id_, locale, rows)
    cards = [
        page.card(page.text(name, "h3", ""), page.marked(pieces), page.text("cut at the longest answer", kind="quiet") * cut)
        for name, pieces, cut in found.answers
    ]
    legend = '<p class="quiet">Facts: <span class="right">of the reference</span>, <span class="given">of the question</span>, '
    return page.html(
        page.titled("Question", question(found.row)), f'<div class="pair">{"".join(cards)}</div>',
        legend + '<span class="wrong">a number of neither</span>.</p>', page.titled("Reference", found.row["output"]),
        page.text("Nearest training rows", "h3", ""), *_nearest(found.nearest),
    )  # fmt: skip


def _nearest(found: list[tuple[str, Any]]) -> list[str]:
    if not found:
        return [page.text("None has a word in common with the question.", kind="quiet")]
    return [
        page.card(
            page.text(f"{name}, row {near.row['id']}, ROUGE-L F1 {near.score:.2f}", kind="quiet"),
            page.text(question(near.row)),
            page.text(near.row["output"]),
        )
        for name, near in found
    ]
