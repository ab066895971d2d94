"""One engine for all who ask: models in memory once, questions of several visitors answered side by side.

An answer is a function of its question, model and settings: who else asks at the time is of no effect on any of its bytes
(`mbegu.asking.places`). `mbegu ask` and the app both ask here, and so say the same.
"""

import queue
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from traceback import print_exception
from typing import Any, NamedTuple

import torch

from mbegu.asking import places
from mbegu.asking.decoding import Decoding
from mbegu.asking.generation import Wanted, generate, sampler
from mbegu.asking.places import Places
from mbegu.asking.prompts import prompt_text
from mbegu.asking.speakers import Speaker, ends_of, question_ids, switch
from mbegu.text.reasoning import without_reasoning

ROWS = 8  # answered side by side by one model; on a CPU a step costs little more than that of one row
BUCKET = 128  # tokens of prompt and answer are rounded up to a multiple of it, so that few shapes occur
WAITING = 64
TAGS = "<[◁"  # with which a tag of a reasoning model may begin


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


class Said(NamedTuple):
    """An answer as it grows; each one's text begins with the text of the one before."""

    text: str
    tokens: int  # generated so far, without the end
    finish_reason: str  # "" while it grows, then "stop" or "length"
    seconds: float  # since it was asked


class _Asked:
    """A question on its way."""

    def __init__(self, question: Question, prompt: list[int], length: int) -> None:
        self.question, self.prompt, self.length = question, prompt, length
        self.said: queue.SimpleQueue[Said | Exception] = queue.SimpleQueue()
        self.left, self.tokens, self.start = threading.Event(), [], time.perf_counter()  # type: ignore[var-annotated]
        decoding = question.decoding
        self.choose = sampler([question.seed], decoding.temperature, decoding.top_p) if decoding.temperature else None


class _Room(NamedTuple):
    """Rows of one model and one length."""

    speaker: str
    length: int
    places: Places
    rows: list[_Asked | None]


