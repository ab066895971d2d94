"""How the next token is chosen; known to whoever asks a model, also where none is loaded."""

from typing import NamedTuple


class Decoding(NamedTuple):
    """How the next token is chosen."""

    max_new_tokens: int
    temperature: float = 0.0  # 0 is greedy
    top_p: float = 1.0  # nucleus sampling (Holtzman et al. 2020, arXiv 1904.09751)
    repetition_penalty: float = 1.0  # CTRL (arXiv 1909.05858), §4.1
