"""Those who can answer: a base model and the adapters that share its weights in memory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from peft import PeftModel

from mbegu.asking.prompts import Prompt, prompt_ids, prompt_text, trained_prompt
from mbegu.asking.visits import tidied
from mbegu.errors import BadInput
from mbegu.models.ends import all_ends
from mbegu.models.loading import Weights, load_base, ready_to_answer
from mbegu.models.manifest import verify


class Speaker(NamedTuple):
    """One of those who can answer."""

    model: Any  # the base and its LoRA adapters share one
    lora: str | None  # the name in `model` of the adapter to switch on
    prompt: Prompt  # how it was asked in training; the base is asked as the first adapter is
    folder: Path  # of the adapter, or of a whole model


def load_speakers(
    base: Path, adapters: Mapping[str, Path], quantization: str, prompt: Prompt | None = None
) -> dict[str, Speaker]:
    """Speakers by name. LoRA adapters share the weights of one base in memory; a fully fine-tuned model comes with its own.

    Args:
        adapters: folders by name; that of the base model itself is the base.
        prompt: how the base is asked where there is no adapter.

    Raises:
        BadInput: a manifest does not hold, a folder is no adapter that Mbegu trained, or one of another base.
    """
    prompts = _prompts(base, adapters, prompt)
    shared = load_base(base, quantization)
    speakers: dict[str, Speaker] = {}
    for number, (name, folder) in enumerate(adapters.items()):
        if folder == base:
            speakers[name] = Speaker(None, None, prompts[name], folder)
        elif not (folder / "adapter_config.json").is_file():
            speakers[name] = Speaker(ready_to_answer(load_base(folder, quantization).eval()), None, prompts[name], folder)
        else:
            lora = str(number)  # peft allows no name with a dot in it
            shared = _with_adapter(shared, folder, lora)
            speakers[name] = Speaker(None, lora, prompts[name], folder)
    ready_to_answer(shared.eval())  # as in `predict`
    return {name: speaker._replace(model=speaker.model or shared) for name, speaker in speakers.items()}


def alone(weights: Weights, prompt: Prompt) -> Speaker:
    """The one speaker that some weights are."""
    model = weights.load()
    return Speaker(model, "default" if isinstance(model, PeftModel) else None, prompt, weights.adapter or weights.base)


def _prompts(base: Path, adapters: Mapping[str, Path], prompt: Prompt | None) -> dict[str, Prompt]:
    identity = verify(base)
    found = {name: trained_prompt(folder, identity) for name, folder in adapters.items() if folder != base}
    for name in found:
        verify(adapters[name])
    asked = next(iter(found.values()), prompt)
    if asked is None:
        raise BadInput(f"{base}: no adapter says how this base is asked; name one with --adapter.")
    return {name: found.get(name, asked) for name in adapters}


def _with_adapter(shared: Any, folder: Path, lora: str) -> Any:
    if isinstance(shared, PeftModel):
        shared.load_adapter(str(folder), lora)
        return shared
    return PeftModel.from_pretrained(shared, str(folder), lora)


def names_of(base: Path, adapters: list[Path]) -> dict[str, Path]:
    """The base and adapters by the name of their folder, or by their whole path where two folders have one name."""
    paths = list(dict.fromkeys([base, *adapters]))
    names = [path.name for path in paths]
    return {str(path) if names.count(path.name) > 1 else path.name: path for path in paths}


def switch(speaker: Speaker) -> None:
    """Has its adapter speak next, or the base without any."""
    if isinstance(speaker.model, PeftModel):
        tuner: Any = speaker.model.base_model
        if speaker.lora is None:
            tuner.disable_adapter_layers()
        else:
            tuner.enable_adapter_layers()
            speaker.model.set_adapter(speaker.lora)


def ends_of(speaker: Speaker, tokenizer: Any) -> list[int]:
    """The tokens that end its answers."""
    return all_ends(tokenizer, speaker.model.generation_config.eos_token_id)


def question_ids(speaker: Speaker, tokenizer: Any, question: str, input_: str, max_new_tokens: int) -> list[int]:
    """Token ids of what a visitor typed, asked as the speaker was asked in training.

    Raises:
        BadInput: no question, a control token in it, or too long for the model with `max_new_tokens` to come.
    """
    (ids,) = prompt_ids([prompt_text(speaker.prompt, tokenizer, *tidied(question, input_))], speaker.prompt, tokenizer)
    window = getattr(speaker.model.config, "max_position_embeddings", None)
    if window and len(ids) + max_new_tokens > window:
        raise BadInput(
            f"Your message: {len(ids)} tokens with its prompt; this model reads {window}, of which the answer may take "
            f"{max_new_tokens}; ask with less text."
        )
    return ids
