"""The page Blind: two answers to a held-out question, without the names of the models and in random order; which is better?"""

import html
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mbegu.asking.visits import Busy, Failed, Stopped
from mbegu.errors import BadInput, disk_problem
from mbegu.extras import needs
from mbegu.pages.app.pairs import Pair, asked_now, next_todo, on_current, pairs
from mbegu.pages.app.site import Site
from mbegu.rows import judgements
from mbegu.rows.judgements import Judgement
from mbegu.scoring.preferences import wins

with needs("app"):
    import gradio as gr

NONE = "There is no pair to judge: two models are needed, with answers in data/predictions or built adapters."
DONE = "You have decided on every held-out question of this pair."
NAMELESS = "Write your name: it stands in the decisions."
Outputs = tuple[Any, ...]


class Seen(NamedTuple):
    """Two answers that a visitor looks at, whatever pair the page has chosen since."""

    pair: Pair
    judgement: Judgement  # to be made


def make_page(site: Site) -> None:
    """Fills the open tab. Whose answers they are stays on the server; the page shows it in the table of wins only."""
    offered = {pair.name: pair for pair in pairs(site)}
    if not offered or not site.project.heldout().is_file():
        gr.HTML(f"<p>{NONE}</p>")
        return
    seen: Any = gr.State(None)
    with gr.Row():
        name = gr.Dropdown(list(offered), value=next(iter(offered)), label="Pair of models", min_width=160)
        reviewer = gr.Textbox(label="Your name", lines=1, min_width=160)
    begin = gr.Button("Show two answers", variant="primary")
    shown = gr.HTML("")
    with gr.Row():
        buttons = [gr.Button(text, min_width=80, interactive=False) for text in ("Left is better", "Neither", "Right is better")]
        undo = gr.Button("Take back", min_width=80)
    told = gr.HTML("")
    table = gr.HTML(wins_table(site, list(offered.values())))
    outputs = [seen, shown, *buttons, told, table]

    def show(name: str, reviewer: str) -> Iterator[Outputs]:  # gradio takes a lambda that gives a generator for no generator
        yield from _show(site, offered, name, reviewer)

    def decide(verdict: str) -> Any:
        def decided(name: str, reviewer: str, seen: Seen | None) -> Iterator[Outputs]:
            yield from _decide(site, offered, verdict, name, reviewer, seen)

        return decided

    def back(name: str, reviewer: str) -> Iterator[Outputs]:
        yield from _back(site, offered, name, reviewer)

    for event, function, inputs in (
        (begin.click, show, [name, reviewer]), (undo.click, back, [name, reviewer]),
        *((button.click, decide(verdict), [name, reviewer, seen])
          for button, verdict in zip(buttons, ("left", "neither", "right"), strict=True)),
    ):  # fmt: skip
        event(function, inputs, outputs, api_visibility="private", concurrency_limit=None, show_progress="hidden")
    name.input(_cleared, None, outputs, api_visibility="private", show_progress="hidden")


def _cleared() -> Outputs:
    """What was shown is of another pair than the one that was chosen now."""
    return None, "", *_buttons(False), "", gr.skip()


def _show(site: Site, offered: Mapping[str, Pair], name: str, reviewer: str | None, said: str = "") -> Iterator[Outputs]:
    """The next two answers of the pair that is chosen."""
    if nameless(reviewer):
        yield None, "", *_buttons(False), _line(NAMELESS), gr.skip()
        return
    yield from _shown(site, list(offered.values()), offered[name], str(reviewer), said)


def _decide(
    site: Site, offered: Mapping[str, Pair], verdict: str, name: str, reviewer: str | None, seen: Seen | None
) -> Iterator[Outputs]:
    """Keeps a decision on the answers that were shown, in the file of their pair, and shows the next."""
    if seen is None:
        return
    problem = NAMELESS if nameless(reviewer) else keep(site, seen.pair, seen.judgement.by(str(reviewer), verdict))
    if problem:
        yield (gr.skip(),) * 5 + (_line(problem), gr.skip())
    else:
        yield from _show(site, offered, name, reviewer, f"Kept in {site.project.judgements(seen.pair.name)}.")


def _back(site: Site, offered: Mapping[str, Pair], name: str, reviewer: str | None) -> Iterator[Outputs]:
    """Takes the reviewer's newest decision on the pair back, and shows what is to be decided."""
    try:
        taken = None if nameless(reviewer) else take_back(site, offered[name], str(reviewer))
    except (BadInput, OSError) as error:
        yield (gr.skip(),) * 5 + (_line(disk_problem(error) or str(error)), gr.skip())
        return
    yield from _show(site, offered, name, reviewer, "Taken back." if taken else "There is nothing of yours to take back.")


