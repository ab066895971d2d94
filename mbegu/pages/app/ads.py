"""The part of the page Ask that builds a question from a brief, and shows the sources that it was given."""

import html
from typing import Any

from mbegu.errors import BadInput
from mbegu.extras import needs
from mbegu.pages.app.brief import Campaign, Put, open_campaign, put_values
from mbegu.pages.app.site import Site
from mbegu.sources.telegram.campaigns import channels_of, facts_of
from mbegu.sources.telegram.requests import title

with needs("app"):
    import gradio as gr

Built = tuple[Any, Any, str]


def make_part(site: Site, question: Any, input_: Any) -> None:
    """Fills the place below the question of a project with campaigns; what is built goes into the two boxes."""
    try:
        campaign = open_campaign(site.project.params)
    except BadInput as error:
        gr.HTML(f"<p>{html.escape(str(error))}</p>")
        return
    with gr.Accordion("Write an ad from a brief", open=False):
        channel = gr.Dropdown(sorted(channels_of(campaign.searchable)), label="Channel")
        brief = gr.Textbox(label="Brief", lines=2)
        must = gr.Textbox(label="Must mention, a line each", lines=2)
        product = gr.Dropdown(["", *sorted(facts_of(campaign.searchable))], value="", label="Product, if any")
        audience, tone = gr.Textbox(label="Audience, if any"), gr.Textbox(label="Tone, if any")
        build = gr.Button("Build the question")
        sources = gr.HTML("")

    def built(channel: str, brief: str, must: str, product: str, audience: str, tone: str) -> Built:
        return question_of(campaign, channel, {"brief": brief, "must_mention": must.split("\n")} | {
            "product": product, "audience": audience, "tone": tone,
        })  # fmt: skip

    inputs = [channel, brief, must, product, audience, tone]
    build.click(built, inputs, [question, input_, sources], api_visibility="private", show_progress="hidden")


def question_of(campaign: Campaign, channel: str | None, typed: dict[str, Any]) -> Built:
    """What `mbegu ask --brief` asks for the same brief, and its sources as HTML; or what is wrong with it, and nothing to ask."""
    values = {key: value for key, value in typed.items() if value}
    values["must_mention"] = [line for line in values.get("must_mention", []) if line.strip()]
    try:
        put = put_values(values, channel or "", campaign, "Your brief")
    except BadInput as error:
        return gr.skip(), gr.skip(), f'<p dir="auto">{html.escape(str(error))}</p>'
    return put.asked.instruction, put.asked.input, sources_html(put)


def sources_html(put: Put) -> str:
    """Each source with the whole text of its place, which a click opens."""
    found = [hit.document for hit in put.asked.sources]
    lines = [
        f'<details id="source-{html.escape(one.id)}"><summary dir="auto">{html.escape(f"{one.id}: {title(one)}")}</summary>'
        f'<p class="said" dir="auto">{html.escape(one.text)}</p></details>'
        for one in found
    ]
    if put.product and put.product not in [one.id for one in found]:
        lines.append(f"<p>{html.escape(put.product)} is not among them; name the product in the brief's words.</p>")
    return f'<div class="turns"><p>{"Sources:" if found else "No sources were found."}</p>{"".join(lines)}</div>'
