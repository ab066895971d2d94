"""What an endpoint says: the text and its end, or what went wrong, in whatever form a server gives it."""

import json
from typing import Any, NamedTuple

import regex

from mbegu.asking.memo import Answer
from mbegu.asking.served import ANY_MODEL, same_model

MOST_BYTES_A_TOKEN = 64  # no tokenizer's token is longer; an answer beyond it did not come from the model that was asked
SHOWN = 300  # characters of what a server says
AGAIN, LATE, SLOW, PROMPT, FIELD, STOP = "again", "late", "slow", "prompt", "field", "stop"
FILTERED = ("content_filter", "content-filter", "safety", "recitation", "prohibited_content", "refusal", "blocklist", "spii")
BROKEN = ("error", "abort", "cancelled")
# Keys under which servers put words, the plainest first
SAYING = (
    "message",
    "detail",
    "msg",
    "error_description",
    "error_message",
    "error_msg",
    "error",
    "errors",
    "metadata",
    "raw",
    "reasons",
)
THOUGHT = ("thinking", "reasoning", "redacted_thinking", "thought", "reasoning_content")
MODERATED = regex.compile(
    r"content[ _-]?(?:filter|policy|management)|moderat|flagged|safety|unsafe|inappropriate|data_inspection|policy violation|"
    r"violates? |prohibited|sensitive",
    regex.IGNORECASE,
)
TOO_LONG = regex.compile(
    r"context[ _](?:length|window|size)|maximum context|too (?:long|large|many tokens)|reduce the length|range of input length|"
    r"exceeds? the (?:available|maximum|model)",
    regex.IGNORECASE,
)
COMPLAINT = regex.compile(
    r"support|recogni[sz]ed|unknown|unexpected|permitted|allowed|extra|invalid|must be|deprecated|incompatible|instead|accept|"
    r"not exist|not found|out of range|greater than|less than|cannot|can't|forbidden|should be|expected",
    regex.IGNORECASE,
)


class Trouble(NamedTuple):
    """Why there is no answer."""

    kind: str  # what may pass, took too long, may pass with fewer at once; this one prompt, a field, or all there is to ask
    said: str  # the server's own words, in one line
    field: str = ""  # the one that is refused
    wait: float = 0.0  # seconds that the server asks for


class Heard(NamedTuple):
    """An answer, and the tokens that it cost."""

    answer: Answer
    usage: dict[str, int]


def read(body: str, limit: int | None, model: str = "") -> Heard | Trouble:
    """A chat completion.

    Args:
        body: of an HTTP answer with status 200.
        limit: tokens that were asked for at most; None if the request said nothing of it.
        model: that was asked for; nothing if any may answer.
    """
    try:
        found = json.loads(body)
    except ValueError:
        what = "not JSON" if body.lstrip()[:1] in ("{", "[", "") else "no chat completion"
        return Trouble(AGAIN, f"an answer that is {what} ({_line(body)!r})")
    choices = found.get("choices") if isinstance(found, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    if isinstance(found, dict) and found.get("error") and not choice:
        return _error(found["error"], found)
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        return Trouble(AGAIN, f"an answer that is no chat completion ({_line(body)!r})")
    if model and isinstance(found.get("model"), str) and not same_model(model, found["model"]):
        return Trouble(STOP, f"an answer of the model {_line(found['model'])!r} where {model!r} was asked for; {ANY_MODEL}")
    return _choice(choice, message, _usage(found), limit)


def _choice(choice: dict[str, Any], message: dict[str, Any], usage: dict[str, int], limit: int | None) -> Heard | Trouble:
    reason = str(choice.get("finish_reason") or "stop")
    if choice.get("error"):
        return _error(choice["error"], choice)
    if reason.lower() in BROKEN:
        return Trouble(AGAIN, f"an answer that ended with {reason!r}")
    declined = message.get("refusal") or _parts(message.get("content"), "refusal")
    if reason.lower() in FILTERED or declined:
        return Trouble(
            PROMPT, ": ".join(filter(None, (reason if reason.lower() in FILTERED else "refusal", _line(str(declined or "")))))
        )
    text = _text(message.get("content"))
    if text is None:
        return Trouble(AGAIN, f"an answer that is no chat completion ({_line(json.dumps(message, ensure_ascii=False))!r})")
    if limit and len(text.encode(errors="replace")) > MOST_BYTES_A_TOKEN * limit:
        return Trouble(PROMPT, f"an answer of {len(text):,} characters to a request for {limit} tokens")
    cut = limit and usage["completion_tokens"] >= limit  # some servers say "stop" whatever ended it
    text = text.encode("utf-8", errors="replace").decode()
    answer = {"text": text.strip(), "tokens": usage["completion_tokens"], "finish_reason": "length" if cut else reason}
    return Heard(answer, usage)


def _text(content: Any) -> str | None:
    """Of a message: a text, or the parts that are no reasoning; None if it is neither."""
    if content is None or isinstance(content, str):
        return content or ""
    return _parts(content, "text") if isinstance(content, list | dict) else None


def _parts(content: Any, key: str) -> str:
    """What the parts of a message hold under a key, joined."""
    if isinstance(content, str) or content is None:
        return ""
    found: list[Any] = []
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, str) and key == "text":
            found.append(part)
        elif isinstance(part, dict) and part.get("type") not in THOUGHT:
            value = part.get(key)
            found.append(value.get("value", "") if isinstance(value, dict) else value)
    return "".join(value for value in found if isinstance(value, str))


