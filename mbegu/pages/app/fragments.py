"""Pieces of HTML that pages are made of. Every text of a row goes through here: escaped, and in its own direction."""

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from html import escape
from typing import Any

from mbegu.errors import BadInput, disk_problem
from mbegu.extras import needs

with needs("app"):
    import gradio as gr

# colours of 4.5 to 1 and more on the page, in both themes; a mark is told by its line, too, and not by colour alone
STYLE = """
.mb { --good: #0b5d2a; --bad: #a31515; --quiet: #565656; --tint: #f3f4f6; --line: #9aa0a6; --ink: #111827; color: var(--ink); }
.dark .mb { --good: #7ee2a0; --bad: #ffb0a8; --quiet: #c4c7cc; --tint: #23262d; --line: #7d838c; --ink: #f3f4f6; }
.mb p, .mb pre, .mb h2, .mb h3, .mb td, .mb th, .mb li { overflow-wrap: anywhere; text-align: start; color: var(--ink); }
.mb h2 { font-size: 1.1rem; margin: 1rem 0 0.3rem; }
.mb h3 { font-size: 0.95rem; margin: 0.7rem 0 0.1rem; }
.mb .said { white-space: pre-wrap; margin: 0.15rem 0; }
.mb .quiet { color: var(--quiet); font-size: 0.85rem; }
.mb .fault { color: var(--bad); font-weight: 600; }
.mb .done { color: var(--good); font-weight: 600; }
.mb .card { border: 1px solid var(--line); border-radius: 6px; padding: 0.5rem 0.7rem; margin: 0.4rem 0; min-width: 0; }
.mb .pair { display: grid; gap: 0.6rem; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); }
.mb .wide { overflow-x: auto; }
.mb table { border-collapse: collapse; font-size: 0.9rem; }
.mb td, .mb th { padding: 0.25rem 0.7rem 0.25rem 0 !important; vertical-align: top; overflow-wrap: normal; font-size: 0.9rem; }
.mb td, .mb th { border: solid var(--line) !important; border-width: 0 0 1px !important; }
.mb progress { accent-color: var(--good); height: 0.7rem; }
.mb .plot { background: #fff; display: inline-block; padding: 0.5rem; }
.mb .right { color: var(--good); text-decoration: underline 2px; background: none; }
.mb .wrong { color: var(--bad); text-decoration: underline wavy 1px; background: none; }
.mb .given { color: inherit; text-decoration: underline dotted 2px; background: none; }
.mb ins { color: var(--good); text-decoration: underline; } .mb del { color: var(--bad); }
.mb pre { white-space: pre-wrap; background: var(--tint); padding: 0.5rem; font-size: 0.8rem; }
input, textarea { unicode-bidi: plaintext; text-align: start; }
.gradio-container { --button-primary-background-fill: #9a3412; --button-primary-background-fill-hover: #7c2d12; }
.gradio-container { --button-primary-text-color: #fff; --button-primary-text-color-hover: #fff; }
.gradio-container { --block-label-text-color: #52525b; }
.gradio-container button[role=tab][aria-selected=true] { color: #9a3412; }
.dark.gradio-container, .dark .gradio-container { --block-label-text-color: #d4d4d8; --block-title-text-color: #d4d4d8; }
.dark button[role=tab][aria-selected=true] { color: #fdba74; }
"""
MARKS = {"right": "stands in the reference", "given": "stands in the question", "wrong": "stands in neither"}


def html(*parts: str) -> str:
    """Parts under the style of pages."""
    return f'<div class="mb">{"".join(parts)}</div>'


def text(said: str, tag: str = "p", kind: str = "said") -> str:
    """A text of a row, or anything that is no markup of ours."""
    return f'<{tag} class="{kind}" dir="auto">{escape(said)}</{tag}>'


def titled(title: str, said: str) -> str:
    """A text under its title; nothing for no text."""
    return text(title, "h3", "") + text(said) if said else ""


def marked(pieces: Iterable[tuple[str, str]]) -> str:
    """An answer in pieces, some of them marked as right, given or wrong."""
    inside = "".join(
        f'<mark class="{mark}" title="{MARKS[mark]}">{escape(piece)}</mark>' if mark else escape(piece) for piece, mark in pieces
    )
    return f'<p class="said" dir="auto">{inside}</p>'


def different(pieces: Iterable[tuple[str, str]]) -> str:
    """What was removed from a text, and what added."""
    tags = {"same": "{}", "removed": "<del>{}</del>", "added": "<ins>{}</ins>"}
    return f'<p class="said" dir="auto">{"".join(tags[kind].format(escape(piece)) for kind, piece in pieces)}</p>'


def table(lines: Sequence[Sequence[str]], caption: str) -> str:
    """Lines of texts, the first of which is the header."""
    head, *body = lines
    rows = "".join(f"<tr>{_cells(line)}</tr>" for line in body)
    header = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cells(line: Sequence[str]) -> str:
    first, *rest = line
    return f'<th scope="row" dir="auto">{escape(first)}</th>' + "".join(f'<td dir="auto">{escape(cell)}</td>' for cell in rest)


def card(*parts: str) -> str:
    """Parts in a frame."""
    return f'<div class="card">{"".join(parts)}</div>'


def fault(why: str) -> str:
    """What went wrong."""
    return f'<p class="fault" role="alert" dir="auto">{escape(why)}</p>'


def done(what: str) -> str:
    """What was done."""
    return f'<p class="done" role="status" dir="auto">{escape(what)}</p>'


def short(said: str, most: int = 90) -> str:
    """The beginning of a text, in one line."""
    line = " ".join(said.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def telling(count: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Of an event with `count` outputs, the first of which is HTML: bad input and a full disk become a sentence there, and the
    other outputs stay as they are, so that nothing typed is lost."""

    def decorate(event: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(event)
        def told(*given: Any) -> Any:
            try:
                return event(*given)
            except BadInput as error:
                why = str(error)
            except OSError as error:
                why = disk_problem(error) or f"{error.filename or 'output'}: {error.strerror}"
            return html(fault(why)) if count == 1 else (html(fault(why)), *[gr.skip()] * (count - 1))

        return told

    return decorate
