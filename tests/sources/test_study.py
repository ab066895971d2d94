"""Documents told in many ways: what a teacher says must hold, what rules make needs no teacher, and pairs stay within a bound."""

import json

import pytest

from mbegu.asking.decoding import Decoding
from mbegu.asking.replies import Asking
from mbegu.asking.teachers import Teacher
from mbegu.sources.documents.chunks import KEYS
from mbegu.sources.study import contradictions, facts, links, passages, retelling, views
from mbegu.sources.study.settings import VIEWS, Study
from mbegu.text import reasons
from mbegu.text.settings import Locale

LOCALE = Locale(["en", "sw", "am", "ar"], "KES", "I don't know", "", [])
HOW = Study(list(VIEWS), facts=3, most_chunks=0, links=4, rewritten=1, part=400, longest=200, precision=0.5)
EAST = "The Meru branch opened on 4 March 2019. Its manager is Asha Wako, and the fee is KES 350 a month."
WEST = "Asha Wako also leads the Kitui store. The Kitui store lends 12 ladders, each for 3 days."


def chunk(text, document="a", number=0, anchor="Branches", start=0):
    name = f"{document}.md"
    return dict(
        zip(KEYS, (f"{document}{number}", document, name, "Guide", anchor, None, start, start + len(text), text), strict=True)
    )


def fact(**said):
    good = {
        "fact": "The Meru branch opened on 4 March 2019.", "quote": "The Meru branch opened on 4 March 2019",
        "subject": "Meru branch", "value": "4 March 2019", "question": "When did the Meru branch open?",
        "question_2": "Since when is the Meru branch open?", "back": "Which branch opened on 4 March 2019?",
    }  # fmt: skip
    return good | said


def teacher(*replies):
    """Says these, one a request, in the order in which it is asked."""
    left = list(replies)

    def respond(requests):
        for request in requests:
            text = left.pop(0)
            yield request, {"text": text if isinstance(text, str) else json.dumps(text, ensure_ascii=False), "tokens": 1,
                            "finish_reason": "stop"}  # fmt: skip

    return Teacher({"kind": "test"}, respond, len, {})


def asking(name, tries=1):
    return Asking(f"{name} {{{{ text }}}}{{{{ problem }}}}", name, tries, True, True, Decoding(8))


def collected(*said, text=EAST, **chunk_):
    return facts.collect([chunk(text, **chunk_)], HOW, asking("facts"), teacher({"facts": list(said)}), LOCALE)


def test_a_fact_that_holds_is_told_in_several_ways_each_with_its_span_and_writer():
    found = collected(fact())
    assert len(found.kept) == 1 and not found.ledger and (found.asked, found.fresh) == (1, 1)
    assert EAST[slice(*found.kept[0].span)] == fact()["quote"]
    texts = [*views.questions(found.kept), *views.cloze(found.kept), *views.statements(found.kept)]
    assert [text["text"] for text in texts] == [
        "When did the Meru branch open?\nThe Meru branch opened on 4 March 2019.",
        "Since when is the Meru branch open?\nThe Meru branch opened on 4 March 2019.",
        "Which branch opened on 4 March 2019?\nMeru branch",
        "The Meru branch opened on ____.\n____ = 4 March 2019",
        "Guide\nThe Meru branch opened on 4 March 2019.",
    ]
    assert all(text["origin"]["teacher"] == {"kind": "test"} and text["origin"]["source"] == "a.md#Branches" for text in texts)
    assert [text["origin"].get("made_by") for text in texts] == [None, None, None, "rules", None]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"quote": "The Meru branch opened in March"}, reasons.QUOTE_ELSEWHERE),
        ({"quote": "…"}, reasons.QUOTE_ELSEWHERE),
        ({"subject": "Embu branch"}, reasons.STANDS_NOWHERE),
        ({"value": "5 March 2019"}, reasons.STANDS_NOWHERE),
        ({"fact": "The Meru branch of Zawadi opened on 4 March 2019."}, reasons.STANDS_NOWHERE),
        ({"fact": "The Meru branch opened on 4 March 2019 with 17 people."}, reasons.STANDS_NOWHERE),
        ({"fact": "It opened gladly amid songs and dances of all neighbours nearby."}, reasons.ANSWER_ELSEWHERE),
        ({"fact": "The Meru branch takes 12 x KES 350 = KES 4,300 a year."}, reasons.WRONG_SUM),
        ({"question": "When did the Meru branch open"}, reasons.NO_QUESTION),
        ({"question": "Did the Meru branch open on 4 March 2019?"}, reasons.GIVES_AWAY),
        ({"back": "When did the Meru branch open?"}, reasons.GIVES_AWAY),
        ({"question_2": "When did the Meru branch open?"}, reasons.QUESTION_TWICE),
    ],
)
def test_a_fact_that_does_not_hold_goes_to_the_ledger_and_the_others_stay(wrong, reason):
    found = collected(fact(**wrong), fact())
    assert [one.said["fact"] for one in found.kept] == [fact()["fact"]]
    assert [(line["reason"], line["action"]) for line in found.ledger] == [(reason, "dropped")], found.ledger
    assert found.ledger[0]["row"]["fact"] == fact(**wrong)


