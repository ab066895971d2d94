"""Scanned pages as text, by the program Tesseract, where it is installed."""

import math
import os
import shutil
import subprocess
from contextlib import closing
from functools import cache
from typing import Any, NamedTuple

from mbegu.errors import BadInput
from mbegu.sources.documents.documents import Unreadable

PIXELS_AN_INCH, POINTS_AN_INCH = 300, 72
MOST_PIXELS = 40_000_000  # of a page: A3 has 17 million
SECONDS = 300  # for a page
INSTALL = "on Debian, apt-get install tesseract-ocr, and tesseract-ocr-amh for Amharic"


class Ocr(NamedTuple):
    """Tesseract, ready to read."""

    program: str
    version: str
    languages: str  # such as "eng+amh"


def find(languages: str) -> Ocr | None:
    """Tesseract for these languages; None for "", which asks for none.

    Raises:
        BadInput: it is not installed, or lacks one of the languages.
    """
    if not languages:
        return None
    program = shutil.which("tesseract")
    if program is None:
        raise BadInput(f"ingest.ocr: tesseract is not installed; {INSTALL}; or set the key to ''.")
    there = _run(program, "--list-langs").split("\n")[1:]
    missing = sorted(set(languages.split("+")) - {line.strip() for line in there})
    if missing:
        raise BadInput(f"ingest.ocr: tesseract does not know {', '.join(missing)}, but {' '.join(there).strip()}; {INSTALL}.")
    return Ocr(program, _run(program, "--version").split()[1], languages)


@cache
def check_same(ocr: Ocr) -> None:
    """Checks that this machine reads as the one that found `ocr`.

    Raises:
        BadInput: another version of Tesseract, or none.
    """
    if (here := find(ocr.languages)) is None or here.version != ocr.version:
        raise BadInput(
            f"ingest.ocr: a node of the cluster has Tesseract {here and here.version}, this machine {ocr.version}; "
            "install the same."
        )


def read(ocr: Ocr, document: Any, place: int) -> str:
    """The text of a page, from 0, of a document that PDFium has opened.

    Raises:
        Unreadable: Tesseract fails on it, or needs longer than five minutes.
    """
    with closing(document[place]) as page:
        area = page.get_width() * page.get_height()
        scale = min(PIXELS_AN_INCH / POINTS_AN_INCH, math.sqrt(MOST_PIXELS / max(1, area)))
        shades = page.render(scale=scale, grayscale=True).to_numpy()
    height, width = shades.shape[:2]
    image = f"P5 {width} {height} 255\n".encode() + shades.reshape(height, width, -1)[:, :, 0].tobytes()
    resolution = str(max(70, round(scale * POINTS_AN_INCH)))
    return _run(ocr.program, "stdin", "stdout", "-l", ocr.languages, "--dpi", resolution, image=image)


def _run(program: str, *arguments: str, image: bytes | None = None) -> str:
    """What Tesseract says. One thread, as its result may depend on their number and two are no faster."""
    threads = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    try:
        done = subprocess.run([program, *arguments], input=image, capture_output=True, check=False, timeout=SECONDS, env=threads)
    except subprocess.TimeoutExpired:
        raise Unreadable(f"tesseract needs more than {SECONDS} seconds for a page") from None
    if done.returncode:
        raise Unreadable(f"tesseract failed ({done.stderr.decode('utf-8', 'replace').strip().split(chr(10))[-1]})")
    return done.stdout.decode("utf-8", "replace")
