"""A training step as a CUDA graph: recorded once for each shape of a batch, then run without Python.

A step of a model of a billion parameters is thousands of kernels of some microseconds, and launching them from Python takes
longer than running them (on an H100, 236 ms for what was done in 78). Batches have any number of tokens, so they are filled
up to few shapes: with a row of its own that nothing is learned from, and targets that do not count.
"""

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch

from mbegu.training.loss import completion_loss
from mbegu.training.packing import IGNORED

MOST = 32  # recordings; each has memory of its own for its kernels' arguments
SHORT = 512  # tokens of a row up to which batches share their recordings


class Shape(NamedTuple):
    """What batches have in common that share a recording."""

    tokens: int
    targets: int
    longest: int  # tokens of the longest row, or more


def shape(tokens: int, targets: int, longest: int) -> Shape:
    """The shape that a batch is filled up to: at most an eighth more tokens (of large batches a sixteenth), a quarter more
    targets."""
    below = _power(tokens)
    rounded = _up(tokens, max(min(below // 8, 128), below // 16))
    longest = max(longest, rounded - tokens, SHORT)
    return Shape(rounded, _up(targets, _power(targets) // 4), 1 << (longest - 1).bit_length())


def _power(number: int) -> int:
    """The largest power of two that is no larger."""
    return 1 << (number.bit_length() - 1)


def _up(number: int, step: int) -> int:
    """The next multiple."""
    return -(-number // step) * step if step else number


class Inputs(NamedTuple):
    """Where a recording reads a batch."""

    ids: torch.Tensor  # (1, tokens)
    positions: torch.Tensor  # (1, tokens)
    keep: torch.Tensor  # (targets,)
    labels: torch.Tensor  # (1, 1 + targets)
    starts: torch.Tensor  # (rows + 2,) int32
    items: torch.Tensor  # (), trained tokens over all accumulated batches

    def fill(self, batch: dict[str, Any], items: torch.Tensor) -> None:
        """Copies a batch in, as `packing.pack` makes it, and what it is filled up with."""
        given = (batch["input_ids"], batch["position_ids"], batch["logits_to_keep"], batch["labels"], batch["row_starts"])
        for place, values, filling in zip(self, given, (0, 0, 0, IGNORED, self.ids.shape[1]), strict=False):
            place.fill_(filling)
            place[..., : values.shape[-1]].copy_(values)
        self.items.copy_(items)


def inputs(wanted: Shape, rows: int, device: torch.device) -> Inputs:
    """Room for a batch of a shape, of at most so many rows."""
    sizes = ((1, wanted.tokens), (1, wanted.tokens), (wanted.targets,), (1, 1 + wanted.targets))
    ids, positions, keep, labels = (torch.zeros(size, dtype=torch.int64, device=device) for size in sizes)
    starts = torch.zeros(rows + 2, dtype=torch.int32, device=device)
    return Inputs(ids, positions, keep, labels, starts, torch.ones((), device=device))


class Recorder:
    """Makes a model's forward and backward passes from recordings.

    Gradients are added up where the parameters' `grad` lie, in the same places from step to step. Where checkpointing is
    allowed, it is turned on by the first batch that does not fit without: it computes the same, and takes longer.
    """

    def __init__(self, model: Any, rows: int, checkpointing: bool) -> None:
        self.model = model
        self.rows = rows  # of the largest batch
        self.may_checkpoint = checkpointing
        self.trained: Sequence[torch.nn.Parameter] = [value for value in model.parameters() if value.requires_grad]
        self.gradients = [torch.zeros_like(value) for value in self.trained]
        self.recordings: dict[Shape, tuple[Inputs, Callable[[], None], torch.Tensor]] = {}
        self.pool = torch.cuda.MemPool()  # of all recordings; a second one would need its memory twice
        self.stream = torch.cuda.Stream()
        self.works = True

    def step(self, batch: dict[str, Any], items: torch.Tensor) -> torch.Tensor:
        """Adds a batch's gradients, and returns its loss, to be read before the next step.

        Args:
            batch: from `packing.pack`, on the GPU.
            items: trained tokens over all accumulated batches.
        """
        self._gather_gradients()
        wanted = shape(batch["input_ids"].shape[1], len(batch["logits_to_keep"]), batch["longest_row"])
        if wanted not in self.recordings:
            if len(self.recordings) == MOST:
                self.recordings.pop(next(iter(self.recordings)))
            self.recordings[wanted] = self._record(wanted, batch, items)
        room, run, loss = self.recordings[wanted]
        room.fill(batch, items)
        run()
        return loss

    def _gather_gradients(self) -> None:
        if self.trained[0].grad is None:  # as the Trainer leaves them after an optimizer step
            torch._foreach_zero_(self.gradients)
            for value, gradient in zip(self.trained, self.gradients, strict=True):
                value.grad = gradient

    def _record(
        self, wanted: Shape, batch: dict[str, Any], items: torch.Tensor
    ) -> tuple[Inputs, Callable[[], None], torch.Tensor]:
        room, loss = inputs(wanted, self.rows, items.device), torch.zeros((), device=items.device)
        room.fill(batch, items)
        run: Callable[[], None] = partial(self._pass, room, wanted, loss)
        kept = [gradient.clone() for gradient in self.gradients]
        recorded = self._recorded(run)
        if recorded is None:
            self._checkpoint()
            recorded = self._recorded(run)
        torch._foreach_copy_(self.gradients, kept)
        return room, recorded or run, loss

    def _checkpoint(self) -> None:
        """Turns checkpointing on; masks are drawn again from their seed, which a recording reads (see `dropout_kernel`)."""
        again = {"use_reentrant": False, "preserve_rng_state": False}
        self.model.activation_checkpointing_enable(activation_checkpointing_kwargs=again)
        self.may_checkpoint = False
        torch.cuda.empty_cache()

    def _recorded(self, run: Callable[[], None]) -> Callable[[], None] | None:
        """What replays `run`, or `run` itself if it can't be recorded; None if it needs too much memory without checkpointing."""
        try:
            self._try(run)
            return self._capture(run) if self.works else run
        except torch.OutOfMemoryError:
            if self.may_checkpoint:
                return None  # and what holds on to all that was computed, the error, ends here
            raise

    def _try(self, run: Callable[[], None]) -> None:
        """Runs once what is going to be recorded, since kernels can't be loaded, nor memory found wanting, while it is."""
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream), torch.cuda.use_mem_pool(self.pool):
            run()
        torch.cuda.current_stream().wait_stream(self.stream)

    def _capture(self, run: Callable[[], None]) -> Callable[[], None]:
        graph, place = torch.cuda.CUDAGraph(), self.pool.id
        try:
            with torch.cuda.graph(graph, pool=place, stream=self.stream, capture_error_mode="thread_local"):  # type: ignore[arg-type]
                run()
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            self.works = False
            reason = str(error).splitlines()[0]
            warnings.warn(f"This model's steps can't be recorded, so they run slower ({reason}).", stacklevel=2)
            return run
        return graph.replay

    def _pass(self, room: Inputs, wanted: Shape, into: torch.Tensor) -> None:
        outputs = self.model(
            input_ids=room.ids,
            position_ids=room.positions,
            logits_to_keep=room.keep,
            row_starts=room.starts,
            longest_row=wanted.longest,
            use_cache=False,
        )
        loss = completion_loss(outputs, room.labels, room.items)
        loss.backward()
        into.copy_(loss.detach())
