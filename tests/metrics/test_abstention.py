"""Which answers say that they do not know, in four languages, and how abstaining is scored."""

import time

import pytest

from mbegu.metrics.abstention import abstains
from mbegu.metrics.modules import Abstention
from mbegu.text.settings import Locale

HERE = Locale(["en", "sw", "am"], "none", unknown="Ask the keeper, please.", disclaimer="", names=[])


@pytest.mark.parametrize(
    "text",
    [
        "I don't know.",
        "I don’t know",
        "I donʼt know!",
        "I do not know the exit fee of this fund.",
        "i dont know",
        "\ufeffI don't kn\u200bow.",
        '"I don\'t know."',
        "**I don't know.**",
        "🤷 I don't know",
        "Sorry, I don't know. Ask the manager.",
        "I'm sorry. I don't know.",
        "I'm sorry, but I do not know.",
        "Answer: I don't know",
        "Based on the document, I don't know.",
        "I have no idea.",
        "I don't have enough information to say.",
        "I don't know, but you can ask the fund manager.",
        "I don't know. But 5 % is common.",  # only the first sentence is read
        "Not stated in the document.",
        "The exit fee is not stated in the text.",
        "That is not mentioned anywhere in the given document, so it is open.",
        "The answer is not in the document.",
        "The document does not say who pays.",
        "This passage doesn’t mention a fee.",
        "There is no information about the exit fee in the text provided.",
        "Sijui.",
        "Samahani, sijui jibu.",
        "Hilo halijatajwa kwenye hati.",
        "Ada haikuelezwa katika waraka.",
        "Hati hii haisemi chochote kuhusu ada.",
        "አላውቅም።",
        "እኔ መልሱን አላውቅም።",
        "ይቅርታ፣ አላውቅም። ባንኩን ይጠይቁ።",
        "ይህ በሰነዱ ውስጥ አልተገለጸም።",
        "ክፍያው በጽሑፉ ላይ አልተጠቀሰም።",
        "لا أعرف.",
        "لا أَعْرِفُ",
        "عذرًا، لا أعلم الجواب.",
        "لم يُذكر ذلك في النص.",
        "النص لا يذكر الرسوم.",
    ],
)
def test_an_answer_that_says_it_does_not_know(text):
    assert abstains(text, HERE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \u200b\n",
        "🙂",
        "It pays 9 percent.",
        "If you don't know your PIN, ask the bank.",
        "You don't know the price before the auction.",
        "I don't know anyone who lost money, but the answer is 5 %.",
        "I don't know of a fund that pays daily.",
        "I don't know the month, but the fee is 5 %.",
        "It pays 9 percent. Why it does, I don't know.",
        '"I don\'t know" is an honest reply.',
        "If the fee is not stated in the document, ask the manager.",
        "Fees not stated in the document are forbidden.",
        "The fee is not stated in the document, but CIC charges 2 %.",
        "I'm not sure, perhaps 5 %.",
        "I can't help with that.",
        "Sijui mtu yeyote aliyepoteza pesa.",
        "Sijui mwezi, lakini ada ni asilimia 5.",
        "Kama hujui PIN yako, uliza benki.",
        "Habari kwenye hati ni sahihi.",
        "ፒንዎን ካላወቁ ባንኩን ይጠይቁ።",
        "ማንንም አላውቅም።",
        "ወሩን አላውቅም፣ ግን ክፍያው 5 % ነው።",
        "إذا كنت لا تعرف الرقم فاسأل البنك.",
        "لا أعرف أحدًا خسر ماله.",
        "لا أعرف الشهر، لكن الرسوم 5 %.",
    ],
)
def test_an_answer_that_says_something(text):
    assert not abstains(text, HERE)


@pytest.mark.parametrize(
    "unit", ["sorry ", "I don't know ", "no mention of ", "a", "(", "አላውቅም ", "لا أعرف ", "haiku", "\u200b", "!", "🙂", "sorry. "]
)
def test_100_000_characters_take_no_second(unit):
    start = time.perf_counter()
    abstains((unit * 100_000)[:100_000], HERE)
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    ("unknown", "text"),
    [
        ("Muulize mfugaji, tafadhali.", "muulize mfugaji, tafadhali!"),
        ("Muulize mfugaji, tafadhali.", "  **Muulize\u200b  mfugaji, tafadhali** 🐝"),
        ("ንብ አርቢውን ጠይቅ።", "ንብ አርቢውን ጠይቅ"),
        ("ንብ አርቢውን ጠይቅ።", "ንብ ዐርቢውን ጠይቅ። ሌላም አለ።"),
        ("اسأل النحال.", "اسأل النّحال"),
        ("ask the keeper", "Ask the keeper. He knows."),
    ],
)
def test_the_projects_own_phrase_abstains(unknown, text):
    assert abstains(text, HERE._replace(unknown=unknown))
    assert not abstains(text, HERE._replace(unknown="I don't know."))
    assert not abstains(f"If bees swarm: {text}", HERE._replace(unknown=unknown))


def test_an_empty_phrase_is_no_phrase():
    assert not any(abstains(text, HERE._replace(unknown="")) for text in ("", "…", "5 %"))


def score(predictions, references):
    return Abstention(keep_in_memory=True).compute(predictions=predictions, references=references, locale=HERE)


def test_scores():
    said = ["Sijui.", "አላውቅም።", "لا أعرف", "5 %", "9 %"]
    result = score(said, [True, True, False, True, False])
    assert result == {"precision": 2 / 3, "recall": 2 / 3, "f1": 2 / 3, "abstained": 3 / 5}


@pytest.mark.parametrize(
    ("predictions", "references", "expected"),
    [
        (["5 %"], [True], {"precision": None, "recall": 0.0, "f1": 0.0, "abstained": 0.0}),
        (["Sijui."], [False], {"precision": 0.0, "recall": None, "f1": 0.0, "abstained": 1.0}),
        (["5 %"], [False], {"precision": None, "recall": None, "f1": None, "abstained": 0.0}),
        ([], [], {"precision": None, "recall": None, "f1": None, "abstained": None}),
    ],
)
def test_a_ratio_with_nothing_to_divide_by_is_none(predictions, references, expected):
    assert score(predictions, references) == expected
