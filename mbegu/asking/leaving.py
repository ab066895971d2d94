"""Answers on a CPU: a prompt is read alone, rows go on side by side, and one that has ended leaves.

What is computed for a row has a shape that its own request decides, so that its answer depends on nothing else: a prompt is
read by itself, and a step is taken by a fixed number of rows. Steps of fewer rows cost less. They are taken once no prompt
waits, if on this machine they give the rows that are left what the larger step gives them, to the last bit: that is tried with
the rows themselves, each time.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch

from mbegu.asking.slots import Slots, in_slots, knows, sliced_alike

Process = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]  # of token ids (1, so far) and scores (1, vocabulary), to scores


class Asked(NamedTuple):
    """A prompt, and what its answer is held to."""

    prompt: list[int]
    # called once when the prompt is read; each is given the prompt and the answer so far, and the likeliest token left is next
    held_to: Callable[[], Sequence[Process]] = tuple


class Room(NamedTuple):
    """What decides the shapes that are computed, beside a prompt's own length."""

    rows: int  # side by side
    width: int  # of the longest prompt that could be asked in these shapes, in tokens
    answer: int  # longest answer, in tokens


def can_answer(model: Any) -> bool:
    """Whether a model runs on a CPU and is of a kind that is known here."""
    return model.device.type == "cpu" and knows(model)


def can_share(model: Any, room: Room) -> bool:
    """Whether a room's length changes no bit of an answer, so that prompts of any width up to the room's may share it."""
    return _sliced(room.rows, room.width + room.answer, model)


def answer(asked: Sequence[Asked], model: Any, room: Room, ends: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
    """Answers prompts.

    Args:
        ends: the tokens that end an answer.

    Yields:
        (position of the prompt, tokens of its answer, with the end, if there is one).
    """
    said: dict[int, list[int]] = {}
    for index, token in speak(asked, model, room, ends):
        said.setdefault(index, []).append(token)
        if _whole(said[index], room, ends):
            yield index, said.pop(index)


def speak(asked: Sequence[Asked], model: Any, room: Room, ends: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The same, token by token.

    Yields:
        (position of the prompt, the next token of its answer), of all rows in turns.
    """
    state = Slots(room.rows, room.width, room.answer, 1, model.device)
    state.seen = 0 if can_share(model, room) else state.length
    waiting, busy, unequal = list(range(len(asked)))[::-1], dict[int, Turn](), set[int]()
    while waiting or busy:
        with in_slots(model):
            made = _enter(state, model, asked, waiting, busy, room)
            if not made:
                state.reach(int(state.place.max()) + 1)
                logits = state.following(model)
                made = _choose(logits, busy)
                if not waiting:
                    state, busy = _left(state, model, logits, busy, unequal)
                _go_on(state, busy)
        yield from made
        busy = {row: turn for row, turn in busy.items() if not _whole(turn.said, room, ends)}


class Turn(NamedTuple):
    """Who is in a row."""

    number: int  # the position of the prompt
    prompt: list[int]
    held_to: Sequence[Process]
    said: list[int]  # so far

    def choose(self, logits: torch.Tensor, likeliest: int) -> tuple[int, int]:
        """Says the next token, given logits (vocabulary,) and the likeliest by them."""
        if self.held_to:
            scores = logits[None].float()
            for process in self.held_to:
                scores = process(torch.tensor([self.prompt + self.said]), scores)
            likeliest = int(scores.argmax())
        self.said.append(likeliest)
        return self.number, self.said[-1]


def _enter(
    state: Slots, model: Any, asked: Sequence[Asked], waiting: list[int], busy: dict[int, Turn], room: Room
) -> list[tuple[int, int]]:
    """Reads the next prompt if a row is free for it, and says the first token of its answer."""
    free = next((row for row in range(room.rows) if row not in busy), None)
    if not waiting or free is None:
        return []
    one = asked[index := waiting.pop()]
    logits = state.admit(model, one.prompt, free)
    busy[free] = Turn(index, one.prompt, one.held_to(), [])
    first = busy[free].choose(logits, int(logits.argmax()))
    state.begin(torch.tensor([free]), torch.tensor([len(one.prompt)]), torch.tensor([first[1]]))
    return [first]


def _choose(logits: torch.Tensor, busy: dict[int, Turn]) -> list[tuple[int, int]]:
    """Says the next token of each row."""
    likeliest = logits.argmax(-1).tolist()
    return [turn.choose(logits[row], likeliest[row]) for row, turn in busy.items()]


def _go_on(state: Slots, busy: dict[int, Turn]) -> None:
    """Takes what was said; rows that nobody is in stay at the first place."""
    state.go_on(torch.tensor([busy[row].said[-1] if row in busy else 0 for row in range(len(state.token))]))
    state.place[[row for row in range(len(state.token)) if row not in busy]] = 0


def _sliced(rows: int, length: int, model: Any) -> bool:
    config = model.config
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return sliced_alike(rows, length, config.num_attention_heads, config.num_key_value_heads, size, model.dtype)


def _left(
    state: Slots, model: Any, logits: torch.Tensor, busy: dict[int, Turn], unequal: set[int]
) -> tuple[Slots, dict[int, Turn]]:
    """Half as many rows, if that is room enough and each has the logits that it has among all.

    Args:
        unequal: numbers of rows of which they had others; one is added where that is so.
    """
    half = len(state.token) // 2
    if half < max(1, len(busy)) or half in unequal:
        return state, busy
    rows = [*busy, *(row for row in range(len(state.token)) if row not in busy)][:half]
    fewer = state.of(rows)
    alike = state.seen == state.length or _sliced(half, state.length, model)
    if alike and torch.equal(fewer.following(model), logits[rows]):
        return fewer, dict(enumerate(busy.values()))
    unequal.add(half)
    return state, busy


def _whole(said: list[int], room: Room, ends: Sequence[int]) -> bool:
    return len(said) >= room.answer or said[-1] in ends