class Engine:
    """Speakers by name, and the thread in which they speak."""

    def __init__(self, speakers: Mapping[str, Speaker], tokenizer: Any, waiting: int = WAITING) -> None:
        self.speakers, self.tokenizer = dict(speakers), tokenizer
        self._ends = {name: ends_of(speaker, tokenizer) for name, speaker in speakers.items()}
        self._most, self._waiting, self._rooms = waiting, deque[_Asked](), dict[tuple[str, int], _Room]()
        self._changed, self._closed, self._speaking = threading.Condition(), False, ""
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def ask(self, question: Question) -> Iterator[Said]:
        """The answer as it grows; its last state is the whole answer. Who closes the iterator stops the model at its next token.

        Raises:
            BadInput: as `question_ids`, at once; so Busy and Stopped.
            Failed, Stopped: while it is heard.
        """
        asked = self._admitted(question)
        return self._heard(asked)

    def load(self) -> tuple[int, int]:
        """(questions being answered, questions that wait)."""
        with self._changed:
            return sum(one is not None for room in self._rooms.values() for one in room.rows), len(self._waiting)

    def close(self) -> None:
        """Ends every answer where it is, and waits for the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _admitted(self, question: Question) -> _Asked:
        speaker, most = self.speakers[question.speaker], question.decoding.max_new_tokens
        prompt = question_ids(speaker, self.tokenizer, question.instruction, question.input, most)
        asked = _Asked(question, prompt, -(-(len(prompt) + most) // BUCKET) * BUCKET)
        with self._changed:
            if self._closed:
                raise Stopped("The server is being stopped; ask again when it is back.")
            if len(self._waiting) >= self._most:
                raise Busy(f"{len(self._waiting)} questions wait already; ask again in a minute.")
            self._waiting.append(asked)
            self._changed.notify()
        return asked

    def _heard(self, asked: _Asked) -> Iterator[Said]:
        try:
            while True:
                said = asked.said.get()
                if isinstance(said, Exception):
                    raise said
                yield said
                if said.finish_reason:
                    return
        finally:
            asked.left.set()

    def _run(self) -> None:
        while not self._closed:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._waiting or self._rooms)
            if asked := self._next():
                self._let_in(asked)
            for key, room in list(self._rooms.items()):
                self._go_on(key, room)
        for asked in [*self._waiting, *(one for room in self._rooms.values() for one in room.rows if one)]:
            asked.said.put(Stopped("The server was stopped in the middle of the answer; ask again when it is back."))

    def _next(self) -> _Asked | None:
        """The first who waits and for whom there is room; those who left go."""
        with self._changed:
            self._waiting = deque(one for one in self._waiting if not one.left.is_set())
            for asked in self._waiting:
                room = self._rooms.get((asked.question.speaker, asked.length))
                if room is None or None in room.rows:
                    self._waiting.remove(asked)
                    return asked
        return None

    def _let_in(self, asked: _Asked) -> None:
        speaker = self.speakers[asked.question.speaker]
        key = asked.question.speaker, asked.length
        try:
            self._switch(key[0])
            if not places.can_share(speaker.model):
                asked.said.put(self._alone(asked, speaker))
                return
            if key not in self._rooms:
                self._rooms[key] = _Room(*key, Places(ROWS, asked.length, speaker.model.device), [None] * ROWS)
            room = self._rooms[key]
            row = room.rows.index(None)
            room.rows[row] = asked
            self._hear(room, row, places.enter(speaker.model, room.places, row, asked.prompt))
        except Exception as error:
            self._fail([asked], error)

    def _alone(self, asked: _Asked, speaker: Speaker) -> Said:
        """The whole answer of a model of another kind, one at a time."""
        question = asked.question
        text = prompt_text(speaker.prompt, self.tokenizer, question.instruction, question.input)
        wanted, special = [Wanted(text, question.seed)], not speaker.prompt.chat
        found = generate(
            wanted, question.decoding, 1, speaker.model, self.tokenizer, special_tokens=special, label="Answer"
        )
        _, answer = next(iter(found))
        text = without_reasoning(answer["text"]).text or answer["text"]
        return Said(text, answer["tokens"], answer["finish_reason"], time.perf_counter() - asked.start)

    def _switch(self, name: str) -> None:
        if self._speaking != name:
            switch(self.speakers[name])
            self._speaking = name

    def _go_on(self, key: tuple[str, int], room: _Room) -> None:
        room.rows[:] = [None if one is None or one.left.is_set() else one for one in room.rows]
        if not any(room.rows):
            del self._rooms[key]
            return
        try:
            self._switch(room.speaker)
            tokens = [one.tokens[-1] if one else 0 for one in room.rows]
            logits = places.step(self.speakers[room.speaker].model, room.places, tokens)
            for row, one in enumerate(room.rows):
                if one:
                    self._hear(room, row, logits[row])
        except Exception as error:
            self._fail([one for one in room.rows if one], error)

    def _hear(self, room: _Room, row: int, logits: torch.Tensor) -> None:
        """Chooses the next token of a row from its logits (vocabulary,), and says what the answer has become."""
        asked = room.rows[row]
        assert asked is not None
        scores = logits[None] if asked.choose is None else asked.choose(logits, logits[None])
        token = int(scores.argmax(-1))
        ended = token in self._ends[room.speaker]
        asked.tokens += [] if ended else [token]
        cut = len(asked.tokens) == asked.question.decoding.max_new_tokens
        reason = "stop" if ended else "length" if cut else ""
        text = spoken(self.tokenizer.decode(asked.tokens, skip_special_tokens=True), bool(reason))
        asked.said.put(Said(text, len(asked.tokens), reason, time.perf_counter() - asked.start))
        if reason:
            room.rows[row] = None

    def _fail(self, several: list[_Asked], error: Exception) -> None:
        print_exception(error)
        for asked in several:
            asked.left.set()
            asked.said.put(Failed(problem(error)))


def spoken(text: str, whole: bool) -> str:
    """What is said so far, without reasoning; of one that still grows, no more than is sure to stay."""
    text = text.strip()
    if whole:
        return without_reasoning(text).text or text
    found = without_reasoning(text.rstrip("\ufffd"))
    begun = max(map(found.text.rfind, TAGS))
    return (found.text if begun < 0 or len(found.text) - begun > 60 else found.text[:begun]).rstrip()


def problem(error: Exception) -> str:
    """What a visitor is told of an error of the model."""
    if isinstance(error, MemoryError) or "allocate memory" in str(error) or "out of memory" in str(error):
        return "The machine has too little memory for this answer; ask with less text, for a shorter answer, or of one model."
    return f"The model failed ({type(error).__name__}: {error}); nothing else is lost, ask again."
