"""The app's one page: a title, and a tab for each thing that one does here."""

import html
from typing import Any

from mbegu.extras import needs
from mbegu.pages.app import api, blind, chat, compare, data, guard, review, server, trace
from mbegu.pages.app.site import Site

with needs("app"):
    import gradio as gr
    from fastapi import FastAPI

# Each page is a function that fills the open tab. Only the page Ask has an endpoint for programs: the events of others say
# api_visibility="private".
PAGES = {
    "Ask": chat.make_page, "Blind": blind.make_page, "Compare": compare.make_page, "Review": review.make_page,
    "Trace": trace.make_page, "Data": data.make_page,
}  # fmt: skip
STYLE = """
h1 { unicode-bidi: plaintext; text-align: start; font-size: 1.4rem; margin: 0; overflow-wrap: anywhere; }
"""


def page(site: Site) -> gr.Blocks:
    """All of it, not yet served."""
    with gr.Blocks(title=site.title, analytics_enabled=False) as blocks:
        gr.HTML(f"<h1>{html.escape(site.title)}</h1>")
        site = site._replace(answered=gr.State(None))
        with gr.Tabs():
            for name, make_page in PAGES.items():
                with gr.Tab(name, id=name.lower()):
                    make_page(site)
    return blocks


def application(site: Site, host: str, password: str, serve_only: bool) -> Any:
    """The ASGI application: the API and, unless it serves only that, the pages; behind the door."""
    app = FastAPI(openapi_url=None)
    api.add(app, site)
    if not serve_only:
        server.mount(app, page(site), _joined("STYLE"), _joined("HEAD"))
    hosts = guard.LOOPBACK if host in guard.LOOPBACK else None
    return guard.guarded(app, guard.Rules(hosts, password))


def _joined(name: str) -> str:
    """What the pages ask for beside their content: STYLE, CSS, and HEAD, elements of the page's head such as scripts."""
    texts = [STYLE] if name == "STYLE" else []
    return "".join([*texts, *(getattr(module, name, "") for module in (chat, blind, compare, review, trace, data))])
