"""The libraries' notices, out of the way of ours, and what slows down their import."""

import gc
import logging
import os
import warnings

RARELY = (50_000, 20, 50)  # `gc.set_threshold`


def quiet() -> None:
    """Turns off progress bars and notices about loading; errors and our own bars stay. Call it before importing torch.

    Until `loaded` is called, garbage is seldom looked for: an import leaves a million objects that all stay, and going through
    them time and again is a sixth of it.
    """
    gc.set_threshold(*RARELY)
    # bitsandbytes calls torch.compile where it is imported, which loads a compiler for a second that nothing here uses
    os.environ.setdefault("TORCHDYNAMO_DISABLE", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    for name in ("bitsandbytes", "datasets", "accelerate"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # peft meets deprecations of transformers; nothing a user can act on
    warnings.filterwarnings("ignore", category=FutureWarning)


def loaded() -> None:
    """Looks for garbage as often as Python does, but in what was made since the imports."""
    if gc.get_threshold() == RARELY:
        gc.freeze()
        gc.set_threshold(700, 10, 10)
