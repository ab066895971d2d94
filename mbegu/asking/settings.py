"""The sections of params.yaml that say who is asked, and how."""

from pathlib import Path
from typing import Annotated, NamedTuple

from click import STRING, Choice, FloatRange, IntRange

from mbegu.models.turns import DATE

NONE: list[str] = []  # of a list that a project may leave out


class PromptFile(NamedTuple):
    """The section `prompt`; `mbegu.asking.prompts.read_prompt` turns it into a prompt."""

    template: Annotated[Path, "Prompt template."]
    chat: Annotated[bool, "Wrap the prompt in the model's chat template."]
    template_options: Annotated[list[str], "A switch of that: enable_thinking=false; repeat."] = NONE
    date: Annotated[str, "YYYY-MM-DD, told to one that reads the clock."] = DATE
    system: Annotated[str | None, STRING, "System message before a question; the template's own if left out."] = None


class Local(NamedTuple):
    """A model on this machine."""

    quantization: Annotated[str, Choice(["nf4", "none"]), "Weights of the local one."]
    batch_size: Annotated[int, IntRange(1), "Prompts that it answers at once."]
    template_options: Annotated[list[str], "A switch of its chat template: enable_thinking=false; repeat."] = NONE
    date: Annotated[str, "YYYY-MM-DD, told to one that reads the clock."] = DATE


class Endpoint(NamedTuple):
    """Where a model is, and how hard to knock."""

    base_url: Annotated[str, "Address of an OpenAI-compatible endpoint, ending in /v1."]
    model: Annotated[str, "The endpoint's name of the model."]
    concurrency: Annotated[int, IntRange(1), "Requests in flight to each endpoint, at most."]
    retries: Annotated[int, IntRange(0), "Tries after a failed one, with backoff."]  # after 408, 409, 429, 5xx, no connection
    timeout: Annotated[float, FloatRange(0, min_open=True), "Seconds of one try."]
    prompt_price: Annotated[float, FloatRange(0), "Of a million prompt tokens."]  # in whatever currency, for the tally
    completion_price: Annotated[float, FloatRange(0), "Of a million generated tokens."]
    max_refused: Annotated[int, IntRange(0), "Prompts that it may refuse for good, each a ledger line, before a stage stops."] = (
        10
    )
    omit: Annotated[list[str], "A field that it refuses, such as seed; repeat."] = NONE
    rename: Annotated[list[str], "A field that it calls otherwise: max_tokens=max_completion_tokens; repeat."] = NONE
    extra: Annotated[list[str], "A field more: NAME=VALUE, the value JSON or a text; repeat."] = NONE
    headers: Annotated[list[str], "A header more: NAME=VALUE, or NAME=env:VARIABLE; repeat."] = NONE
    base_urls: Annotated[list[str], "A further endpoint that serves the same model; repeat."] = NONE
    check_model: Annotated[bool, "Stop if an endpoint serves another model."] = True


class Recorded(NamedTuple):
    """Answers of another time."""

    file: Annotated[Path, "Folder of recordings, or one of them: what `mbegu record` or `mbegu memo export` writes."]
    missing: Annotated[str, Choice(["error", "skip"]), "A request that is not recorded stops the build, or goes to the ledger."]


class Teachers(NamedTuple):
    """The section `teacher`: which of the three is asked."""

    kind: Annotated[str, Choice(["local", "openai", "recorded"]), "Which teacher is asked."]
    local: Local
    openai: Endpoint
    recorded: Recorded
    samples: Annotated[int, IntRange(1), "Replies to each request about a passage, of which the best stays."] = 1


class Planning(NamedTuple):
    """Whether a stage is only to say what it would ask."""

    plan: Annotated[bool, "Print what would be asked, and ask nobody anything."] = False
    survey: Annotated[str, "Write what a recording is asked, and what it lacks, to this file, and nothing else."] = ""


class Replying(NamedTuple):
    """How a teacher is asked for JSON: part of the sections `question` and `answer`."""

    templates: Annotated[Path, "Folder of the prompt's template."]
    chat: Annotated[bool, "Put the prompt as a user's turn."]
    constrained: Annotated[bool, "Hold the teacher to the JSON schema while it writes."]
    tries: Annotated[int, IntRange(1), "Replies to a request before it is given up."]
    max_new_tokens: Annotated[int, IntRange(1), "Longest reply, in tokens."]
    temperature: Annotated[float, FloatRange(0), "Of sampling; 0 is greedy."]
