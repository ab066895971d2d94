"""Rows of briefs and ads, on the example's data: nothing is lost, and no context gives an answer away."""

import json
from collections import Counter

import pytest
from root import ROOT

from mbegu.curating.leakage import decontaminate, find_leak, guard
from mbegu.errors import BadInput
from mbegu.retrieval.index import write_index
from mbegu.retrieval.search import open_index, search
from mbegu.retrieval.settings import Bounds, Brief, Index
from mbegu.rows.ledger import check_balance
from mbegu.sources.telegram import ads, briefs, campaigns
from mbegu.sources.telegram.requests import ask, read_templates, shorten
from mbegu.sources.telegram.slices import read_export
from mbegu.sources.telegram.texts import clean, raw_text
from mbegu.text.context import without_context
from mbegu.text.settings import Locale
from mbegu.text.words import words

DATA = ROOT / "examples/amharic_ads/data"
AM = Locale(["am", "en"], "ETB", "", "", [])
BOUNDS = Bounds(0.7, 0.5)
SETTINGS = Brief(ROOT / "templates/ad-am", facts=2, history=2, longest=240, ads=True, most_ads=0)


def messages() -> list[ads.Message]:
    """The example's messages with their hand labels, each text once."""
    lines = [json.loads(line) for line in (DATA / "labels/market.jsonl").read_text(encoding="utf-8").splitlines()]
    labels = {(line["channel"], line["id"]): line["label"] for line in lines}
    found: dict[str, ads.Message] = {}
    for path in sorted((DATA / "exports").glob("*/result.json")):
        for value in (value for one in read_export(path) for value in one.messages):
            (text,) = clean([raw_text(value, True)], True)
            if text and text not in {message.text for message in found.values()}:
                channel, number = path.parent.name, value["id"]
                found[f"{channel}/{number}"] = ads.Message(
                    f"{channel}/{number}", channel, number, text, labels.get((channel, number), "other")
                )
    return list(found.values())


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    """(index, briefs, ads) of the example."""
    folder = tmp_path_factory.mktemp("market") / "index"
    facts, written = briefs.read_facts(DATA / "products.jsonl"), messages()
    documents = [*map(briefs.as_document, facts), *map(ads.as_document, written)]
    write_index(folder, documents, Index("bm25", "", 1.5, 0.75))
    index = open_index(folder)
    read = briefs.read_briefs(DATA / "briefs.jsonl", campaigns.facts_of(index), campaigns.channels_of(index))
    return index, read, campaigns.ads_of(written)


def build(market, **changed) -> campaigns.Built:
    index, read, posted = market
    settings = SETTINGS._replace(**changed)
    made_of = campaigns.campaign(index, read, read_templates(settings.templates), settings, BOUNDS)
    return campaigns.build(read, posted, made_of, AM)


@pytest.fixture(scope="module")
def built(market) -> campaigns.Built:
    return build(market)


def test_every_brief_and_ad_is_a_row_or_a_line_of_the_ledger(market, built):
    _, read, posted = market
    check_balance(len(read) + len(posted), len(built.rows) + len(built.heldout), built.ledger, campaigns.STAGE)
    kinds = Counter(row["origin"]["kind"] for row in built.rows)
    assert (len(read), len(posted), len(built.heldout)) == (48, 59, 24) and kinds["seed"] == 24 and kinds["message"] > 40
    assert built.rows[0]["origin"]["source"].endswith("briefs.jsonl:1") and built.rows[-1]["origin"]["source"].count("/") == 1
    held = built.heldout[0]
    assert (held["mentions"][0], held["group"], held["origin"]["kind"]) == ("Voltis 1000", "zemen_electro", "seed")
    assert len({row["id"] for row in [*built.rows, *built.heldout]}) == len(built.rows) + 24


def text_row(text: str) -> dict:
    return {"id": "", "instruction": "", "input": "", "output": text, "origin": {}}


def test_no_context_holds_its_own_ad_a_repost_of_it_or_a_text_near_a_held_out_one(market, built):
    index = market[0]
    texts = {one.id: one.text for one in index.documents if one.kind == "message"}
    held = guard([text_row(row["output"]) | {"id": str(place)} for place, row in enumerate(built.heldout)])
    shown = 0
    for row in [*built.rows, *built.heldout]:
        own = guard([text_row(row["output"]) | {"id": "own"}])
        for id_ in set(row["origin"]["context"]) & set(texts):
            shown += 1
            message = text_row(texts[id_]) | {"id": id_}
            assert id_ != row["origin"]["source"]
            assert find_leak(message, own, *BOUNDS) is None and find_leak(message, held, *BOUNDS) is None
            if row["origin"]["kind"] == "message":
                channel, _, number = row["origin"]["source"].partition("/")
                assert id_.partition("/")[0] == channel and int(id_.partition("/")[2]) < int(number)
    assert shown > 100


