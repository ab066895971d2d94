"""The app's one page: a title, and a tab for each thing that one does here; and the application that serves it beside the API."""

import html
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from mbegu.extras import needs
from mbegu.pages.app import api, guard, server
from mbegu.pages.app.site import Site

with needs("app"):
    import gradio as gr
    from fastapi import FastAPI

STYLE = """
h1 { unicode-bidi: plaintext; text-align: start; font-size: 1.4rem; margin: 0; overflow-wrap: anywhere; }
@media (max-width: 30rem) { /* all tabs fit on a phone, none in a menu */
  .tab-container button { padding: 0 5px !important; font-size: 13px !important; margin: 0 !important; }
  .gradio-container main { padding: 8px !important; }
}
"""


def pages() -> dict[str, ModuleType]:
    """The modules of all pages, by the names of their tabs.

    `make_page` of each fills the open tab; STYLE (CSS) and HEAD (elements of the page's head, such as scripts) are what it needs
    beside. Only the page Ask has an endpoint for programs: the events of others say api_visibility="private".
    """
    from mbegu.pages.app import blind, chat, compare, data, review, trace

    return {"Ask": chat, "Blind": blind, "Compare": compare, "Review": review, "Trace": trace, "Data": data}


def page(site: Site, shown: Mapping[str, ModuleType]) -> gr.Blocks:
    """All of it, not yet served."""
    with gr.Blocks(title=site.title, analytics_enabled=False) as blocks:
        gr.HTML(f"<h1>{html.escape(site.title)}</h1>")
        site = site._replace(answered=gr.State(None))
        with gr.Tabs():
            for name, module in shown.items():
                with gr.Tab(name, id=name.lower()):
                    module.make_page(site)
    return blocks


def application(site: Site, host: str, password: str, serve_only: bool) -> Any:
    """The ASGI application of `mbegu app`: the API and, unless it serves only that, all pages; behind the door."""
    # whom a password lets in may come by any name, as through a proxy; a page that leads its own name here knows none
    hosts = guard.LOOPBACK if host in guard.LOOPBACK and not password else None
    return guarded_application(site, guard.Rules(hosts, password), {} if serve_only else pages())


def guarded_application(site: Site, rules: guard.Rules, shown: Mapping[str, ModuleType]) -> Any:
    """The API and some pages behind a door."""
    app = FastAPI(openapi_url=None)
    api.add(app, site)
    if shown:
        style, head = ("".join(getattr(module, name, "") for module in shown.values()) for name in ("STYLE", "HEAD"))
        server.mount(app, page(site, shown), STYLE + style, head, site.engine.most_waiting)
    return guard.guarded(app, rules)
