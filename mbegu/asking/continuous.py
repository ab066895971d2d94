"""Greedy answers on a GPU: a row that has ended makes room for the next prompt, and steps run from a CUDA graph.

transformers' own `generate_batch` puts any number of tokens into a batch, so that the rounding of an answer may depend on who
else is answered at the time. Here every product has the same shape throughout, whoever is in it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch

from mbegu.asking.slots import Slots, in_slots, knows

BUCKET = 128  # prompts are filled up to a multiple of it; recordings and memory are for one such width
ENTERING = 8  # prompts that are read at once
STEPS = 8  # between two looks at who has ended, each of which waits for the GPU


def can_answer(model: Any) -> bool:
    """Whether a model runs on a GPU and is of a kind that is known here."""
    return model.device.type == "cuda" and knows(model)


def padded(length: int) -> int:
    """The width in tokens to which a prompt is filled up."""
    return -(-length // BUCKET) * BUCKET


def answer(
    prompts: Sequence[list[int]], model: Any, rows: int, max_new_tokens: int, ends: list[int]
) -> Iterator[tuple[int, list[int]]]:
    """Answers prompts of the same width.

    Args:
        prompts: token ids.
        rows: answered side by side.
        ends: the tokens that end an answer.

    Yields:
        (position of the prompt, tokens of its answer, with the end, if there is one, and what stands behind it).
    """
    width = padded(max(map(len, prompts)))
    state = Slots(rows, width, max_new_tokens, STEPS, model.device)
    with in_slots(model):
        door = Door.of(min(ENTERING, rows), width, model.device)
        step = _recorded(lambda: state.step(model), model.device)
        enter = _recorded(lambda: state.enter(model, *door), model.device)
    waiting = list(range(len(prompts)))[::-1]
    busy: dict[int, int] = {}  # rows, and the prompts in them
    while waiting or busy:
        with in_slots(model):
            free = [row for row in range(rows) if row not in busy]
            while waiting and len(free) >= min(ENTERING, len(waiting), rows):
                group = [waiting.pop() for _ in range(min(ENTERING, len(waiting), len(free)))]
                taken, free = free[: len(group)], free[len(group) :]
                door.fill([prompts[index] for index in group], taken)
                enter()
                busy |= dict(zip(taken, group, strict=True))
            for _ in range(STEPS):
                step()
        yield from _ended(state, busy, max_new_tokens, ends)


class Door(NamedTuple):
    """Where prompts lie that are going to be read."""

    prompts: torch.Tensor  # (entering rows, width), filled up behind their ends
    lengths: torch.Tensor  # (entering rows,), tokens of each
    rows: torch.Tensor  # (entering rows,), where they go

    @classmethod
    def of(cls, rows: int, width: int, device: torch.device) -> "Door":
        """An empty one."""
        prompts, lengths = torch.zeros(rows, width, dtype=torch.int64), torch.ones(rows, dtype=torch.int64)
        return cls(prompts.to(device), lengths.to(device), torch.arange(rows, device=device))

    def fill(self, prompts: list[list[int]], rows: list[int]) -> None:
        """Puts prompts in that go to these rows; there is always the same number, so the first one fills up."""
        entering, width = self.prompts.shape
        missing = entering - len(prompts)
        prompts, rows = prompts + prompts[:1] * missing, rows + rows[:1] * missing
        self.prompts.copy_(torch.tensor([prompt + [0] * (width - len(prompt)) for prompt in prompts]))
        self.lengths.copy_(torch.tensor([len(prompt) for prompt in prompts]))
        self.rows.copy_(torch.tensor(rows))


def _ended(state: Slots, busy: dict[int, int], most: int, ends: list[int]) -> Iterator[tuple[int, list[int]]]:
    """Takes the answers that have ended out of `busy`, with the positions of their prompts."""
    made, counts = state.made.tolist(), state.count.tolist()
    for row in list(busy):
        tokens = made[row][: min(counts[row], most)]
        if len(tokens) == most or not set(ends).isdisjoint(tokens):
            yield busy.pop(row), tokens


def _recorded(run: Callable[[], None], device: torch.device) -> Callable[[], None]:
    """What `run` does, from a CUDA graph where there is a GPU; there it is done once now."""
    if device.type != "cuda":
        return run
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):  # loads kernels and makes room for keys and values, which can't be recorded
        run()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):
        run()
    return graph.replay
