"""The sections of params.yaml that say who is asked, and how; and the choice of the teacher."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

from click import Choice, FloatRange, IntRange

if TYPE_CHECKING:
    from mbegu.asking.teachers import Teacher


class PromptFile(NamedTuple):
    """The section `prompt`; `mbegu.asking.prompts.read_prompt` makes a prompt of it."""

    template: Annotated[Path, "Prompt template."]
    chat: Annotated[bool, "Wrap the prompt in the model's chat template."]


class Local(NamedTuple):
    """A model on this machine."""

    quantization: Annotated[str, Choice(["nf4", "none"]), "Weights of the local one."]
    batch_size: Annotated[int, IntRange(1), "Prompts that it answers at once."]


class Endpoint(NamedTuple):
    """Where a model is, and how hard to knock."""

    base_url: Annotated[str, "Address of an OpenAI-compatible endpoint, ending in /v1."]
    model: Annotated[str, "The endpoint's name of the model."]
    concurrency: Annotated[int, IntRange(1), "Requests in flight."]
    retries: Annotated[int, IntRange(0), "Tries after a failed one, with backoff."]  # after 408, 409, 429, 5xx, no connection
    timeout: Annotated[float, FloatRange(0, min_open=True), "Seconds of one try."]
    prompt_price: Annotated[float, FloatRange(0), "Of a million prompt tokens."]  # in whatever currency, for the tally
    completion_price: Annotated[float, FloatRange(0), "Of a million generated tokens."]


class Recorded(NamedTuple):
    """Answers of another time."""

    file: Annotated[str, "Recorded requests and answers, as `mbegu memo export` writes them."]


class Teachers(NamedTuple):
    """The section `teacher`: which of the three is asked."""

    kind: Annotated[str, Choice(["local", "openai", "recorded"]), "Which teacher is asked."]
    local: Local
    openai: Endpoint
    recorded: Recorded


class Replying(NamedTuple):
    """How a teacher is asked for JSON: part of the sections `question` and `answer`."""

    templates: Annotated[Path, "Folder of the prompt's template."]
    chat: Annotated[bool, "Put the prompt as a user's turn."]
    constrained: Annotated[bool, "Hold the teacher to the JSON schema while it writes."]
    tries: Annotated[int, IntRange(1), "Replies to a request before it is given up."]
    max_new_tokens: Annotated[int, IntRange(1), "Longest reply, in tokens."]
    temperature: Annotated[float, FloatRange(0), "Of sampling; 0 is greedy."]


class LocalModel(NamedTuple):
    """Which model answers where the teacher is local."""

    base: Annotated[Path, "Folder of the base model."]
    teacher: Annotated[Path, "Local teacher: the base, or an adapter."]


class Memory(NamedTuple):
    """What stays from one run to the next."""

    memo: Annotated[Path, "Folder of remembered answers."]
    work: Annotated[Path, "Folder for this run's lock."]


@contextmanager
def choose(teachers: Teachers, model: LocalModel, memory: Memory) -> Iterator["Teacher"]:
    """The teacher that the section names, with its memo open, while no other run of this stage works.

    Raises:
        BadInput: another run works, the memo or a recording can't be read, or a manifest does not hold.
    """
    from mbegu.asking.memo import open_memo
    from mbegu.outputs import sole_writer

    with sole_writer(memory.work), open_memo(memory.memo) as memo:
        if teachers.kind == "openai":
            from mbegu.asking.endpoint import openai_compatible

            yield openai_compatible(teachers.openai, memo)
        elif teachers.kind == "recorded":
            from mbegu.asking.recorded import recorded

            yield recorded(Path(teachers.recorded.file), memo)
        else:
            from mbegu.asking.local import local
            from mbegu.models.loading import Weights

            adapter = None if model.teacher == model.base else model.teacher
            yield local(Weights(model.base, adapter, teachers.local.quantization), teachers.local.batch_size, memo)
