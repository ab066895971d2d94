"""How people say that they do not know, or that a text does not say: a block of patterns for each language.

A fourth language is one more entry of `PHRASES`. Patterns meet a sentence as `abstention` gives it: lower-cased words with " , "
between clauses, "don t" for "don't", one letter for those of Ethiopic that sound alike. Repetitions are bounded.
"""

from typing import NamedTuple

NO = r"(?!)"


class Phrases(NamedTuple):
    """One language; a part that it does not need is `NO`."""

    leads: str  # words in front that say nothing: apologies, "according to the text"
    begins: str  # the sentence, or what follows its leads, begins so
    holds: str  # the sentence has it anywhere, up to an end of a clause where the pattern asks for it
    but: str  # an answer follows after all
    condition: str  # a sentence that begins so says nothing of the speaker


# English: "I don't know anyone who …" and "I don't know of a shop that …" tell something, "'I don't know' is no answer" too.
_SOURCE = (
    r"(?:(?:the|this|that|your) (?:given |provided )?(?:document|text|passage|context|excerpt|article|paragraph|source|input)s?)"
)
_STATE = (
    r"(?:state|say|mention|specify|give|provide|disclose|explain|indicate|cover|tell|answer|address|discuss|name"
    r"|(?:contain|include)(?! any (?!(?:information|details?|answers?|mention|data)\b))"
    r"|have (?:any |enough |the |this |that )?(?:information|details?|answer))s?"
)
_STATED = r"(?:stated|said|mentioned|specified|given|provided|available|found|disclosed|included|explained|indicated|covered)"
_FACTS = r"(?:information|details?|answers?|data|indication|mention)"
_NOT = r"(?:not|\w{2,6}n t)"
ENGLISH = Phrases(
    leads=r"sorry|i m sorry|i am sorry|i m afraid|i am afraid|but|unfortunately|honestly|well|no(?= (?:, |i |we ))|answer"
    r"|the answer is"
    rf"|(?:based on|from|according to) {_SOURCE}",
    begins=r"(?:i|we) (?:really |honestly |actually )?(?:don t|do not|dont) know\b"
    r"(?! (?:anyone|anybody|any|of|a|an|you|is)\b)"
    rf"|(?:i|we) have no idea\b|(?:i|we) (?:have no|(?:don t|do not) have (?:any|that|this|the|enough)) (?:\w+ )?{_FACTS}\b"
    r"|(?:i m|i am|we re|we are) (?:not sure|not certain|unsure)(?: (?:of|about) (?:the answer|that|this|it))?$"
    r"|(?:i|we) (?:can ?not|can t|could not|couldn t|did not|didn t|am unable to|was unable to|were unable to)"
    r" (?:find|tell|determine|say|know|see|answer)"
    rf"(?: (?:(?:the|an|any) (?:answer|information)\b|(?:\w+ ){{0,6}}(?:in|from) {_SOURCE}))"
    r"|(?:i|we) (?:can t|can ?not) (?:tell|say|know) from\b"
    rf"|{_SOURCE} (?:also |simply )?(?:does not|doesn t|doesnt|do not|don t|did not|didn t|never) {_STATE}\b"
    rf"|{_SOURCE} (?:gives?|has|have|contains?|provides?|offers?|holds?|includes?)"
    rf" (?:no|not enough|insufficient) (?:\w+ )?{_FACTS}\b"
    rf"|{_SOURCE} (?:(?:says?|states?|mentions?|tells?(?: us)?|gives?) nothing|(?:is|are) silent)\b"
    rf"|nothing (?:in {_SOURCE}|is|was) (?:says?|said|states?|stated|mentions?|mentioned|tells?|explains?)\b"
    rf"|there (?:(?:is|s|are|was) (?:no|not (?:enough|any|sufficient)|insufficient)|isn t (?:enough|any)|aren t any) {_FACTS}\b"
    r"(?! (?:desk|sheet|booth|office|point)\b)"
    r"|(?:no|not enough|insufficient) (?:information|details?|data)"
    rf"(?:$| ,| (?:on|about|given|available|provided|found)\b| (?:is|was|are|were) {_STATED}\b)"
    r"|no answer (?:(?:can|could) be|is|was) (?:found|given|provided|available|stated)\b"
    r"|(?:(?:it|this|that|(?:the|this|that) (?:answer|information|detail|question)) )?(?:(?:is|was|s|has|have) )?"
    rf"{_NOT}(?: been)?(?: explicitly| clearly| directly)?"
    r" (?:stated|mentioned|specified|disclosed|explained|answered|known)(?= ,|$)"
    rf"|(?:(?:the|this|that) )?(?:answer|information)(?: is| was)? {_NOT} {_STATED}(?= ,|$)"
    rf"|(?:(?:the answer|it|this|that)(?: is| s| remains)? )?(?:unknown|unclear|not clear)(?: from {_SOURCE})?$"
    r"|(?:the|this|that|your) question (?:can ?not|can t|could not|couldn t) be answered\b"
    r"|(?:the answer|it|this|that) (?:can ?not|can t|could not|couldn t) be (?:determined|found|known|inferred|answered)\b"
    r"|it (?:is|s) (?:impossible|not possible) to (?:tell|say|know|determine)\b",
    holds=rf"\b(?:{_NOT} (?:{_STATED} )?|no (?:information|mention|answer)(?: \w+){{0,6}} )(?:anywhere )?(?:in|by) {_SOURCE}"
    r"(?: provided| given| above)?(?= ,|$)",
    # an answer follows in "I don't know the month, but the fee is 5 %", not in "I don't know, but you can ask the bank"
    but=r"(?:but|however|although|though)\b"
    r"(?! (?:please |you (?:can|could|should|may|might) )?(?:ask|check|contact|consult|see)\b)",
    condition=r"(?:if|when|where|whenever|unless|suppose)",
)

