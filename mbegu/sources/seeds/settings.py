"""The sections `expand` and `bootstrap` of params.yaml."""

from pathlib import Path
from typing import Annotated, NamedTuple

from click import Choice, FloatRange, IntRange

from mbegu.asking.decoding import Decoding
from mbegu.sections import NONEMPTY

STAGE = "expand"


class Files(NamedTuple):
    """The rows that there are before a teacher is asked, and those after it."""

    seeds: Annotated[Path, "Hand-written rows, answered or not."]
    previous: Annotated[Path, "Version that is extended."]
    out: Annotated[Path, "Rows with machine-written answers."]
    ledger: Annotated[Path, "Candidates that were dropped, and why."]


class Expand(NamedTuple):
    """The section `expand`: how long a draft may be."""

    max_new_tokens: Annotated[int, IntRange(1), "Longest draft, in tokens."]


class Bootstrap(NamedTuple):
    """The section `bootstrap`: how many new instructions are asked for, how, and what they must hold."""

    target: Annotated[int, IntRange(0), "New instructions to bootstrap; 0 for none."]
    validation: Annotated[float, FloatRange(0, 1, max_open=True), "As train.validation."]
    # alpaca asks for instruction, input and answer at once (Taori et al. 2023)
    method: Annotated[str, Choice(["self-instruct", "alpaca"]), "Three requests, or one."]
    domain: Annotated[str, "What the questions are about, as the prompt says it."]
    templates: Annotated[Path, "Folder of bootstrap prompts."]
    requests: Annotated[int, IntRange(1), "Instruction requests a round."]
    patience: Annotated[int, IntRange(1), "Rounds without a new row before it stops."]
    demonstrations: Annotated[int, IntRange(1), "Rows shown in a request."]
    machine: Annotated[int, IntRange(0), "At most so many of them machine-made."]
    instances: Annotated[int, IntRange(1, 5), "Rows of one instruction, at most."]
    instance_chat: Annotated[bool, "Put an input-first prompt as a user's turn."]
    temperature: Annotated[float, FloatRange(0), "Of sampling; 0 is greedy."]
    top_p: Annotated[float, FloatRange(0, 1, min_open=True), "Share of probability drawn from."]
    repetition_penalty: Annotated[float, FloatRange(0, min_open=True), "1 for none."]
    instruction_tokens: Annotated[int, IntRange(1), "Longest list of instructions."]
    instance_tokens: Annotated[int, IntRange(1), "Longest list of instances."]
    min_words: Annotated[int, IntRange(1), "Shortest instruction, in words."]
    max_words: Annotated[int, IntRange(1), "Longest instruction, in words."]
    novelty: Annotated[float, FloatRange(0, 1), "ROUGE-L F1 to an earlier row above this: not new."]
    topics: Annotated[list[str], NONEMPTY, "Subjects that a text-only model can't serve."]

    def decoding(self, max_new_tokens: int) -> Decoding:
        """How instructions and instances are drawn."""
        return Decoding(max_new_tokens, self.temperature, self.top_p, self.repetition_penalty)
