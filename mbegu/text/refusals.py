"""Answers that refuse: the usual ways of models to do so, a block of patterns for each language, and a project's own openings."""

from collections.abc import Iterable, Sequence

import regex

from mbegu.text import reasons
from mbegu.text.ethiopic import HOMOPHONES
from mbegu.text.words import words

SENTENCE_END = regex.compile(r"[.!?…]+(?=\s|$)|[።؟\n]")
APOSTROPHE = regex.compile(r"(?<=n|\bi) (?=[tm]\b)")  # of which words know nothing: "i can t"
SHOWN = 60  # words of an answer that are looked at

# The patterns meet a text from its beginning, as lower-cased words with " . " between sentences: "i m sorry . i can t".
# An apology alone is none: "I'm sorry for your loss. A nominee …", "Samahani kwa kuchelewa".
_SORRY = r"(?:(?:i m|i am|we re|we are)(?: very| so| really)? (?:sorry|afraid)|sorry|unfortunately|i apologi[sz]e|my apologies)"
_CANNOT = (
    r"(?:i|we) (?:can t|cannot|can not|could not|couldn t|won t|will not|am unable to|m unable to|are unable to|am not able to"
    r"|m not able to|won t be able to|must decline|have to decline|don t feel comfortable|am not (?:allowed|permitted) to"
    r"|m not (?:allowed|permitted) to)"
)
_AI = (
    r"(?:an? )?(?:ai|artificial intelligence|large language model|language model)"
    r"(?: (?:language )?(?:model|assistant|chatbot|system))?"
)
_DONE = (
    r"(?:help|assist|answer|provide|discuss|comply|fulfil|fulfill|complete|offer|support|engage|respond|generate|share|continue"
    r"|advise|recommend|access|browse|do (?:that|this)|give (?:you )?(?:advice|an answer|that|this)|write (?:that|this))"
)
ENGLISH = (
    rf"(?:{_SORRY}(?: \.)? (?:but )?(?:that )?)?"
    rf"(?:(?:as|being) {_AI}(?: (?:developed|created|trained|made) by \w+)? (?:i|my|it is)\b"
    rf"|i(?: am| m) (?:just |only )?{_AI}(?= (?:and|so|i|\.)|$)"
    rf"|{_CANNOT}(?: \w+)? {_DONE}\b|(?:i|we) (?:must|have to) decline\b|that(?: is| s) not something i can\b)"
    rf"|{_SORRY}(?: \.)? (?:but )?(?:that )?(?:{_CANNOT}\b|i (?:don t|do not) have (?:access|the ability)\b)"
)

_SAMAHANI = r"(?:samahani(?: sana)?|pole(?: sana)?|naomba radhi|nasikitika|kwa bahati mbaya)"
_SIWEZI = r"(?:siwezi|hatuwezi|sitaweza|sina uwezo wa|siruhusiwi|sijaruhusiwa)"
SWAHILI = (
    rf"{_SAMAHANI}(?: \.)? (?:lakini )?{_SIWEZI}\b"
    rf"|{_SIWEZI} (?:kusaidia|kukusaidia|kujibu|kujadili|kutimiza ombi|kutekeleza ombi|kushiriki|kuzungumzia"
    r"|(?:kutoa|kukupa) (?:jibu|ushauri|msaada|taarifa|maelezo|maoni))\b"
    rf"|(?:{_SAMAHANI} )?(?:kama|nikiwa|mimi ni) (?:ai|akili (?:bandia|mnemba|unde)|modeli ya lugha"
    r"|(?:programu|mfumo|msaidizi) wa (?:ai|akili \w+))"
    rf"(?: \w+){{0,6}} (?:{_SIWEZI}|sina)\b"
)

_YIKIRTA = r"(?:ይቅርታ|በጣም ይቅርታ|አዝናለሁ|በጣም አዝናለሁ)"
_ALCHILIM = r"(?:አልችልም|አንችልም|አልተፈቀደልኝም|አይፈቀድልኝም)"
AMHARIC = (
    rf"{_YIKIRTA}(?: \.)?(?: \w+){{0,7}} {_ALCHILIM}\b"
    rf"|(?:\w+ ){{0,5}}(?:መርዳት|ልረዳ\w*|መመለስ|ልመልስ\w*|(?:መልስ|ምክር|መረጃ) (?:መስጠት|ልሰጥ\w*)) {_ALCHILIM}\b"
    rf"|እንደ (?:ኤአይ|ai|የቋንቋ ሞዴል|ሰው ሰራሽ (?:አስተውሎት|የማሰብ ችሎታ))(?: \w+){{0,8}} (?:{_ALCHILIM}|የለኝም)\b"
)

LANGUAGES = {"en": ENGLISH, "sw": SWAHILI, "am": AMHARIC}
USUAL = regex.compile("|".join(f"(?:{pattern})" for pattern in LANGUAGES.values()).translate(HOMOPHONES))


def refuses(text: str, more: Sequence[str]) -> tuple[str, None] | None:
    """An answer that begins with a refusal, and which: one of the openings `more`, word by word, or a usual one.

    "I'm sorry, but I can't …" refuses, "I'm sorry for your loss" and "Samahani kwa kuchelewa" do not.
    """
    tokens = words(text)
    for opening in more:
        wanted = words(opening)
        if wanted and tokens[: len(wanted)] == wanted:
            return f"{reasons.REFUSAL}: {opening}", None
    found = USUAL.match(" . ".join(_sentences(text)).translate(HOMOPHONES))
    if not found:
        return None
    said = APOSTROPHE.sub("'", found[0])
    return f"{reasons.REFUSAL}: {said}", None


def _sentences(text: str) -> Iterable[str]:
    left = SHOWN
    for sentence in SENTENCE_END.split(text[: SHOWN * 20]):
        said = words(sentence)[:left]
        left -= len(said)
        if said:
            yield " ".join(said)
