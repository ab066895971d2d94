"""The layers at both ends of a model, which may share their weights."""

from typing import Any


def embeddings(model: Any) -> list[str]:
    """Names of the input embedding and the head, as an adapter's configuration has them."""
    ends = [model.get_input_embeddings(), model.get_output_embeddings()]
    return [name.rsplit(".", 1)[-1] for name, module in model.named_modules() if any(module is end for end in ends)]
