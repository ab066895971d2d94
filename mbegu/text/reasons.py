"""Why a row is dropped or changed: every reason that a line of a ledger bears begins with one of these.

What follows a reason names the case: `f"{REFUSAL}: as an ai"`. No reason begins another.
"""

# Dropped: what a teacher said nothing to
NOT_RECORDED = "not recorded"
NOT_ANSWERED = "refused by the endpoint"
# Dropped: replies of a teacher that was asked about a passage
NO_JSON = "reply without JSON"
OTHER_SHAPE = "reply of another shape"
QUESTION_CUT_OFF = "question cut off"
QUESTION_ELSEWHERE = "question about something else"
QUESTION_WITHOUT_WORDS = "question without words"
QUESTION_TWICE = "the same question twice"
ANSWERABLE = "asked as one that is answered"
HALF_ANSWER = "half an answer"
ANSWER_CUT_OFF = "answer cut off"
ANSWER_WITHOUT_WORDS = "answer without words"
ANSWER_REPEATS = "answer repeats the question"
ANSWER_WITHOUT_QUOTE = "answer without a quote"
QUOTE_ELSEWHERE = "quote not in the passage"
UNKNOWN = "the teacher does not know"
ANSWER_ELSEWHERE = "answer not from the passage"
STANDS_NOWHERE = "stands nowhere in the passage"
WRONG_SUM = "sum comes out otherwise"
FACT_TWICE = "the same fact twice"
NO_QUESTION = "no question"
GIVES_AWAY = "question holds its answer"
ONE_SIDED = "link names one side"

# Dropped: texts of any source
CUT_OFF = "cut off"
EMPTY = "empty"
CONTROL_TOKEN = "control token"
LEADING_PUNCTUATION = "leading punctuation"
TOO_SHORT = "too short"
TOO_LONG = "too long"
BLACKLISTED = "blacklisted topic"
WRONG_SCRIPT = "wrong script"
ANSWER_EQUALS = "answer equals"
REFUSAL = "refusal"
REPETITIVE = "repetitive"
SAME_QUESTION = "same question"

# Dropped: candidates for a version
NOT_NOVEL = "not novel"
BEYOND_TARGET = "beyond the target"
BEYOND_CHUNKS = "beyond the number of chunks"
BEYOND_ADS = "beyond the number of ads"
BEYOND_ROWS = "beyond the number of rows"
NOT_IN_PASSAGE = "not answered by its passage"
NO_CHUNK = "its passage is no trained chunk"
NO_OTHER = "no other passage"
NO_SUBJECT = "ad without a subject"
NO_INSTANCE = "no instance"
NOT_REVIEWED = "not reviewed"
REJECTED = "rejected by review"
NEAR_HELD_OUT = "near a held-out row"
DESCENDS = "descends from"
ASKS_HELD_OUT = "asks the same as the held-out row"

# Dropped: records of a set, chunks, rows of a version
NOT_VALID = "not valid"
NOT_READABLE = "not readable"
BINARY = "holds a NUL byte"
TOOL_CALL = "tool call"
INPUT_ELSEWHERE = "input elsewhere"
WRONG_TYPE = "wrong type"
RAGGED = "ragged"
SURROGATE = "half of a surrogate pair"
ONLY_REASONING = "reasoning without an answer"
TEMPLATE = "prompt template"
DUPLICATE = "duplicate"
NEAR_DUPLICATE = "near-duplicate"
SHORTER = "shorter than"
LONGER = "longer than"
SAME_TEXT = "same text as in"

# Dropped: labels of messages
NO_MESSAGE = "no such message"
# Dropped: messages of a chat
UNREADABLE = "unreadable"
OTHER_CHAT = "chat of another type"
UNKNOWN_KIND = "unknown kind of message"
SERVICE = "service message"
UNSUPPORTED = "unsupported message"
WITHOUT_NUMBER = "message without a number"
WITHOUT_TEXT = "without text"
OLDER_VERSION = "older version"
REPOST = "repost"
NEAR_REPOST = "near repost"

# Left out: files of a set
NOT_READ = "left out"

# Lost: samples of a reply of which another one stayed
SAME_REPLY = "the same as the reply that stayed"
AGREES_LESS = "agrees less with the other replies"

# Kept
CONTRADICTS = "contradicts"

# Changed
EDITED = "edited by review"
REPAIRED = "repaired"
MADE_TEXT = "made text"
CUT_TO = "cut to"

# The order in which filters run. Drafts and sets have their own, as a set's answers are measured after they are compared with the
# question, a teacher's instructions before there is an answer.
DRAFTED = (
    NOT_RECORDED, NOT_ANSWERED, NO_SUBJECT, BEYOND_ADS, NOT_IN_PASSAGE, NO_CHUNK, BEYOND_ROWS, NO_OTHER, NO_JSON, OTHER_SHAPE,
    QUESTION_CUT_OFF, QUESTION_ELSEWHERE, QUESTION_WITHOUT_WORDS,
    QUESTION_TWICE, ANSWERABLE, HALF_ANSWER, ANSWER_CUT_OFF, ANSWER_WITHOUT_WORDS, ANSWER_REPEATS, ANSWER_WITHOUT_QUOTE,
    QUOTE_ELSEWHERE, UNKNOWN, ANSWER_ELSEWHERE, STANDS_NOWHERE, WRONG_SUM,
    CUT_OFF, EMPTY, CONTROL_TOKEN, LEADING_PUNCTUATION, TOO_SHORT, TOO_LONG,
    BLACKLISTED, WRONG_SCRIPT, NOT_NOVEL, BEYOND_TARGET, NO_INSTANCE, NOT_REVIEWED, REJECTED, ANSWER_EQUALS, REFUSAL,
    REPETITIVE, SAME_QUESTION, NEAR_HELD_OUT, DESCENDS,
)  # fmt: skip
LOADED = (
    NOT_VALID, NOT_READABLE, BINARY, WRONG_TYPE, TOOL_CALL, RAGGED, SURROGATE, EMPTY, INPUT_ELSEWHERE, ONLY_REASONING, TEMPLATE,
    CONTROL_TOKEN, ANSWER_EQUALS, REFUSAL, TOO_SHORT, TOO_LONG, REPETITIVE, DUPLICATE, SAME_QUESTION, NEAR_DUPLICATE,
)  # fmt: skip
INGESTED = (
    UNREADABLE, OTHER_CHAT, WITHOUT_NUMBER, UNSUPPORTED, SERVICE, UNKNOWN_KIND, WITHOUT_TEXT, TOO_SHORT, OLDER_VERSION, REPOST,
    NEAR_REPOST,
)  # fmt: skip