_HATI = (
    r"(?:hati|waraka|nyaraka|maandishi|matini|andiko|kifungu|makala|aya|maelezo yaliyotolewa)"
    r"(?: (?:hii|huu|hizi|haya|hiki|hili|hiyo|huo|hizo|hayo|hicho|hilo))?"
)
_TAARIFA = r"(?:taarifa|habari|maelezo|jibu|majibu|data)"
_HA = r"ha(?:i|u|ya|li|vi|ki|zi|ku)"
SWAHILI = Phrases(
    leads=rf"samahani|pole|lakini|kwa bahati mbaya|kwa kweli|mimi|(?:kulingana na|kwa mujibu wa|kutokana na) {_HATI}",
    begins=r"(?:sijui|hatujui|sifahamu|hatufahamu)\b(?! (?:mtu|yeyote)\b| ku(?!husu|na\b)\w+)"  # "sijui kusoma": I can't read
    rf"|(?:sina|hatuna) {_TAARIFA}\b(?! (?:zaidi|fupi)\b)"
    r"|(?:sina|hatuna) uhakika(?: (?:na|wa|kuhusu|juu ya) (?:jibu|swali|jambo|hilo|hili)(?: \w+){0,2})?$"
    rf"|(?:sijapata|sikupata|sijaona|sikuona|siwezi kupata|hatujapata|hatukupata) {_TAARIFA}\b"
    rf"|{_HATI} {_HA}(?:ku|ja)?(?:semi|sema|taji|taja|elezi|eleza|toi|toa|onyeshi|onyesha|bainishi|bainisha)\b"
    rf"|{_HATI} {_HA}(?:ku|ja)?jibu(?= ,|$| (?:swali|maswali|hilo|hili)\b)"
    rf"|{_HATI} {_HA}na (?:\w+ )?{_TAARIFA}\b"
    rf"|hakuna {_TAARIFA}"
    r"(?:$| ,| (?:kuhusu|juu ya|(?:ya|za|la) kutosha|yoyote|zozote|lolote|hiyo|hizo|hayo|hilo|kwenye|katika)\b)"
    rf"|{_TAARIFA}(?: (?:\w+ ){{0,4}}(?:hiyo|hizo|hayo|hilo|hii|hizi|haya|hili))? {_HA}"
    rf"(?:(?:po|mo)(?= ,|$| (?:kwenye|katika) {_HATI})|(?:patikani|julikani|jatolewa|kutolewa|kupatikana)\b)"
    rf"|(?:(?:jambo )?(?:hilo|hili|hiyo|hii) )?{_HA}(?:(?:ja|ku)(?:tajwa|elezwa|andikwa|bainishwa)|julikani)(?= ,|$)",
    holds=rf"\b{_HA}(?:(?:ja|ku)\w{{3,}}|\w+wi|po|mo|patikani) (?:katika|kwenye) {_HATI}\b",
    but=r"(?:lakini|ila)\b",
    condition=r"(?:ikiwa|kama|iwapo|endapo|ukiwa)",
)

