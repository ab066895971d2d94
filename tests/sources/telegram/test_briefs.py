"""Facts and briefs as people write them; each mistake is one sentence with its line."""

import pytest
from root import ROOT

from mbegu.errors import BadInput
from mbegu.sources.telegram.briefs import as_document, as_fact, parse_brief, read_briefs, read_facts

FACT = {"id": "z1", "channel": "zemen", "name": "Zemo X5 ስልክ", "price": 24500, "features": ["128GB"], "phone": "0900 00 11"}
BRIEF = {
    "id": "b1", "channel": "zemen", "product": "z1", "audience": "ተማሪዎች", "tone": "", "must_mention": ["Zemo X5", "24,500 ብር"],
    "brief": "ስልኩን አስተዋውቅ።", "reference": "🎒 ዜሞ!", "heldout": True,
}  # fmt: skip


def facts(write_jsonl, *lines):
    return {fact.id: fact for fact in read_facts(write_jsonl("facts.jsonl", list(lines) or [FACT]))}


def test_facts_are_read_whatever_their_script_and_come_back_from_an_index(write_jsonl):
    others = [
        {"id": "s1", "channel": "duka", "name": "Sabuni", "price": 1250.5},
        {"id": "a1", "channel": "سوق", "name": "هاتف", "price": None},
        {"id": "e1", "channel": "🛍", "name": "🎧\u200d"},
    ]  # fmt: skip
    read = facts(write_jsonl, FACT, *others)
    assert [fact.price for fact in read.values()] == ["24,500", "1,250.5", "", ""]
    assert all(as_fact(as_document(fact)) == fact for fact in read.values())
    assert as_document(read["z1"]).text == "Zemo X5 ስልክ 24,500 128GB 0900 00 11"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([FACT, FACT], "facts.jsonl:2: product 'z1' stands there twice; keep one line for it."),
        ([{**FACT, "name": " "}], "facts.jsonl:1: 'name' is missing or empty"),
        ([{"id": "z1", "name": "X"}], "facts.jsonl:1: 'channel' is missing or empty"),
        ([{**FACT, "price": "24,500 ብር"}], "facts.jsonl:1: 'price' is '24,500 ብር'; expected a number without its currency"),
        ([{**FACT, "price": True}], "'price' is True; expected a number"),
        ([{**FACT, "features": "128GB"}], "facts.jsonl:1: 'features' is '128GB'; expected a list of texts"),
        ([{**FACT, "features": [""]}], "expected a list of texts, none of them empty"),
        ([{**FACT, "prise": 1}], "facts.jsonl:1: unknown field 'prise'. Did you mean 'price'?"),
        (['{"id": "z1", "channel": '], "facts.jsonl:1: not valid JSON"),
    ],
)
def test_bad_facts_are_one_sentence(write_jsonl, lines, message):
    with pytest.raises(BadInput) as error:
        facts(write_jsonl, *lines)
    assert message in str(error.value)


def test_a_brief_is_read_with_the_place_where_it_stands(write_jsonl):
    (brief,) = read_briefs(write_jsonl("b.jsonl", [BRIEF]), facts(write_jsonl), {"zemen"})
    assert brief.source.endswith("b.jsonl:1") and brief.heldout and brief.must_mention == ["Zemo X5", "24,500 ብር"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"product": "z2"}, "b.jsonl:2: unknown product 'z2' of zemen. Expected one of z1."),
        ({"product": "o1"}, "b.jsonl:2: unknown product 'o1' of zemen. It is one of other."),
        ({"channel": "zemn"}, "b.jsonl:2: unknown channel 'zemn'. Did you mean 'zemen'?"),
        ({"must_mention": []}, "b.jsonl:2: 'must_mention' is missing or empty; list what the ad has to say"),
        ({"must_mention": None}, "b.jsonl:2: 'must_mention' is missing or empty"),
        ({"must_mention": "Zemo"}, "b.jsonl:2: 'must_mention' is 'Zemo'; expected a list of texts"),
        ({"must_mention": ["Zemo", 24500]}, "expected a list of texts"),
        ({"id": "b1"}, "b.jsonl:2: brief 'b1' stands there twice, first at"),
        ({"heldout": "yes"}, "b.jsonl:2: 'heldout' is 'yes'; expected true or false."),
        ({"brief": ""}, "b.jsonl:2: 'brief' is missing or empty"),
        ({"reference": ""}, "b.jsonl:2: 'reference' is missing or empty"),
        ({"product": ""}, "b.jsonl:2: 'product' is missing or empty"),
        ({"tone": 3}, "b.jsonl:2: 'tone' is int, expected a string"),
        ({"headout": True}, "b.jsonl:2: unknown field 'headout'. Did you mean 'heldout'?"),
    ],
)
def test_bad_briefs_are_one_sentence(write_jsonl, changed, message):
    known = facts(write_jsonl, FACT, {"id": "o1", "channel": "other", "name": "X"})
    with pytest.raises(BadInput) as error:
        read_briefs(write_jsonl("b.jsonl", [BRIEF, {**BRIEF, "id": "b2"} | changed]), known, {"zemen", "other"})
    assert message in str(error.value)


def test_what_a_person_types_of_a_brief_may_leave_out_all_but_two_keys(write_jsonl):
    known = facts(write_jsonl)
    brief = parse_brief({"brief": "ስልክ", "must_mention": ["X5"]}, "zemen", "brief.yaml", known, {"zemen"})
    assert (brief.product, brief.audience, brief.heldout) == ("", "", False)
    with pytest.raises(BadInput, match=r"brief\.yaml: unknown key 'must_mentoin'\. Did you mean 'must_mention'\?"):
        parse_brief({"brief": "ስልክ", "must_mentoin": ["X5"]}, "zemen", "brief.yaml", known, {"zemen"})


def test_the_example_s_briefs_name_products_of_their_channel():
    data = ROOT / "examples/amharic_ads/data"
    known = {fact.id: fact for fact in read_facts(data / "products.jsonl")}
    briefs = read_briefs(data / "briefs.jsonl", known, {fact.channel for fact in known.values()})
    assert len(briefs) == 48 and sum(brief.heldout for brief in briefs) == 24