def nameless(reviewer: str | None) -> bool:
    """Whether a reviewer has no name: all such would be one, of whose decisions on a question the last one counts."""
    return not (reviewer or "").strip()


def keep(site: Site, pair: Pair, judgement: Judgement) -> str:
    """Adds a decision to the pair's file; returns what went wrong, "" if nothing: then it is on disk."""
    file = site.project.judgements(pair.name)
    try:
        judgements.read_judgements(file)  # one that is broken is named, and not written to
        judgements.append(file, judgement)
    except (BadInput, OSError) as error:
        return f"Not kept: {disk_problem(error) or error}"
    return ""


def take_back(site: Site, pair: Pair, reviewer: str) -> Judgement | None:
    """Removes the reviewer's newest decision on the pair."""
    file = site.project.judgements(pair.name)
    return judgements.take_back(file, reviewer, judgements.read_judgements(file))


def _shown(site: Site, everything: list[Pair], pair: Pair, reviewer: str, said: str) -> Iterator[Outputs]:
    table = wins_table(site, everything)
    try:
        todo = next_todo(site, pair, reviewer)
        if todo is None:
            yield None, _line(DONE), *_buttons(False), _line(said), table
            return
        one = todo.written
        if one is None:
            yield None, _question(todo.row) + _line("Both models answer …"), *_buttons(False), _line(said), table
            for one in asked_now(site, pair, todo.row):
                if one is None:
                    yield (gr.skip(),) * 7  # between two states gradio looks whether the visitor is still there
        assert one is not None
        left = f"{said} {todo.left} questions are left.".strip()
        yield Seen(pair, one), _question(todo.row) + two_answers(one), *_buttons(True), _line(left), table
    except (BadInput, Busy, Failed, Stopped) as error:
        yield None, "", *_buttons(False), _line(str(error)), table


def _buttons(on: bool) -> list[Any]:
    return [gr.update(interactive=on) for _ in range(3)]


def _question(row: dict[str, Any]) -> str:
    texts = [
        f'<{tag} dir="auto">{html.escape(row[key])}</{tag}>' for tag, key in (("h2", "instruction"), ("p", "input")) if row[key]
    ]
    return f'<div class="turns">{"".join(texts)}</div>'


def two_answers(one: Judgement) -> str:
    """Both answers beside each other, without names."""
    sides = [
        f'<div class="answer"><h3>{label}</h3><p class="said" dir="auto">{html.escape(side.answer)}</p></div>'
        for label, side in (("Left", one.left), ("Right", one.right))
    ]
    return f'<div class="turns"><div class="answers">{"".join(sides)}</div></div>'


def wins_table(site: Site, offered: list[Pair]) -> str:
    """What people decided so far, of every pair that somebody judged."""
    lines = []
    for pair in offered:
        file = site.project.judgements(pair.name)
        if not file.is_file():
            continue
        try:
            decisions = judgements.read_judgements(file)
            counted = on_current(site.project, pair, decisions)
            found = wins(counted, pair.new, pair.old)
        except BadInput as error:
            lines.append(f'<tr><th scope="row">{html.escape(pair.name)}</th><td colspan="5">{html.escape(str(error))}</td></tr>')
            continue
        share = f"{found.new / (found.new + found.old):.0%}" if found.new + found.old else "–"
        cells = [
            f"{html.escape(pair.new)}: {found.new}", f"{html.escape(pair.old)}: {found.old}", str(found.neither),
            f"{share} [{found.low:.0%}, {found.high:.0%}]", str(len(decisions) - len(counted)),
        ]  # fmt: skip
        lines.append(f'<tr><th scope="row">{html.escape(pair.name)}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>')
    if not lines:
        return ""
    heads = (
        "Pair", "Wins of the new one", "Wins of the old one", "Neither", "Share of the new one, 95 % interval",
        "On older answers",
    )  # fmt: skip
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    note = "Questions are counted, not decisions; the interval leaves out those on which nobody won. Decisions on answers "
    note += "that a model gives no longer are not among them."
    return f'<div class="wins"><table><tr>{head}</tr>{"".join(lines)}</table></div>{_line(note)}'


def _line(text: str) -> str:
    return f'<p dir="auto">{html.escape(text)}</p>' if text else ""


STYLE = """
.wins { overflow-x: auto; }
.wins th, .wins td { text-align: start; padding: 0.2rem 0.6rem; }
"""