def test_a_repost_and_a_text_near_a_held_out_reference_would_else_be_found(market, built, tmp_path):
    """The same on purpose: the ad stood there once before, and someone posts a held-out reference."""
    index, read, posted = market
    source = next(row["origin"]["source"] for row in built.rows if row["origin"]["kind"] == "message")
    ad, held = next(message for message in posted if message.id == source), next(brief for brief in read if brief.heldout)
    planted = [
        ad._replace(id=f"{ad.channel}/1", number=1, text=f"በድጋሚ!\n{ad.text}"),
        ads.Message(f"{held.channel}/2", held.channel, 2, f"{held.brief}\n{held.reference} 🙂", "other"),
    ]
    documents = [one for one in index.documents if one.id not in {message.id for message in planted}]
    write_index(tmp_path / "index", [*documents, *map(ads.as_document, planted)], Index("bm25", "", 1.5, 0.75))
    again = open_index(tmp_path / "index")
    query = without_context(next(row["input"] for row in built.rows if row["origin"]["source"] == source))
    assert {hit.document.id for hit in search(again, query, 2, "message", ad.channel)} == {ad.id, planted[0].id}
    free = ask(held, again, read_templates(SETTINGS.templates), SETTINGS)
    assert planted[1].id in [hit.document.id for hit in free.sources]
    rows = build((again, read, posted))
    seen = {id_ for row in [*rows.rows, *rows.heldout] for id_ in row["origin"]["context"]}
    assert planted[1].id not in seen
    (own,) = [row for row in rows.rows if row["origin"]["source"] == ad.id]
    assert planted[0].id not in own["origin"]["context"]


def test_the_leak_tests_of_curate_find_none_in_what_is_left(built):
    assert decontaminate(built.rows, built.heldout, *BOUNDS, "error", "curate").kept == built.rows


def test_a_brief_read_off_an_ad_holds_no_run_of_its_words_but_names_amounts_and_addresses(market, built):
    names = {one.fields["name"] for one in market[0].documents if one.kind == "fact"}
    for row in built.rows:
        if row["origin"]["kind"] != "message":
            continue
        asked = without_context(row["input"])
        lines = asked.splitlines()
        assert len(lines) == 2 and "\n\n" not in asked
        sentence = lines[0]
        for name in names:
            sentence = sentence.replace(name, " | ")
        said, answer = words(sentence), words(row["output"])
        runs = {tuple(answer[start : start + ads.SPAN]) for start in range(len(answer))}
        assert not any(tuple(said[start : start + ads.SPAN]) in runs for start in range(len(said) - ads.SPAN + 1))
        assert len(words(lines[1])) < 30


def test_the_same_rows_twice_and_fewer_ads_are_a_draw_among_them(market, built):
    assert build(market) == built
    few = build(market, most_ads=10)
    drawn = {row["origin"]["source"] for row in few.rows if row["origin"]["kind"] == "message"}
    assert 5 <= len(drawn) <= 10 and drawn <= {row["origin"]["source"] for row in built.rows}
    assert any(line["reason"] == "beyond the number of ads" for line in few.ledger)


def test_without_history_and_facts_there_is_no_context(market):
    rows = build(market, facts=0, history=0)
    assert all("Context:" not in row["input"] and row["origin"]["context"] == [] for row in [*rows.rows, *rows.heldout])


def test_most_briefs_find_their_product_first(market, built):
    index, read, _ = market
    figures = campaigns.figures(built, read, index)
    assert figures["rows"] == len(built.rows) and figures["heldout"] == 24
    assert figures["brief"]["channel"]["recall_at_3"] == 1.0
    assert 0.8 < figures["sentence"]["all"]["recall_at_1"] < figures["brief"]["all"]["recall_at_1"]


def test_a_text_is_cut_between_words():
    assert shorten("ሰላም ለእናንተ ይሁን", 9) == "ሰላም…" and shorten("ሰላም", 4) == "ሰላም" and shorten("abcdef", 4) == "abc…"
    assert shorten("one two three", 8) == "one two…" and shorten("🙂🙂🙂", 2) == "🙂…" and shorten("", 2) == ""


def test_a_missing_template_and_one_that_knows_too_much_are_one_line(market, tmp_path):
    with pytest.raises(BadInput, match=r"request\.jinja: No such file or directory; templates/ad has all"):
        read_templates(tmp_path)
    index, read, _ = market
    wrong = read_templates(ROOT / "templates/ad")._replace(brief="{{ breif }}")
    with pytest.raises(BadInput, match=r"brief\.jinja: 'breif' is undefined; it knows audience, brief"):
        ask(read[0], index, wrong, SETTINGS)


@pytest.mark.parametrize("folder", ["ad", "ad-am"])
def test_our_templates_hold_all_that_a_brief_says(market, folder):
    index, read, _ = market
    asked = ask(read[0], index, read_templates(ROOT / "templates" / folder), SETTINGS)
    for text in (read[0].brief, read[0].audience, read[0].tone, *read[0].must_mention, "24,500", "0900 00 11 21", "ንጋት ሕንፃ"):
        assert text in asked.input
    assert read[0].channel in asked.instruction and "\n" not in asked.instruction
    bare = read[0]._replace(audience="", tone="")
    assert len(without_context(ask(bare, index, read_templates(ROOT / "templates" / folder), SETTINGS).input).splitlines()) == 2
