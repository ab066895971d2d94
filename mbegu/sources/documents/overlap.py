"""Is a question or an answer about the passage that it was made from? Its words tell, in languages that bend them, too."""

from mbegu.metrics.faithfulness import k_precision
from mbegu.text.kin import akin
from mbegu.text.words import words

MOST = 0.6
# They ask, and the passage answers: no passage has to hold them. Amharic writes its prepositions in front of them.
QUESTION_WORDS = {
    "en": "what which who whom whose when where why how",
    "sw": "je nini gani nani lini wapi vipi ngapi kwanini upi ipi kipi yupi zipi lipi yapi",
    "am": "ምን ምንድን ምንድነው ምንድናቸው ለምን በምን ከምን ማን ማነው ማንን ለማን በማን የማን ከማን መቼ እስከመቼ ከመቼ የት ከየት ወዴት እንዴት ስንት በስንት ለስንት የስንት "
    "የትኛው የትኛዋ የትኛውን በየትኛው ለየትኛው የቱ የቷ",
    "ar": "ما ماذا من متى اين أين كيف كم لماذا هل اي أي",
}
ASKING = frozenset(" ".join(QUESTION_WORDS.values()).split())


def overlaps(text: str, passage: str, least: float) -> bool:
    """Whether a passage holds enough of the words of a text.

    Enough is `least` of its words as they stand (K-Precision), or three fifths (`least`, if that is more) where a word of one
    stem counts and a question word does not. The second is for languages in which a word seldom comes twice in one form; of 483
    questions that the embedded teacher asked in English, none passes it that did not pass the first.

    Args:
        least: 0 to 1.
    """
    if k_precision(text, passage) >= least:
        return True
    said, known = [word for word in words(text) if word not in ASKING], set(words(passage))
    held = sum(word in known or any(akin(word, other) for other in known) for word in said)
    return bool(said) and held >= max(least, MOST) * len(said)
