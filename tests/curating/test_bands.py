"""Keys find the pairs that comparing all with all finds, in several scripts."""

import random
from array import array

import pytest

from mbegu.curating import bands, clusters, duplicates
from mbegu.rows.parts import frames
from mbegu.rows.row import row_id

WORDS = {
    "Amharic": "ሰላም ዋጋ ብር ስልክ ቤት ገበያ ቡና ማር ንብ ዛፍ ውሃ መንገድ ከተማ ትምህርት ዘር ምርት ቀን ሌሊት ሥራ ልጅ",
    "Arabic": "سلام بيت سوق قهوة عسل نحل شجرة ماء طريق مدينة علم بذرة يوم ليل عمل طفل كتاب قلم باب نور",
    "Swahili": "habari bei nyumba soko kahawa asali nyuki mti maji barabara mji elimu mbegu siku usiku kazi",
    "mixed": "🌱 👩\u200d🌾 mar\ufeffket بيت ቤት 25.5 bei ብር שוק \u202basali\u202c nyuki 🍯",
}


def variants(words: list[str], count: int, draw: random.Random) -> list[list[str]]:
    """Texts, half of them like an earlier one but for six words at most."""
    found: list[list[str]] = []
    for _ in range(count):
        if found and draw.random() < 0.5:
            text = list(draw.choice(found))
            for place in draw.sample(range(len(text)), min(len(text), draw.randrange(7))):
                text[place] = draw.choice(words)
        else:
            text = draw.choices(words, k=draw.randrange(8, 60))
        found.append(text)
    return found


def rows(script: str) -> list[dict]:
    texts = variants(WORDS[script].split(), 160, random.Random(script))
    origin = {"kind": "set", "parents": [], "source": "set.json:1"}
    return [
        {"id": row_id(" ".join(text), str(number)), "instruction": " ".join(text[:5]), "input": "",
         "output": " ".join(text[5:]), "origin": origin}
        for number, text in enumerate(texts)
    ]  # fmt: skip


@pytest.mark.parametrize("script", WORDS)
@pytest.mark.parametrize("above", [0.5, 0.7, 0.85])
def test_near_duplicates_are_those_of_all_pairs(script, above, monkeypatch):
    found = duplicates.drop_near_duplicates(rows(script), above, 128)
    # under which all rows are found
    monkeypatch.setattr(bands, "hashed", lambda grams, cut, kind: array("Q", [7] * cut.bands))
    assert found == duplicates.drop_near_duplicates(rows(script), above, 128)
    assert len(found.ledger) >= 10


@pytest.mark.parametrize("script", WORDS)
def test_texts_that_are_one_are_those_of_all_pairs(script, monkeypatch):
    made = [{**row, "input": row["output"]} for row in rows(script)]
    found = clusters.of_one_text(made, frames(made))
    monkeypatch.setattr(bands, "keys", lambda grams, cut: [(0, b"")])
    assert found == clusters.of_one_text(made, frames(made))
    assert len(set(found)) < len(made)


def test_keys_depend_on_the_set_alone_and_equal_sets_share_all():
    cut = bands.above(0.7, 64)
    grams = ["ሰላም ለዓለም", "habari yako", "🌱", "مرحبا بالعالم"]
    assert bands.keys(grams, cut) == bands.keys([*reversed(grams), *grams], cut)
    assert not set(bands.keys(grams, cut)) & set(bands.keys(["other", "words"], cut))
    assert len(bands.keys(grams, cut)) == cut.bands and cut.bands * cut.rows <= 64


def test_hashed_keys_meet_where_keys_do_and_kinds_never_meet():
    cut = bands.above(0.7, 64)
    sets = [text for script in WORDS for text in variants(WORDS[script].split(), 60, random.Random(script))]
    plain = [bands.hashed(one, cut, 0) for one in sets]
    exact = [set(bands.keys(one, cut)) for one in sets]
    for first in range(len(sets)):
        for second in range(first):
            assert len(set(plain[first]) & set(plain[second])) == len(exact[first] & exact[second])
    assert not set(bands.hashed(sets[0], cut, 0)) & set(bands.hashed(sets[0], cut, 1))
    common = bands.shared(plain)
    every = [key for one in plain for key in one]
    for one in plain:
        assert bands.among(one, common) == [key for key in one if every.count(key) > 1]
    assert bands.among(plain[0], bands.shared([array("Q")])) == [] == bands.among(plain[0], bands.shared([plain[0]]))


@pytest.mark.parametrize(("threshold", "missed", "shape"), [(0.8, 0.5, (9, 13)), (0.56, 0.9, (26, 4)), (0.5, 0.5, (25, 5))])
def test_bands_are_cut_where_they_err_least(threshold, missed, shape):
    assert bands.shape(threshold, 128, missed)[:2] == shape  # as datasketch 2.0.0 has it
