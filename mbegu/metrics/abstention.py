"""Does the model say that it does not know where it can't know, and only there?

Source: Yin et al. 2023, "Do Large Language Models Know What They Don't Know?" (arXiv 2305.18153): precision, recall and
F1 of abstaining, where a row marked unanswerable is a positive. They find an abstention by the similarity of sentence
embeddings; here it is a list of phrases in English, Swahili, Amharic and Arabic, so that one can see why an answer counts.

>>> from mbegu.metrics.modules import Abstention
>>> metric = Abstention(keep_in_memory=True)
>>> said = ["I don't know.", "Sijui.", "It pays 9 percent."]
>>> result = metric.compute(predictions=said, references=[True, False, True])
>>> result == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "abstained": 2 / 3}
True
"""

from collections.abc import Iterator

import regex

from mbegu.text.words import INVISIBLE, words

CITATION = """@inproceedings{yin-etal-2023-large, title = "Do Large Language Models Know What They Don't Know?",
author = "Yin, Zhangyue and Sun, Qiushi and Guo, Qipeng and Wu, Jiawen and Qiu, Xipeng and Huang, Xuanjing",
booktitle = "Findings of the Association for Computational Linguistics: ACL 2023", year = "2023", pages = "8653--8665"}"""

SENTENCE_END = regex.compile(r"""[.!?…]+["'”’»)\]*_]*(?=\s|$)|[።؟。！？\n]""")
CLAUSE_END = regex.compile(r"[,;:،؛፣፤፥(–—]")
# Arabic is written with and without vowel signs, stretching and the hamza of an alif
SIGNS = regex.compile(r"[\u064B-\u065F\u0670\u0640]+")
LETTERS = str.maketrans("أإآʼ", "ااا'")

# The patterns below meet a sentence as `_sentences` gives it: lower-cased words, " , " between clauses, "don t".
LEAD = (
    r"sorry|i m sorry|i am sorry|i m afraid|i am afraid|but|unfortunately|honestly|well|no|answer|the answer is"
    r"|(?:based on|from|according to) the (?:document|text)|samahani|pole|lakini|kwa bahati mbaya|mimi"
    r"|عذرا|اسف|انا|للاسف|لكن|ولكن"
)
# "I don't know anyone who …" and "I don't know of a fund that …" tell something, "'I don't know' is no answer" too.
KNOWS_NOT = regex.compile(
    rf"(?:(?:{LEAD})\b[ ,]*+)*+"
    r"(?:(?:i|we) (?:really |honestly |actually )?(?:don t|do not|dont) (?:know|have (?:that|this|enough) information)"
    r"|(?:i|we) have no idea|sijui|hatujui|sifahamu|sina habari|لا (?:اعرف|اعلم|ادري))\b"
    r"(?! (?:anyone|anybody|any|of|a|an|you|is|mtu|yeyote|احدا|احد|اي)\b)"
)
# Amharic says it last: "መልሱን አላውቅም". "ማንንም አላውቅም" is "I know no one".
KNOWS_NOT_LAST = regex.compile(r"(?<!ማንንም )\b(?:አላውቅም|አላውቀውም|አላውቃትም|አናውቅም|አናውቀውም)(?= ,|$)")
SOURCE = r"(?:given |provided )?(?:document|text|passage|context|excerpt|article|paragraph|source|input)s?"
STATE = r"(?:state|say|mention|specify|give|provide|disclose|include|contain|explain|indicate|cover|tell)"
STATED = r"(?:stated|said|mentioned|specified|given|provided|available|found|disclosed|included|explained|indicated|covered)"
NOT_STATED = regex.compile(
    rf"\b(?:not (?:{STATED} )?|no (?:information|mention|answer)(?: \w+){{0,6}} )(?:anywhere )?(?:in|by) (?:the|this|that|your) "
    rf"{SOURCE}(?: provided| given| above)?(?= ,|$)"
    rf"|^(?:the|this|that|your) {SOURCE} (?:does not|doesn t|doesnt|do not|don t) {STATE}\b"
    r"|\bha(?:i|u|ya|li|vi|ki)(?:(?:ja|ku)\w{3,}|\w+wi|po|mo) (?:katika|kwenye) (?:hati|waraka|maandishi|matini|andiko)\b"
    r"|^(?:hati|waraka|maandishi|matini|andiko) (?:hii |huu |haya |hiyo |huo )?ha(?:i|u|ya|li)(?:semi|taji|elezi)\b"
    r"|\b(?:በ?ሰነዱ|በ?ጽሑፉ|በ?ጽሁፉ|በ?ፅሁፉ)(?: \w+){0,2} (?:አልተገለ[ጸፀ]ም|አልተጠቀሰም|የለም|አይገል[ጽፅ]ም|አይጠቅስም|አይናገርም|አይልም)(?= ,|$)"
    r"|\b(?:لم [يت]ذكر|غير (?:مذكور|موجود|وارد)ة?)(?: \w+)? في (?:هذا |هذه )?(?:النص|الوثيقة|المستند|المقال)\b"
    r"|^(?:النص|الوثيقة|المستند|المقال) لا [يت](?:ذكر|قول|حدد)\b|^لا [يت](?:ذكر|قول|حدد) (?:النص|الوثيقة|المستند|المقال)\b"
)
# An answer follows: "I don't know the month, but the fee is 5 %". Not so: "I don't know, but you can ask the bank".
BUT = regex.compile(
    r"\b(?:but|however|although|though)\b(?! (?:please |you (?:can|could|should|may|might) )?(?:ask|check|contact|consult|see)\b)"
    r"|\b(?:lakini|ila|ግን|لكن|ولكن|لكنه|لكنها)\b"
)
# A condition says nothing of the speaker: "If the fee is not stated in the document, ask the manager."
IF = regex.compile(r"(?:if|when|where|whenever|unless|suppose|ikiwa|kama|iwapo|endapo|اذا|لو)\b")


def abstains(text: str) -> bool:
    """Whether the first sentence says that the answer is not known, or not in the document. Later ones are not read.

    No abstention: a condition ("If you don't know your PIN, ask"), another's ignorance ("You don't know"), "I don't know
    anyone who …", a refusal ("I can't help with that"), a doubt ("I'm not sure"), and whatever goes on to give an answer in
    the same sentence ("I don't know the month, but the fee is 5 %"). An apology in front is passed over, as a sentence too.
    """
    said = next((sentence for sentence in _sentences(text) if not regex.fullmatch(rf"(?:(?:{LEAD})\b[ ,]*+)++", sentence)), "")
    found = KNOWS_NOT.match(said) or KNOWS_NOT_LAST.search(said) or NOT_STATED.search(said)
    return bool(found and not IF.match(said) and not BUT.search(said, found.end()))


def _sentences(text: str) -> Iterator[str]:
    """Sentences that have a word, as the patterns know them."""
    plain = SIGNS.sub("", INVISIBLE.sub("", text)).translate(LETTERS)
    for sentence in SENTENCE_END.split(plain):
        clauses = [
            " ".join(word for word in words(clause) if any(map(str.isalnum, word))) for clause in CLAUSE_END.split(sentence)
        ]
        if any(clauses):
            yield " , ".join(clause for clause in clauses if clause)
