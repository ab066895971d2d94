"""The libraries' notices, out of the way of ours."""

import logging
import os
import warnings


def quiet() -> None:
    """Turns off progress bars and notices about loading; errors and our own bars stay. Call it before importing torch."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    for name in ("bitsandbytes", "datasets", "accelerate"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # peft meets deprecations of transformers; nothing a user can act on
    warnings.filterwarnings("ignore", category=FutureWarning)
