"""Does the model say that it does not know where it can't know, and only there?

Source: Yin et al. 2023, "Do Large Language Models Know What They Don't Know?" (arXiv 2305.18153): precision, recall and
F1 of abstaining, where a row marked unanswerable is a positive. They find an abstention by the similarity of sentence
embeddings; here it is the project's own phrase and a list in English, Swahili, Amharic and Arabic (`mbegu.metrics.unknown`), so
that one can see why an answer counts. All languages count in every project: models often fall back to another.

>>> from mbegu.metrics.modules import Abstention
>>> from mbegu.text.settings import Locale
>>> here = Locale(["en"], "none", unknown="Ask the keeper.", disclaimer="", names=[])
>>> metric = Abstention(keep_in_memory=True)
>>> said = ["Ask the keeper!", "Sijui.", "It pays 9 percent."]
>>> result = metric.compute(predictions=said, references=[True, False, True], locale=here)
>>> result == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "abstained": 2 / 3}
True
"""

import functools
from collections.abc import Iterator

import regex

from mbegu.metrics.unknown import PHRASES
from mbegu.text.ethiopic import HOMOPHONES
from mbegu.text.settings import Locale
from mbegu.text.words import INVISIBLE, words

CITATION = """@inproceedings{yin-etal-2023-large, title = "Do Large Language Models Know What They Don't Know?",
author = "Yin, Zhangyue and Sun, Qiushi and Guo, Qipeng and Wu, Jiawen and Qiu, Xipeng and Huang, Xuanjing",
booktitle = "Findings of the Association for Computational Linguistics: ACL 2023", year = "2023", pages = "8653--8665"}"""

SENTENCE_END = regex.compile(r"""[.!?…]+["'”’»)\]*_]*(?=\s|$)|[።؟。！？\n]""")
CLAUSE_END = regex.compile(r"[,;:،؛፣፤፥(–—]")
# Arabic is written with and without vowel signs, stretching and the hamza of an alif.
SIGNS = regex.compile(r"[\u064B-\u065F\u0670\u0640]+")
LETTERS = str.maketrans("أإآʼ", "ااا'") | HOMOPHONES


def _any(parts: Iterator[str]) -> str:
    return "(?:" + "|".join(parts).translate(HOMOPHONES) + ")"


LEADS = rf"(?:{_any(one.leads for one in PHRASES.values())}\b[ ,]*+)"
LEAD = regex.compile(rf"{LEADS}++")
BEGINS = regex.compile(rf"{LEADS}*+{_any(one.begins for one in PHRASES.values())}")
HOLDS = regex.compile(_any(one.holds for one in PHRASES.values()))
BUT = regex.compile(rf"\b{_any(one.but for one in PHRASES.values())}")
CONDITION = regex.compile(rf"{_any(one.condition for one in PHRASES.values())}\b")


def abstains(text: str, locale: Locale) -> bool:
    """Whether the first sentence says that the answer is not known, or not in the document. Later ones are not read.

    That is `locale.unknown`, whatever its end mark, or a usual way to say so in any of the languages. No abstention: a condition
    ("If you don't know your PIN, ask"), another's ignorance ("You don't know"), "I don't know anyone who …", a refusal ("I can't
    help with that"), a doubt that goes on ("I'm not sure, perhaps 5 %"), and whatever goes on to give an answer in the same
    sentence ("I don't know the month, but the fee is 5 %"). An apology in front is passed over, as a sentence too.
    """
    said = next((sentence for sentence in _sentences(text) if not LEAD.fullmatch(sentence)), "")
    if said and said == _first(locale.unknown):
        return True
    found = BEGINS.match(said) or HOLDS.search(said)
    return bool(found and not CONDITION.match(said) and not BUT.search(said, found.end()))


@functools.lru_cache(maxsize=16)
def _first(phrase: str) -> str:
    return next(_sentences(phrase), "")


def _sentences(text: str) -> Iterator[str]:
    """Sentences that have a word, as the patterns know them."""
    plain = SIGNS.sub("", INVISIBLE.sub("", text)).translate(LETTERS)
    for sentence in SENTENCE_END.split(plain):
        clauses = [
            " ".join(word for word in words(clause) if any(map(str.isalnum, word))) for clause in CLAUSE_END.split(sentence)
        ]
        if any(clauses):
            yield " , ".join(clause for clause in clauses if clause)