def test_a_reply_without_a_fact_that_holds_is_asked_for_again_with_the_problem_and_then_dropped():
    bad, good = {"facts": [fact(subject="Embu")]}, {"facts": [fact()]}
    found = facts.collect([chunk(EAST)], HOW, asking("facts", 2), teacher(bad, good), LOCALE)
    assert len(found.kept) == 1 and found.asked == 2
    found = facts.collect([chunk(EAST)], HOW, asking("facts", 2), teacher(bad, "no JSON"), LOCALE)
    assert not found.kept and [line["reason"] for line in found.ledger] == [reasons.NO_JSON]


def test_a_right_sum_of_numbers_of_the_text_stands_and_numbers_may_be_spelled_otherwise():
    yearly = fact(fact="The Meru branch asks a fee of 12 x KES 350 = KES 4,200.", quote="the fee is KES 350", value="350",
                  question="What is the fee of the Meru branch?", question_2="How much does the Meru branch ask?")  # fmt: skip
    assert not collected(yearly, text=EAST + " It is due 12 times a year.").ledger
    spelled = fact(fact="The Meru branch has twelve desks.", quote="has 12 desks", value="12 desks",
                   question="How many desks has the Meru branch?", question_2="How many desks stand in the Meru branch?",
                   back="Which branch has 12 desks?")  # fmt: skip
    assert not collected(spelled, text="The Meru branch has 12 desks and opened on 4 March 2019.").ledger


def test_no_more_chunks_are_asked_about_than_the_budget_allows():
    chunks = [chunk(EAST, number=0), chunk(f"{EAST} 🌱", number=1), chunk(f"{EAST} ሰላም", number=2)]
    replies = teacher({"facts": [fact()]})
    found = facts.collect(chunks, HOW._replace(most_chunks=1), asking("facts"), replies, LOCALE)
    assert found.asked == 1 and [line["reason"] for line in found.ledger] == [reasons.BEYOND_CHUNKS] * 2


def test_the_span_of_a_fact_may_stand_in_a_table():
    table = "Branch | Opened | Fee\nMeru | 4 March 2019 | 350\nKitui | 2 May 2020 | 410"
    said = fact(quote="Meru | 4 March 2019", subject="Meru", fact="The branch Meru opened on 4 March 2019.",
                question="When was the branch Meru opened?", question_2="When did Meru begin?",
                back="Which branch opened on 4 March 2019?")  # fmt: skip
    found = collected(said, text=table)
    assert table[slice(*found.kept[0].span)] == "Meru | 4 March 2019"


AMHARIC = "የመሩ ቅርንጫፍ በ2011 ተከፈተ። ወርሃዊ ክፍያው 350 ብር ነው። 😀"
ARABIC = "افتتح فرع ميرو في عام 2019\u200f. الرسوم الشهرية 350 شلن."


