import pytest
from root import ROOT

from mbegu.pages import conversations


def answer(number: int, prediction: str, **change) -> dict:
    asked = {"id": f"{number:016x}", "instruction": f"Question {number}?", "input": "", "reference": "The fee is KES 50."}
    return {**asked, "prediction": prediction, "tokens": 4, "finish_reason": "stop", **change}


def test_the_choice_knows_neither_the_order_nor_the_answers_and_grows_at_its_end():
    ids = [f"{number:016x}" for number in range(40)]
    chosen = [ids[place] for place in conversations.choose(ids, 5)]
    assert [ids[::-1][place] for place in conversations.choose(ids[::-1], 5)] == chosen
    assert [ids[place] for place in conversations.choose(ids, 9)][:5] == chosen
    assert chosen != ids[:5] and chosen != sorted(chosen)
    assert len(conversations.choose(ids, 99)) == 40


def test_each_model_answers_the_same_question_and_means_are_of_the_shown_and_of_all():
    right, wrong = "The fee is KES 50.", "Nothing."
    base = [answer(number, wrong) for number in range(10)]
    tuned = [answer(number, right if number % 2 else wrong) for number in range(10)]
    found = conversations.gather({"base": base, "v1": tuned}, 3)
    assert (found["models"], found["wanted"], found["rows"]) == (["base", "v1"], 3, 10)
    for talk in found["conversations"]:
        assert [model for model, _, _ in talk["answers"]] == ["base", "v1"]
        assert {value["id"] for _, value, _ in talk["answers"]} == {talk["id"]}
    odd = sum(int(talk["id"], 16) % 2 for talk in found["conversations"])
    assert found["means"] == [("base", 0.0, 0.0), ("v1", pytest.approx(odd / 3), 0.5)]


def test_the_page_says_how_rows_were_drawn_and_shows_each_text():
    base = [answer(0, "  ", finish_reason="length"), answer(1, "# Ada ni KES 50", input="Bei\nmpya")]
    tuned = [answer(0, "የፈጠራ ዋጋ KES 50 ነው።"), answer(1, "x", reference="…")]
    page = conversations.markdown(conversations.gather({"base": base, "v1": tuned}, 5), ROOT / "templates")
    assert page.startswith("# Example conversations: base, v1\n\n2 of 2 held-out questions")
    assert "5 were asked for; there are no more." in page
    assert "not picked by hand: they are the first 2 by rank of a SHA-256 of the row's id" in page
    assert "**base** (ROUGE-L F1 0.000, 4 tokens, cut off)\n\n(an empty answer)" in page
    assert "> \\# Ada ni KES 50" in page and "**Input**\n\n> Bei\\\n> mpya\n" in page
    assert "> የፈጠራ ዋጋ KES 50 ነው።" in page
    assert "**v1** (ROUGE-L F1 –, 4 tokens)" in page  # a reference without a word has nothing to compare with
    assert "were asked for" not in conversations.markdown(conversations.gather({"base": base}, 2), ROOT / "templates")