_SENED = r"(?:ሰነዱ|ጽሁፉ|አንቀጹ|ምንባቡ|መጣጥፉ|ዶክመንቱ)"
_MEREJA = r"(?:መረጃ|መረጃው|መረጃውን|መልስ|መልሱ|መልሱን|ማብራሪያ)"
AMHARIC = Phrases(
    leads=rf"ይቅርታ|እኔ|ግን|እንደ አለመታደል ሆኖ|በ{_SENED} መሰረት",
    begins=r"(?:ይህ |መልሱ |መረጃው |ይህ መረጃ )?(?:አልተገለጸም|አልተጠቀሰም|አይታወቅም)$"
    rf"|{_SENED}(?: \w+){{0,8}} (?:አይገልጽም|አልገለጸም|አይጠቅስም|አልጠቀሰም|አይናገርም|አይልም|አይመልስም|አያብራራም)(?= ,|$)"
    rf"|{_SENED}(?: \w+){{0,6}} {_MEREJA} (?:የለውም|አይሰጥም|አልያዘም)(?= ,|$)",
    # Amharic says it last: "መልሱን አላውቅም". "ማንንም አላውቅም" is "I know no one".
    holds=r"(?<!ማንንም )\b(?:አላውቅም|አላውቀውም|አላውቃትም|አናውቅም|አናውቀውም)(?= ,|$)"
    r"|\bእርግጠኛ አይደለሁም$"
    rf"|\b{_MEREJA} (?:የለኝም|የለንም|የለም|አልተሰጠም|አልተገኘም|አላገኘሁም|አላገኘሁትም|(?:ማግኘት|ላገኝ) አልቻልኩም)(?= ,|$)"
    rf"|\bበ{_SENED}(?: (?:ውስጥ|ላይ))? የለም(?= ,|$)"
    rf"|\bበ?{_SENED}(?: \w+){{0,2}} (?:አልተገለጸም|አልተጠቀሰም)(?= ,|$)"
    r"|\b(?:የተገለጸ|የተጠቀሰ|የተባለ) ነገር የለም(?= ,|$)"
    rf"|\bከ{_SENED}(?: \w+){{0,3}} (?:ማወቅ|መረዳት|ማግኘት) አይቻልም(?= ,|$)",
    but=r"ግን\b",
    condition=NO,
)

_NASS = r"(?:النص|الوثيقة|المستند|المقال)"
ARABIC = Phrases(
    leads=r"عذرا|اسف|انا|للاسف|لكن|ولكن",
    begins=r"لا (?:اعرف|اعلم|ادري)\b(?! (?:احدا|احد|اي)\b)"
    rf"|{_NASS} لا [يت](?:ذكر|قول|حدد)\b|لا [يت](?:ذكر|قول|حدد) {_NASS}\b",
    holds=rf"\b(?:لم [يت]ذكر|غير (?:مذكور|موجود|وارد)ة?)(?: \w+)? في (?:هذا |هذه )?{_NASS}\b",
    but=r"(?:لكن|ولكن|لكنه|لكنها)\b",
    condition=r"(?:اذا|لو)",
)

PHRASES = {"en": ENGLISH, "sw": SWAHILI, "am": AMHARIC, "ar": ARABIC}