def _usage(found: dict[str, Any]) -> dict[str, int]:
    said = found.get("usage")
    counts = said if isinstance(said, dict) else {}
    names = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}
    values: dict[str, Any] = {name: counts.get(name, counts.get(other)) for name, other in names.items()}
    return {name: int(value) if isinstance(value, int | float) else 0 for name, value in values.items()}


def _error(error: Any, body: Any) -> Trouble:
    """An error in an answer with status 200."""
    code = error.get("code", error.get("status")) if isinstance(error, dict) else None
    said = f"an error: {words(json.dumps(body, ensure_ascii=False))}"
    if MODERATED.search(said):
        return Trouble(PROMPT, said)
    status = int(str(code)) if str(code).isdigit() else 0
    return (
        refused(status, json.dumps(body, ensure_ascii=False), ())._replace(said=said) if status >= 400 else Trouble(AGAIN, said)
    )


def refused(status: int, body: str, fields: tuple[str, ...]) -> Trouble:
    """What an HTTP error means for what is still to be asked.

    Args:
        fields: names in the request that a server may refuse, beside the model's and the messages.
    """
    said = words(body)
    told = f"HTTP {status}: {said}"
    if status in (429, 529):
        return Trouble(SLOW, told)
    if status in (408, 409, 425) or status >= 500:
        return Trouble(AGAIN, told)
    if MODERATED.search(said) or (status in (400, 413, 422) and TOO_LONG.search(said)):
        return Trouble(PROMPT, told)
    if status in (400, 404, 422) and (field := _field(body, said, fields)):
        return Trouble(FIELD, told, field)
    if status == 413 or (status in (400, 422) and not regex.search(r"\bmodel\b.*(?:not exist|not found|unknown|invalid)", said)):
        return Trouble(PROMPT, told)
    return Trouble(STOP, told)


def _field(body: str, said: str, fields: tuple[str, ...]) -> str:
    """The field that a server complains of, if it is one of these."""
    named = regex.search(r'"param"\s*:\s*"([\w.]+)', body)
    if named and named[1].split(".")[0] in fields:
        return str(named[1].split(".")[0])
    where = [(found.start(), field) for field in fields if (found := regex.search(rf"(?<!\w){regex.escape(field)}(?!\w)", said))]
    return min(where)[1] if where and COMPLAINT.search(said) else ""


def words(body: str) -> str:
    """What a server says in an error's body, in one line: the text in its JSON, wherever that stands, or of its page."""
    try:
        found = json.loads(body)
    except ValueError:
        return (
            _line(regex.sub(r"<(?:script|style)\b.*?</(?:script|style)>|<[^<>]*>", " ", body, flags=regex.DOTALL)) or "no words"
        )
    return _line("; ".join(dict.fromkeys(_said(found)))) or "no words"


def _said(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for one in value for text in _said(one)]
    if not isinstance(value, dict):
        return [str(value)] if value not in (None, "", True, False) else []
    if "loc" in value and "msg" in value:  # pydantic's
        place = value["loc"] if isinstance(value["loc"], list) else [value["loc"]]
        return [f"{'.'.join(map(str, place))}: {value['msg']}"]
    told = [text for key in SAYING for text in _said(value.get(key))]
    told += [value[key] for key in ("code", "type") if told and isinstance(value.get(key), str)]
    return told or [text for one in value.values() for text in _said(one)]


def _line(text: str) -> str:
    return " ".join(text.split())[:SHOWN]
