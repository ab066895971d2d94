"""One engine for all who ask: models in memory once, questions of several visitors answered side by side.

An answer is a function of its question, model and settings: who else asks at the time is of no effect on any of its bytes
(`mbegu.asking.slots`). `mbegu ask`, the app's pages and its API all ask here, and so say the same.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from traceback import print_exception
from typing import Any, NamedTuple

import torch

from mbegu.asking.generation import Wanted, generate, sampler
from mbegu.asking.prompts import prompt_text
from mbegu.asking.slots import Slots, in_slots, knows
from mbegu.asking.speakers import Speaker, ends_of, question_ids, switch
from mbegu.asking.visits import (
    LONGEST_TAG,
    Answer,
    Busy,
    Failed,
    Question,
    Said,
    Stopped,
    begins_reasoning,
    problem,
    spoken,
    tidied,
)
from mbegu.errors import BadInput

ROWS = 8  # answered side by side by one model; a step costs little more than that of one row
BUCKET = 128  # tokens of prompt and answer are rounded up to a multiple of it, so that few shapes occur
WAITING = 64
HELD = 2**16  # tokens of all rows of all rooms; of SmolLM2-135M in bfloat16 their keys and values are 1.4 GiB
CLOSED = "The server was stopped before the answer was whole; ask again when it is back."


class Told(NamedTuple):
    """What an engine has done since it was made."""

    answers: Counter[tuple[str, str]]  # whole ones, by speaker and finish reason
    tokens: Counter[str]  # by speaker
    first: list[float]  # how many first tokens came, and after how many seconds in all
    switches: list[float]  # how many changes of the model there were, and how many seconds they took


class _Room(NamedTuple):
    """Rows of one model and one length."""

    speaker: str
    slots: Slots
    rows: list[Answer | None]


class Engine:
    """Speakers by name, and the thread in which they speak."""

    def __init__(
        self, speakers: Mapping[str, Speaker], tokenizer: Any, waiting: int = WAITING, most_read: int | None = None
    ) -> None:
        """`waiting` questions may wait, and a prompt may have `most_read` tokens."""
        self.speakers, self.tokenizer = dict(speakers), tokenizer
        self.told = Told(Counter(), Counter(), [0, 0.0], [0, 0.0])
        self.most_waiting, self._most_read = waiting, most_read
        self._ends = {name: ends_of(speaker, tokenizer) for name, speaker in speakers.items()}
        self._waiting, self._rooms = deque[Answer](), dict[tuple[str, int], _Room]()
        self._changed, self._closed, self._speaking = threading.Condition(), False, ""
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def ask(self, question: Question) -> Answer:
        """The answer, on its way.

        Raises:
            BadInput: as `tidied` and `question_ids`, or the prompt is longer than it may be.
            Busy, Stopped: see there.
        """
        instruction, input_ = tidied(question.instruction, question.input)
        question = question._replace(instruction=instruction, input=input_)
        decoding, most = question.decoding, question.decoding.max_new_tokens
        prompt = question_ids(self.speakers[question.speaker], self.tokenizer, instruction, input_, most)
        if self._most_read and len(prompt) > self._most_read:
            raise BadInput(
                f"Your message: {len(prompt)} tokens with its prompt; {self._most_read} are read here; ask with less text."
            )
        choose = sampler([question.seed], decoding.temperature, decoding.top_p) if decoding.temperature else None
        reasons = begins_reasoning(self.tokenizer.decode(prompt[-LONGEST_TAG:]))
        answer = Answer(question, prompt, -(-(len(prompt) + most) // BUCKET) * BUCKET, choose, reasons)
        with self._changed:
            if self._closed:
                raise Stopped(CLOSED)
            self._waiting = deque(one for one in self._waiting if not one.left.is_set())
            if len(self._waiting) >= self.most_waiting:
                raise Busy(f"{len(self._waiting)} questions wait already; ask again in a minute.")
            self._waiting.append(answer)
            self._changed.notify()
        return answer

    def closed(self) -> bool:
        """Whether nobody can ask any more."""
        return self._closed

    def load(self) -> tuple[int, int]:
        """(questions being answered, questions that wait)."""
        with self._changed:
            return sum(one is not None for room in list(self._rooms.values()) for one in room.rows), len(self._waiting)

    def close(self) -> None:
        """Ends every answer where it is, and waits for the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._closed or self._waiting or self._rooms))
            if answer := self._next():
                self._let_in(answer)
            for key in list(self._rooms):
                self._go_on(key)
        with self._changed:
            for answer in [*self._waiting, *(one for room in self._rooms.values() for one in room.rows if one)]:
                answer.put(Stopped(CLOSED))
            self._waiting.clear()

    def _next(self) -> Answer | None:
        """The first who waits and for whom there is a free row, or space for a room; those who left go.

        Who waits for such space holds up all behind: a long question would wait until nobody asks a short one.
        """
        with self._changed:
            self._waiting = deque(one for one in self._waiting if not one.left.is_set())
            for answer in self._waiting:
                room = self._rooms.get((answer.question.speaker, answer.length))
                if room is None and not self._fits(answer):
                    return None
                if room is None or None in room.rows:
                    self._waiting.remove(answer)
                    return answer
        return None

    def _fits(self, answer: Answer) -> bool:
        held = sum(ROWS * length for _, length in self._rooms)
        return not held or held + ROWS * answer.length <= HELD

    def _let_in(self, answer: Answer) -> None:
        name = answer.question.speaker
        model, key = self.speakers[name].model, (name, answer.length)
        try:
            self._switch(name)
            if not knows(model):
                self._alone(answer)
                return
            if key not in self._rooms:
                self._rooms[key] = _Room(name, Slots(ROWS, answer.length - 1, 1, 1, model.device), [None] * ROWS)
            room = self._rooms[key]
            row = room.rows.index(None)
            room.rows[row] = answer
            with in_slots(model):
                token = self._hear(room, row, room.slots.admit(model, answer.prompt, row))
            room.slots.begin(*(torch.tensor([number], device=model.device) for number in (row, len(answer.prompt), token)))
        except Exception as error:
            self._fail(key, [answer], error)

    def _alone(self, answer: Answer) -> None:
        """The whole answer of a model of another kind, one at a time."""
        question = answer.question
        speaker = self.speakers[question.speaker]
        text = prompt_text(speaker.prompt, self.tokenizer, question.instruction, question.input)
        wanted = Wanted(text, question.seed, left=lambda: self._closed or answer.left.is_set())
        special = not speaker.prompt.chat
        found = generate([wanted], question.decoding, 1, speaker.model, self.tokenizer, special_tokens=special, label="Answer")
        _, said = next(iter(found))
        if self._closed:
            answer.put(Stopped(CLOSED))
        if self._closed or answer.left.is_set():
            return
        whole = answer.state(spoken(said["text"], True), said["finish_reason"])._replace(tokens=said["tokens"])
        self._say(answer, whole)

    def _switch(self, name: str) -> None:
        if self._speaking != name:
            start = time.perf_counter()
            switch(self.speakers[name])
            self._speaking = name
            _add(self.told.switches, time.perf_counter() - start)

    def _go_on(self, key: tuple[str, int]) -> None:
        """The next token of every row of a room; a room that nobody is in goes."""
        room = self._rooms[key]
        room.rows[:] = [None if one is None or one.left.is_set() else one for one in room.rows]
        if not any(room.rows):
            del self._rooms[key]
            return
        try:
            self._switch(room.speaker)
            model = self.speakers[room.speaker].model
            with in_slots(model):
                logits = room.slots.following(model)
            tokens = [self._hear(room, row, logits[row]) if one else 0 for row, one in enumerate(room.rows)]
            room.slots.go_on(torch.tensor(tokens, device=model.device))
            room.slots.place[[row for row, one in enumerate(room.rows) if one is None]] = 0
        except Exception as error:
            self._fail(key, [one for one in room.rows if one], error)

    def _hear(self, room: _Room, row: int, logits: torch.Tensor) -> int:
        """Chooses the next token of a row from its logits (vocabulary,), and says what the answer has become."""
        answer = room.rows[row]
        assert answer is not None
        scores = logits[None] if answer.choose is None else answer.choose(logits, logits[None])
        token = int(scores.argmax(-1))
        ended = token in self._ends[room.speaker]
        answer.tokens += [] if ended else [token]
        cut = len(answer.tokens) == answer.question.decoding.max_new_tokens
        reason = "stop" if ended else "length" if cut else ""
        if reason:
            room.rows[row] = None
        text = spoken(self.tokenizer.decode(answer.tokens, skip_special_tokens=True), bool(reason), answer.reasons)
        self._say(answer, answer.state(text, reason))
        return token

    def _say(self, answer: Answer, said: Said) -> None:
        name = answer.question.speaker
        if said.tokens == 1 or (said.finish_reason and said.tokens == 0):
            _add(self.told.first, said.seconds)
        if said.finish_reason:
            self.told.answers[name, said.finish_reason] += 1
            self.told.tokens[name] += said.tokens
        answer.put(said)

    def _fail(self, key: tuple[str, int], several: list[Answer], error: Exception) -> None:
        """Tells those who were being answered, and gives up their room with what it remembers."""
        print_exception(error)
        room = self._rooms.pop(key, None)
        others = [one for one in room.rows if one] if room else []
        for answer in {id(one): one for one in [*several, *others]}.values():
            answer.put(Failed(problem(error)))


def _add(sums: list[float], seconds: float) -> None:
    sums[0] += 1
    sums[1] += seconds