def test_amharic_and_arabic_documents_are_studied_and_an_invented_value_is_refused():
    said = {"fact": "የመሩ ቅርንጫፍ ወርሃዊ ክፍያ 350 ብር ነው።", "quote": "ወርሃዊ ክፍያው 350 ብር ነው", "subject": "መሩ ቅርንጫፍ", "value": "350 ብር",
            "question": "የመሩ ቅርንጫፍ ወርሃዊ ክፍያ ስንት ነው?", "question_2": "በመሩ ቅርንጫፍ በወር ስንት ይከፈላል?",
            "back": "ወርሃዊ ክፍያው 350 ብር የሆነው የትኛው ነው?"}  # fmt: skip
    found = collected(said, said | {"value": "410 ብር"}, text=AMHARIC)
    assert len(found.kept) == 1 and [line["reason"] for line in found.ledger] == [reasons.FACT_TWICE]
    found = collected(said | {"subject": "ናይሮቢ ቅርንጫፍ"}, said, text=AMHARIC)
    assert [line["reason"] for line in found.ledger] == [reasons.STANDS_NOWHERE] and len(found.kept) == 1
    said = {"fact": "الرسوم الشهرية في فرع ميرو 350 شلن.", "quote": "الرسوم الشهرية 350 شلن", "subject": "فرع ميرو",
            "value": "350 شلن", "question": "كم الرسوم الشهرية في فرع ميرو؟", "question_2": "كم يدفع فرع ميرو كل شهر؟",
            "back": "أي فرع رسومه الشهرية 350؟"}  # fmt: skip
    assert len(collected(said, text=ARABIC).kept) == 1
    assert collected(said | {"subject": "نيروبي"}, said, text=ARABIC).ledger[0]["reason"] == reasons.STANDS_NOWHERE


def test_contradicting_facts_are_both_kept_and_told_with_both_places():
    other = EAST.replace("2019", "2020")
    later = fact(**{key: text.replace("2019", "2020") for key, text in fact().items()})
    replies = teacher({"facts": [fact()]}, {"facts": [later]})
    found = facts.collect([chunk(EAST), chunk(other, "b", anchor="History")], HOW, asking("facts"), replies, LOCALE)
    against = contradictions.find(found.kept)
    assert len(found.kept) == 2 and len(against) == 1
    (said,) = contradictions.told(against)
    assert "a.md#Branches says of Meru branch '4 March 2019', but b.md#History says of Meru branch '4 March 2020'" in said
    (line,) = contradictions.reported(against)
    assert line["action"] == "kept" and line["reason"].startswith("contradicts a.md#Branches") and line["nearest"] == "a0"


def located(subject, text, document, number=0):
    return facts.Fact(chunk(text, document, number), fact(subject=subject), (0, 4), {})


def test_pairs_are_of_one_document_and_of_two_and_bounded():
    known = [located("Meru branch", EAST, "a"), located("Asha Wako", EAST, "a"), located("Kitui store", WEST, "b")]
    chosen = links.choose(known, [chunk(EAST), chunk(WEST, "b")], 9)
    assert {(pair.first, pair.second, len(pair.chunks)) for pair in chosen.pairs} == {
        ("Asha Wako", "Kitui store", 2), ("Asha Wako", "Meru branch", 1)}  # fmt: skip
    assert str(chosen) == "2 of 2 linked pairs (3 entities, 3 pairs in all)"
    assert len(links.choose(known, [chunk(EAST), chunk(WEST, "b")], 1).pairs) == 1


def test_ten_thousand_entities_are_paired_within_the_bound_and_their_number_is_stated():
    chunks = [
        chunk(" ".join(f"N{n}x met N{n + 1}x." for n in range(start, start + 10)), f"d{start}") for start in range(0, 10_000, 10)
    ]
    known = [
        located(f"N{n}x", one["text"], one["document"])
        for start, one in enumerate(chunks)
        for n in range(start * 10, start * 10 + 10)
    ]
    chosen = links.choose(known, chunks, 40)
    assert len(chosen.pairs) == 40 and "10,000 entities, 49,995,000 pairs in all" in str(chosen)
    crowd = chunk(" ".join(f"N{n}x" for n in range(9_000)), "crowd")
    assert links.choose(known, [crowd], 5).fitting < 20_000


