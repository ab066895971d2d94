"""Which answers refuse, in three languages, and which only apologize."""

import time

import pytest

from mbegu.text.refusals import refuses


def test_a_refusal_begins_an_answer():
    openings = ["I'm sorry", "ይቅርታ"]
    assert refuses("I'm sorry, but I can't say.", openings) is not None
    assert refuses("ይቅርታ፣ አልችልም።", openings) is not None
    assert refuses("Savers say: I'm sorry I waited.", openings) is None


@pytest.mark.parametrize(
    "text",
    [
        "As an AI, I have no hives of my own.",
        "As an AI language model, I cannot give medical advice.",
        "As a large language model trained by Acme, I can't.",
        "I'm just an AI, so ask a doctor.",
        "I can't help with that.",
        "I cannot answer this question.",
        "**I can’t assist with that request.**",
        "I am unable to provide an answer.",
        "I'm not able to discuss this.",
        "I'm sorry, but I can't say.",
        "I'm sorry, but I cannot do that. Ask someone else.",
        "I'm sorry. I can't help you with this.",
        "Sorry, I can't.",
        "Sorry, but that's not something I can help with.",
        "I'm sorry, but as an AI language model I cannot help with requests about gambling.",
        "Unfortunately, I won't be able to help.",
        "I must decline.",
        "\u200bI c\u200ban't help with that 🙂",
        "Samahani, siwezi kusaidia.",
        "Samahani sana, lakini siwezi kufanya hivyo.",
        "Siwezi kujibu swali hilo.",
        "Siwezi kukusaidia na ombi hilo.",
        "Pole, siwezi kutoa ushauri wa kitabibu.",
        "Siwezi kutoa ushauri wa kisheria.",
        "Kama akili bandia, siwezi kuona picha.",
        "Nikiwa modeli ya lugha, sina uwezo wa kuonja asali.",
        "ይቅርታ፣ መርዳት አልችልም።",
        "ይቅርታ። በዚህ ጉዳይ ልረዳዎት አልችልም።",
        "ይቅርታ፣ ለዚህ ጥያቄ መልስ መስጠት አልችልም።",
        "አዝናለሁ፣ ይህን ማድረግ አልችልም።",
        "ይህን ጥያቄ መመለስ አልችልም።",
        "እንደ ሰው ሠራሽ አስተውሎት የራሴ አስተያየት የለኝም።",
    ],
)
def test_a_usual_way_to_refuse(text):
    assert refuses(text, []) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "🙂 \u200b",
        "I'm sorry for your loss. A nominee is paid within 30 days.",
        "I am sorry to hear that. Keep the wound dry.",
        "Sorry for the delay: the bus now leaves at nine.",
        "I don't know.",
        "As an AI researcher she wrote about bees.",
        "As an airline passenger, you may bring one bag.",
        "As artificial intelligence grows, farmers use it more.",
        "I can't fault this hive.",
        "You cannot help a queen that has left.",
        "Unfortunately, the rains came late.",
        "Say: 'I can't help with that', and hang up.",
        "Samahani kwa kuchelewa. Basi linaondoka saa tatu.",
        "Pole kwa msiba. Mrithi hulipwa ndani ya siku 30.",
        "Siwezi kusahau siku hiyo, alisema mzee.",
        "Kama akili bandia inavyokua, wakulima wanaitumia zaidi.",
        "Kwa bahati mbaya mvua zilichelewa.",
        "ይቅርታ ስለዘገየሁ። አውቶቡሱ በሦስት ሰዓት ይነሳል።",
        "ይቅርታ መጠየቅ ጥሩ ነው።",
        "ያለ ውሃ መኖር አንችልም።",
        "አላውቅም።",
        "لا أستطيع النوم بلا عسل.",
    ],
)
def test_an_answer_is_no_refusal(text):
    assert refuses(text, []) is None


def test_the_reason_says_which_phrase_bit():
    assert refuses("I'm sorry, but I can't help with that.", []) == ("refusal: i'm sorry but i can't help", None)
    assert refuses("I'm sorry, but I can't help with that.", ["i'm sorry"]) == ("refusal: i'm sorry", None)
    assert refuses("Samahani, siwezi kusaidia.", []) == ("refusal: samahani siwezi", None)


@pytest.mark.parametrize("unit", ["sorry ", "i can t ", "a", ". ", "ይቅርታ ", "siwezi ", "\u200b", "لا "])
def test_100_000_characters_take_no_second(unit):
    start = time.perf_counter()
    refuses((unit * 100_000)[:100_000], ["as an ai"])
    assert time.perf_counter() - start < 1
