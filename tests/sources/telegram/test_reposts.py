"""What counts as said again: spelling and signs aside to the letter, or nearly, with the same numbers."""

import random

import numpy as np
import pytest
from telegram_exports import SETTINGS, chat, message, one, read, reasons, save

from mbegu.sources.telegram import reposts, sketches, spool
from mbegu.sources.telegram.sketches import pairs, sketch

AD = "አዲስ ዛሬ የገባ ጥሩ ነጭ ጠንካራ ስልክ በጥሩ ዋጋ ለማዘዝ አሁኑኑ ይደውሉ ሱቃችን መገናኛ ነው ዋጋ 24,500 ብር ብቻ"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ሰላም ሀገር", "ሠላም ሐገር"),
        ("ዓይን ፀሐይ", "አይን ጸሀይ"),
        ("ሰላም፡ነው።", "ሰላም ነው"),
        ("Habari ZA leo!!!", "🔥 habari za LEO 🔥"),
        ("می\u200cروم خانه", "میروم خانه"),
        ("25,500 ብር", "25 500 ብር"),
        ("東京 に行く", "東京に行く!"),
    ],
)
def test_spelling_case_signs_and_emoji_aside_texts_are_the_same(first, second):
    found = sketch([first, second, "ሌላ"])
    assert found.exact[0] == found.exact[1] != found.exact[2]
    assert (found.bands[0] == found.bands[1]).all() and not (found.bands[0] == found.bands[2]).any()


@pytest.mark.parametrize(
    ("first", "second"), [("ሰላም ሀገር", "ሀገር ሰላም"), ("5 ብር", "6 ብር"), ("ሀ ለ", "ሀለ"), ("shule", "shuleni"), ("ab a", "a ba")]
)
def test_other_words_other_order_other_numbers_are_another_text(first, second):
    found = sketch([first, second])
    assert found.exact[0] != found.exact[1]


def test_a_text_has_the_same_sketch_wherever_it_stands():
    texts = ["ሰላም ሀገር 5", "", "🔥", "Habari za leo", "𠀀𠀁 x", "میروم", AD]
    alone = [sketch([text]) for text in texts]
    together = sketch(texts)
    for place, own in enumerate(alone):
        assert own.words[0] == together.words[place] and own.exact[0] == together.exact[place]
        assert place in (1, 2) or (own.bands[0] == together.bands[place]).all()
    assert together.words.tolist() == [3, 0, 0, 3, 3, 1, 20]
    assert [len(found) for found in pairs(texts)] == [3, 0, 0, 3, 3, 1, 20]


def test_a_band_is_shared_as_often_as_the_similarity_says():
    draw = random.Random(5)
    words = [a + b + c for a in "ለመረሸቀበተቸነገ" for b in "ሉሙሩሹቁቡቱቹኑጉ" for c in "ልምርሽቅብትችንግ"]
    found = {}
    for changed in (1, 2, 12):
        texts = []
        for _ in range(300):
            text = draw.sample(words, 40)
            other = list(text)
            for place in range(0, 3 * changed, 3):
                other[place] = "ሌላ"
            texts += [" ".join(text), " ".join(other)]
        bands = sketch(texts).bands
        found[changed] = (bands[::2] == bands[1::2]).any(1).mean()
    # Jaccard indices 0.95 or so, 0.86 and 0.25
    assert found[1] > 0.99 and found[2] > 0.97 and found[12] < 0.15


def test_the_first_sent_stays_wherever_it_stands(tmp_path):
    later = message(1, AD, date_unixtime="1756787999")
    earlier = message(9, AD.replace("ሱ", "ሡ") + " 🔥🔥", date_unixtime="1756787000")
    undated = {"id": 5, "type": "message", "text": AD}
    rows, lines = one(tmp_path, later, undated, earlier)
    assert [row["message"] for row in rows] == [9]
    assert (
        reasons(lines) == ["repost", "repost"] and {line["nearest"] for line in lines} == {"zemen/9"} and lines[0]["score"] == 1.0
    )


def test_nearly_the_same_goes_and_other_numbers_stay(tmp_path):
    rows, lines = one(
        tmp_path,
        message(1, AD),
        message(2, AD.replace("መገናኛ", "ቦሌ")),
        message(3, AD.replace("24,500", "25,500")),
        message(4, AD + " ዛሬ ማታ እስከ ሁለት ሰዓት ድረስ ክፍት ነው"),
    )
    assert [row["message"] for row in rows] == [1, 3, 4]
    # 20 pairs each, the last with the end; the changed word stands in two
    assert [(line["reason"], line["nearest"], line["score"]) for line in lines] == [("near repost", "zemen/1", round(18 / 22, 4))]


def test_near_duplicate_1_keeps_what_is_not_the_same(tmp_path):
    save(tmp_path / "exports/a.json", chat([message(1, AD), message(2, AD + " ዛሬ"), message(3, AD)]))
    rows, lines, _ = read(tmp_path / "exports", "a.json", settings=SETTINGS._replace(near_duplicate=1))
    assert [row["message"] for row in rows] == [1, 2] and reasons(lines) == ["repost"]


@pytest.mark.parametrize("sorted_at_once", [2, 7, 1 << 19])
def test_parts_of_any_size_give_the_same(tmp_path, monkeypatch, sorted_at_once):
    monkeypatch.setattr(reposts, "PART", sorted_at_once)
    monkeypatch.setattr(spool, "SORTED", sorted_at_once)
    monkeypatch.setattr(spool, "READ", sorted_at_once)
    monkeypatch.setattr(reposts, "COMPARED", 1 + sorted_at_once % 5)
    draw = random.Random(3)
    texts = [f"{AD} {draw.choice(['ዛሬ', 'ጠዋት', 'ማታ'])} {draw.randint(1, 3)}" for _ in range(60)]
    for name, part in (("ሀ", texts[:30]), ("b", texts[30:])):
        numbers = draw.sample(range(-50_000, 200_000, 1000), len(part))
        save(
            tmp_path / f"exports/{name}.json",
            chat([message(number, text) for number, text in zip(numbers, part, strict=True)], id=len(name.encode())),
        )
    rows, lines, _ = read(tmp_path / "exports", "b.json", "ሀ.json")
    for found in (rows, [line["row"] for line in lines]):
        assert [(row["channel"], row["message"]) for row in found] == sorted((row["channel"], row["message"]) for row in found)
    assert len(rows) == 3 and {line["nearest"] for line in lines} == {row["id"] for row in rows}
    assert len(set(texts)) == 9 and reasons(lines).count("near repost") == 6


def test_memory_is_a_few_bytes_a_message():
    fates = reposts.unlinked(1000)
    assert sum(len(memoryview(part).tobytes()) for part in fates) == 11_000
    assert sketches.BANDS * 8 + spool.KEY.itemsize < 128 and np.dtype("u4").itemsize == fates.like.itemsize
