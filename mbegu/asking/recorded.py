"""A teacher that replays a recording: what `mbegu memo export` wrote, or anyone in the same form."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mbegu.asking.memo import Answer, Request, request_key
from mbegu.asking.teachers import Teacher
from mbegu.errors import BadInput
from mbegu.models.manifest import sha256
from mbegu.rows.jsonl import read_lines


def recorded(path: Path) -> Teacher:
    """Replays {"request", "answer"} lines; who was asked then does not matter, what was asked does.

    Raises:
        BadInput: no such file, or a line that is no recording; when asked, a request that is not in it.
    """
    answers: dict[str, Answer] = {}
    for where, line in read_lines(path, ("request", "answer")):
        request, answer = line.get("request"), line.get("answer")
        if not isinstance(request, dict) or not isinstance(answer, dict) or not isinstance(answer.get("text"), str):
            raise BadInput(f"{where}: expected 'request' and 'answer' objects, the answer with a 'text'.")
        answers[_content_key(request)] = {"tokens": 0, "finish_reason": "stop", **answer}

    def ask(requests: list[Request]) -> Iterator[tuple[Request, Answer]]:
        for request in requests:
            answer = answers.get(_content_key(request))
            if answer is None:
                raise BadInput(
                    f"{path}: has no answer to request {request_key(request)[:16]}, which begins "
                    f"{request['prompt'][:80]!r}; record it with a live teacher and export its memo."
                )
            yield request, answer

    return Teacher({"kind": "recorded", "file": sha256(path)}, ask, lambda text: len(text) // 4)


def _content_key(request: dict[str, Any]) -> str:
    return request_key({key: value for key, value in request.items() if key != "teacher"})