def linked(**said):
    good = {"link": "Asha Wako manages the Meru branch and leads the Kitui store.", "quote_1": "Its manager is Asha Wako",
            "quote_2": "Asha Wako also leads the Kitui store"}  # fmt: skip
    pair = links.Pair("Asha Wako", "Kitui store", (chunk(EAST), chunk(WEST, "b")))
    return links.connect(links.Chosen([pair], 1, 2), HOW, asking("links"), teacher(good | said), LOCALE)


def test_a_link_is_supported_by_a_quote_of_each_passage_and_names_both():
    (link,) = linked().kept
    (text,) = views.links([link])
    assert text["text"] == link.text and text["origin"]["parents"] == ["a", "b"]
    assert text["origin"]["source"] == "a.md#Branches and b.md#Branches" and text["origin"]["pair"] == [
        "Asha Wako",
        "Kitui store",
    ]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"quote_2": "Its manager is Asha Wako"}, reasons.QUOTE_ELSEWHERE),
        ({"link": "Asha Wako manages the Meru branch."}, reasons.ONE_SIDED),
        ({"link": "Asha Wako and the Kitui store belong to Mutiso."}, reasons.STANDS_NOWHERE),
        ({"link": "Asha Wako leads the Kitui store for 8 years."}, reasons.STANDS_NOWHERE),
    ],
)
def test_a_link_that_does_not_hold_is_a_ledger_line(wrong, reason):
    found = linked(**wrong)
    assert not found.kept and [line["reason"] for line in found.ledger] == [reason]
    assert found.ledger[0]["row"]["pair"] == ["Asha Wako", "Kitui store"]


FORMS = {"table": "Branch | Opened\nMeru | 4 March 2019",
         "list": "- Meru branch: opened on 4 March 2019\n- Its manager: Asha Wako",
         "dialogue": "Visitor: When did the Meru branch open?\nGuide: On 4 March 2019."}  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({}, None),
        ({"table": "Branch\nMeru"}, reasons.OTHER_SHAPE),
        ({"list": "- The Meru branch"}, reasons.OTHER_SHAPE),
        ({"dialogue": "Visitor: And Wambui?\nGuide: The manager is Wambui Otieno."}, reasons.STANDS_NOWHERE),
        ({"table": "Branch | Opened\nMeru | 4 March 2018"}, reasons.STANDS_NOWHERE),
    ],
)
def test_a_chunk_is_told_as_a_table_a_list_and_a_dialogue(wrong, reason):
    found = retelling.rewrite([chunk(EAST)], HOW, asking("rewrites"), teacher(FORMS | wrong), LOCALE)
    assert [line["reason"] for line in found.ledger] == ([reason] if reason else [])
    assert [one.form for one in found.kept] == ([] if reason else ["table", "list", "dialogue"])


def test_a_chunk_beyond_those_that_are_rewritten_is_a_line_of_the_ledger():
    three = [chunk(EAST, number=number) for number in range(3)]
    found = retelling.rewrite(three, HOW, asking("rewrites"), teacher(FORMS), LOCALE)
    (told,) = {one.chunks[0]["id"] for one in found.kept}
    assert [line["reason"] for line in found.ledger] == [reasons.BEYOND_CHUNKS] * 2
    assert {line["id"] for line in found.ledger} == {one["id"] for one in three} - {told}
    assert {line["row"]["view"] for line in found.ledger} == {"rewrites"}


def test_a_document_is_summarized_in_parts_at_two_lengths():
    chunks = [chunk(EAST, number=0), chunk(WEST, number=1, start=len(EAST) + 1), chunk(EAST * 3, number=2, start=900)]
    parts = passages.parts(chunks, {"a": f"{EAST} {WEST}" + " " * 900}, 400)
    assert [part.text for part in parts] == [f"{EAST} {WEST}", EAST * 3]
    said = {"short": "A guide to the Meru branch.", "long": "The Meru branch opened on 4 March 2019; its manager is Asha Wako."}
    found = retelling.summarize(parts, HOW, asking("summary"), teacher(said, said | {"long": "It has 99 desks."}), LOCALE)
    assert [one.form for one in found.kept] == ["short", "long"] and len(found.ledger) == 1


