"""Instruction Following Score: the share of responses that read as an answer and not as a continuation of the question.

Source: AlShikh et al. 2023, "Becoming self-instruct: introducing early stopping criteria for minimal instruct tuning"
(arXiv 2307.03692), §4. A base model goes on writing the question, and then asks more. As in the paper a small classifier,
trained on answers and on the later parts of cut instructions, tells the two apart; ours learns from the project's own rows
and therefore in their languages. It judges form, never truth: a wrong answer is an answer.

Cross-validated on the 92 rows of data/seeds/v1.jsonl it is right for 91 % of the texts: 80 % of those of up to ten words,
98 % from 40 words on. It goes by words such as "What", "How", "my" and "this" against "The", "It" and "your", by the first
six words, commas and capitals. It sees no question mark (counting them alone would be right for 95 %) and no length, for
every continuation meets a beginning of an answer as long as it.

>>> topics = ["fee", "price", "tax", "yield", "coupon", "unit", "share", "bond", "bill", "cheque"]
>>> asked, answer = "What is the usual {} here?", "The {} is fixed by law."
>>> rows = [{"instruction": asked.format(it), "input": "", "output": answer.format(it)} for it in topics]
>>> said = ["The premium is fixed by law.", "usual premium here? What is the fee here? What is the tax here?"]
>>> from mbegu.metrics.modules import InstructionFollowing
>>> InstructionFollowing(keep_in_memory=True).compute(predictions=said, rows=rows)
{'ifs': 0.5, 'accuracy': 1.0}
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import regex

from mbegu.errors import BadInput
from mbegu.text.words import INVISIBLE, fold, words

CITATION = """@article{alshikh2023becoming, title = "Becoming self-instruct: introducing early stopping criteria for minimal
instruct tuning", author = "AlShikh, Waseem and Daaboul, Manhal and Goddard, Kirk and Imel, Brock and Kamble, Kiran and
Kulkarni, Parikshith and Russak, Melisa", journal = "arXiv preprint arXiv:2307.03692", year = "2023"}"""

FOLDS = 5
LEAST = 10
BATCH = 1000  # texts that are judged at a time: as numbers, each takes many times its own memory
# The continuations of a row: (quarter at which its instruction is cut, or None for no rest of it; questions that follow)
CONTINUATIONS = ((2, 0), (None, 1), (1, 1), (2, 1), (3, 1), (1, 3), (2, 3), (3, 3), (None, 5))
OPENING = 6  # words that count as the beginning of a text
# where a word begins, by Unicode's segmentation (UAX #29): in scripts without spaces, too
WORD_START = regex.compile(r"\b(?=[\p{L}\p{N}])", regex.WORD)
TOKEN = regex.compile(r"[\p{L}\p{M}\p{N}]+|\S")
QUESTION_MARK = regex.compile("[?؟፧？]")
NUMBER = regex.compile(r"\p{N}+(?:[.,٫٬]\p{N}+)*")
FINAL_MARKS = regex.compile(r"[^\p{L}\p{M}\p{N}]+$")
START = "\x02"


class Classifier(NamedTuple):
    """Tells answers from continuations."""

    pipeline: Any  # texts to 1 (an answer) or 0
    accuracy: float  # cross-validated by row, 0 to 1
    rows: int  # that it learned from


def learn(rows: Sequence[dict[str, Any]]) -> Classifier:
    """Learns from the answered rows; the same rows in the same order give the same coefficients.

    Raises:
        BadInput: fewer than 10 answered rows with different instructions.
    """
    from sklearn.linear_model import LogisticRegression  # takes seconds, which those who only name the score must not wait
    from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
    from sklearn.pipeline import make_pipeline

    answered = [row for row in rows if row["output"].strip()]
    asked = [fold(row["instruction"]) for row in answered]
    if len(set(asked)) < LEAST:
        found = f"{len(set(asked))} answered rows with different instructions, expected at least {LEAST}"
        raise BadInput(f"instruction following score: {found}; answer more of them, or name other rows in score.following.")
    examples = list(_examples(answered, asked))
    texts, labels, folds = ([example[part] for example in examples] for part in range(3))
    features, model = _features(), LogisticRegression(C=10, solver="liblinear", random_state=0)
    seen = features.fit_transform(texts)  # hashing learns nothing, so that it may see all folds
    guessed = cross_val_predict(model, seen, labels, groups=folds, cv=LeaveOneGroupOut())
    accuracy = sum(map(bool, guessed == labels)) / len(labels)
    return Classifier(make_pipeline(features, model.fit(seen, labels)), accuracy, len(answered))


def _examples(rows: Sequence[dict[str, Any]], asked: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """(text, 1 for an answer or 0, fold). Rows that ask the same share a fold, and no text has words of two folds."""
    from sklearn.model_selection import GroupKFold

    for number, (_, chosen) in enumerate(GroupKFold(FOLDS).split(rows, groups=asked)):
        for place, at in enumerate(chosen):
            others = [asked[chosen[(place + step) % len(chosen)]] for step in range(1, 6)]
            continuations = [_continuation(asked[at], others, *plan) for plan in CONTINUATIONS]
            # an answer's beginning for every continuation, equally long, lest length tell them apart
            lengths = [len(WORD_START.findall(text)) for text in continuations[:-1]]
            yield from ((_span(rows[at]["output"], 0, length), 1, number) for length in lengths)
            yield rows[at]["output"], 1, number
            yield from ((text, 0, number) for text in continuations)


def _continuation(instruction: str, others: Sequence[str], quarter: int | None, following: int) -> str:
    length = len(WORD_START.findall(instruction))
    rest = [] if quarter is None else [_span(instruction, length * quarter // 4, length)]
    return "\n".join([*rest, *others[:following]])


def _span(text: str, start: int, end: int) -> str:
    """The text from word `start` up to word `end`, counted from 0; marks before the first word belong to it."""
    places = [0, *[match.start() for match in WORD_START.finditer(text)][1:], len(text)]
    return text[places[min(start, len(places) - 1)] : places[min(end, len(places) - 1)]].strip()


def _features() -> Any:
    """Words and their pairs, those of the opening once more, and trigrams of characters for languages of long words."""
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.pipeline import make_union

    common = {"n_features": 2**17, "alternate_sign": False, "lowercase": False, "preprocessor": _shown, "token_pattern": None}
    return make_union(
        HashingVectorizer(ngram_range=(1, 2), tokenizer=TOKEN.findall, **common),
        HashingVectorizer(ngram_range=(1, 2), tokenizer=_opening, **common),
        HashingVectorizer(ngram_range=(3, 3), analyzer="char_wb", **common),
    )


def _shown(text: str) -> str:
    """What the classifier sees. No question mark, which would be all that it learns; no mark at the end, since continuations
    end with one and cut answers don't; each number as 0."""
    whole = text.encode("utf-8", "replace").decode()  # scikit-learn fails on half a surrogate pair
    plain = FINAL_MARKS.sub("", fold(INVISIBLE.sub("", whole)))
    return f"{START} {NUMBER.sub('0', QUESTION_MARK.sub('.', plain))}"


def _opening(text: str) -> list[str]:
    return [match.group() for match, _ in zip(TOKEN.finditer(text), range(OPENING + 1), strict=False)]


def reads_as_answer(classifier: Classifier, texts: Sequence[str]) -> list[bool]:
    """Whether each text reads as an answer; one without a word doesn't."""
    return [*judged(classifier, texts)]


def judged(classifier: Classifier, texts: Iterable[str]) -> Iterator[bool]:
    """As `reads_as_answer`, of texts that are taken as they are judged."""
    waiting = iter(texts)
    while some := [*islice(waiting, BATCH)]:
        guessed = classifier.pipeline.predict(some)
        yield from (bool(guess) and words(text) != [] for guess, text in zip(guessed, some, strict=True))
