"""A brief that is typed on the page Ask: the question that it becomes, and the sources that stand below it."""

from pathlib import Path

import pytest
from root import ROOT

from mbegu.pages.app import ads
from mbegu.pages.app.brief import Campaign
from mbegu.retrieval.index import write_index
from mbegu.retrieval.search import open_index
from mbegu.retrieval.settings import Brief, Index
from mbegu.sources.telegram.briefs import as_document, parse_brief, read_facts
from mbegu.sources.telegram.campaigns import channels_of, facts_of
from mbegu.sources.telegram.requests import ask, read_templates

SETTINGS = Brief(ROOT / "templates/ad-am", facts=1, history=0, longest=240, ads=False, most_ads=0)


@pytest.fixture(scope="module")
def campaign(tmp_path_factory) -> Campaign:
    facts = read_facts(ROOT / "examples/amharic_ads/data/products.jsonl")
    hostile = facts[0]._replace(id="x1", name="<script>hit</script> ጫማ", features=["<b>ቆዳ</b>"])
    folder = tmp_path_factory.mktemp("market") / "index"
    write_index(folder, [as_document(fact) for fact in [*facts, hostile]], Index("bm25", "", 1.5, 0.75))
    return Campaign(open_index(folder), read_templates(SETTINGS.templates), SETTINGS, Path(), Path())


def test_a_typed_brief_is_asked_as_one_in_a_file(campaign):
    fact = next(fact for fact in facts_of(campaign.searchable).values() if fact.id != "x1")
    typed = {"brief": f"{fact.name} ይሸጣል", "must_mention": [fact.name, " "], "product": fact.id, "audience": "", "tone": ""}
    instruction, input_, sources = ads.question_of(campaign, fact.channel, typed)
    values = {"brief": typed["brief"], "must_mention": [fact.name], "product": fact.id}
    index = campaign.searchable
    expected = ask(
        parse_brief(values, fact.channel, "here", facts_of(index), channels_of(index)), index, campaign.templates, SETTINGS
    )
    assert (instruction, input_) == (expected.instruction, expected.input)
    assert "Sources:" in sources and '<details id="source-' in sources


def test_a_source_is_shown_as_text(campaign):
    channel = facts_of(campaign.searchable)["x1"].channel
    *_, sources = ads.question_of(campaign, channel, {"brief": "script hit ጫማ ቆዳ", "must_mention": ["ጫማ"], "product": "x1"})
    assert "&lt;script&gt;hit&lt;/script&gt; ጫማ" in sources and "<script" not in sources and "<b>" not in sources


@pytest.mark.parametrize(
    ("channel", "typed", "said"),
    [
        (None, {"brief": "ጫማ", "must_mention": ["ጫማ"]}, "Your brief: unknown channel"),
        ("", {"brief": "ጫማ", "must_mention": ["", " "]}, "Your brief: "),
    ],
)
def test_a_brief_that_is_wrong_is_said_and_the_boxes_stay(campaign, channel, typed, said):
    channel = min(channels_of(campaign.searchable)) if channel == "" else channel
    *boxes, told = ads.question_of(campaign, channel, typed)
    assert said in told and not any(isinstance(box, str) for box in boxes)
