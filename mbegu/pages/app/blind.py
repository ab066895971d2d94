"""The page Blind."""

from mbegu.extras import needs
from mbegu.pages.app.site import Site

with needs("app"):
    import gradio as gr


def make_page(site: Site) -> None:
    """Fills the tab that is open."""
    gr.HTML("<p>Comes soon.</p>")