def test_views_by_rules_ask_no_teacher_and_say_so():
    text = "## Branches\nThe Meru branch opened in 2019. Its fee is KES 3.50 a day! ሰላም ነው። Ada ni ndogo. 😀"
    one = chunk(text)
    made = [*views.sections([one]), *views.permuted([one]), *views.documents(passages.parts([one], {}, 10**9))]
    assert [text_["origin"]["view"] for text_ in made] == ["sections", "permuted", "document"]
    assert made[0]["text"].startswith("Guide: Branches\n\nThe Meru branch") and made[2]["text"] == text
    assert "KES 3.50 a day!" in made[1]["text"] and sorted(made[1]["text"]) == sorted(made[0]["text"])
    assert all(text_["origin"]["made_by"] == "rules" and "teacher" not in text_["origin"] for text_ in made)


def test_a_document_of_one_line_has_no_heading_to_tell_and_no_order_to_change():
    one = chunk("The fee is KES 350.", anchor="")
    assert [*views.sections([one]), *views.permuted([one])] == []
    assert [text["text"] for text in views.documents(passages.parts([one], {}, 9))] == ["The fee is KES 350."]


@pytest.mark.parametrize(
    ("value", "told", "expected"),
    [
        ("5", "The 25 staff get 5 days of leave.", "The 25 staff get ____ days of leave."),
        ("4", "From 2024 the fee is 4 birr, and 4 more.", "From 2024 the fee is ____ birr, and ____ more."),
        ("4", "The fee is 4.5 birr.", None),
        ("Meru", "Ofisi ya MERU, si Merusi.", "Ofisi ya ____, si Merusi."),
        ("መሩ", "ቢሮው በመሩ ነው።", "ቢሮው በ____ ነው።"),
        ("مخبز", "نصنع الخبز في المخبز.", "نصنع الخبز في ال____."),
    ],
)
def test_a_gap_is_a_whole_value_and_hides_it_wherever_it_stands(value, told, expected):
    one = facts.Fact(chunk("x"), {"fact": told, "value": value}, (0, 1), {})
    found = [text["text"] for text in views.cloze([one])]
    assert found == ([] if expected is None else [f"{expected}\n____ = {value}"])
    ledger = [*views.without_gap([one])]
    assert len(found) + len(ledger) == 1 and all(line["reason"].startswith(reasons.NO_QUESTION) for line in ledger)
    assert [line["row"]["fact"] for line in ledger] == ([one.said] if expected is None else [])


@pytest.mark.parametrize("said", ["ክፍያው 350 ብር ነው።", "Ada ni 350 🌱", "الرسوم 350\u200f", "a\u200bb is 350"])
def test_a_text_of_two_documents_is_read_once_and_the_other_is_a_line_of_the_ledger(said):
    here, there = (facts.Fact(chunk(said, document), {"fact": said}, (0, 1), {}) for document in "ab")
    texts = [*views.statements([here]), *views.statements([there])]
    kept, ledger = views.unique(texts)
    assert kept == texts[:1] and ledger[0]["row"] == texts[1] and ledger[0]["nearest"] == texts[0]["id"]
    assert ledger[0]["reason"] == f"{reasons.SAME_TEXT} a.md#Branches" and len(kept) + len(ledger) == len(texts)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Dr. Abebe came. He paid No. 5 fees. Then he left.", ["Dr. Abebe came.", "He paid No. 5 fees.", "Then he left."]),
        ("ሰላም ነው። ደህና ነኝ። ጥሩ!", ["ሰላም ነው።", "ደህና ነኝ።", "ጥሩ!"]),
        ("ما هذا؟ نعم. لا.", ["ما هذا؟", "نعم.", "لا."]),
        ("这是。那是！好", ["这是。", "那是！", "好"]),
        ("यह है। वह है। ठीक।", ["यह है।", "वह है।", "ठीक।"]),
        ("It is 4.5 % a year. “Yes.” He said.", ["It is 4.5 % a year.", "“Yes.”", "He said."]),
    ],
)
def test_a_sentence_ends_at_a_mark_of_any_script(text, sentences):
    assert [one.strip() for one in views.END.split(text) if one.strip()] == sentences
