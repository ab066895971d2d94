"""What passes between someone who asks and the engine that answers: the question, and the answer as it grows."""

import queue
import threading
import time
from typing import Any, NamedTuple

from mbegu.asking.decoding import Decoding
from mbegu.rows.row import text_field
from mbegu.text.reasoning import TAGS, without_reasoning

BEGINS = "<[◁"  # with which a tag of a reasoning model may begin
LONGEST_TAG = 120  # characters; see mbegu/text/reasoning.py
BEAT = 0.5  # seconds after which whoever waits for an answer looks whether anyone still waits for them


class Busy(Exception):
    """Too many questions wait already. The message says so."""


class Stopped(Exception):
    """The engine was closed before the answer was whole. The message says so."""


class Failed(Exception):
    """The model failed. The message says how, and what to do."""


class Question(NamedTuple):
    """What someone asks."""

    speaker: str
    instruction: str
    input: str
    decoding: Decoding
    seed: int = 0  # of no effect when the decoding is greedy


def tidied(instruction: str, input_: str) -> tuple[str, str]:
    """Both texts of a question as rows have them: NFC, trimmed.

    Raises:
        BadInput: there is no question, or a text holds half a character.
    """
    typed = {"question": instruction, "input": input_}
    asked, about = (text_field(typed, key, "Your message", required=key == "question") for key in typed)
    return asked, about


class Said(NamedTuple):
    """An answer as it grows; each one's text begins with the text of the one before."""

    text: str
    tokens: int  # generated so far, without the end
    finish_reason: str  # "" while it grows, then "stop" or "length"
    seconds: float  # since it was asked
    read: int  # tokens of the prompt


class Answer:
    """An answer on its way, as an iterator over its states; the last one is whole. Close it to stop the model at its next token.

    Iterating and waiting raise Failed if the model fails, and Stopped if the engine is closed before the answer is whole.
    """

    def __init__(self, question: Question, prompt: list[int], length: int, choose: Any, reasons: bool) -> None:
        self.question, self.prompt, self.length, self.choose, self.reasons = question, prompt, length, choose, reasons
        self.tokens: list[int] = []
        self.left = threading.Event()  # nobody listens any more
        self._said: queue.SimpleQueue[Said | Exception] = queue.SimpleQueue()
        self._start = time.perf_counter()

    def __iter__(self) -> "Answer":
        return self

    def __next__(self) -> Said:
        if self.left.is_set() and self._said.empty():
            raise StopIteration
        said = self.wait(None)
        assert said is not None
        return said

    def wait(self, seconds: float | None) -> Said | None:
        """The next state; None if there is none within so many seconds, so that whoever waits can look whether to go on."""
        try:
            said = self._said.get(timeout=seconds)
        except queue.Empty:
            return None
        if isinstance(said, Exception):
            self.left.set()
            raise said
        if said.finish_reason:
            self.left.set()
        return said

    def close(self) -> None:
        """Leaves; whoever still waits in `next` hears that it is over."""
        if not self.left.is_set():
            self.left.set()
            self._said.put(Stopped("Nobody waits for the answer any more."))

    def put(self, said: Said | Exception) -> None:
        """The engine's side."""
        self._said.put(said)

    def state(self, text: str, reason: str) -> Said:
        """What is said by now."""
        return Said(text, len(self.tokens), reason, time.perf_counter() - self._start, len(self.prompt))


def begins_reasoning(prompt: str) -> bool:
    """Whether a prompt ends with a tag that begins reasoning, as the chat templates of some models have it."""
    end = prompt[-LONGEST_TAG:].rstrip()
    return any(tag["open"] and tag.end() == len(end) for tag in TAGS.finditer(end))


def spoken(text: str, whole: bool, reasons: bool = False) -> str:
    """What is said so far, without reasoning; of one that still grows, no more than is sure to stay.

    Args:
        text: all tokens so far, decoded; the last may be a part of a character.
        reasons: whether the prompt has begun reasoning; what grows is that until a tag closes it.
    """
    text = text.strip()
    if whole:
        return without_reasoning(text).text or text
    if reasons and all(tag["open"] for tag in TAGS.finditer(text)):
        return ""
    found = without_reasoning(text.rstrip("\ufffd"))
    begun = max(map(found.text.rfind, BEGINS))
    held = begun >= 0 and len(found.text) - begun <= LONGEST_TAG
    return (found.text[:begun] if held else found.text).rstrip()


def problem(error: Exception) -> str:
    """What a visitor is told of an error of the model."""
    if isinstance(error, MemoryError) or any(said in str(error) for said in ("allocate memory", "out of memory")):
        return "The machine has too little memory for this answer; ask with less text, for a shorter answer, or fewer models."
    return f"The model failed ({type(error).__name__}: {error}); nothing else is lost, ask again."
