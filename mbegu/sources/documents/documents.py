"""Files of a folder as documents: plain text, with the heading and page that each part of it stands under."""

import fnmatch
import hashlib
import os
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import regex

from mbegu.errors import BadInput

KEYS = ("id", "path", "title", "sha256", "text", "anchors")
BLANKS = regex.compile(r"[\t\p{Zs}]+")
GAPS = regex.compile(r"\n{3,}")
HIDDEN = dict.fromkeys(map(ord, "\u00ad\ufeff"))  # soft hyphens and stray marks; joiners shape the text and stay


class Part(NamedTuple):
    """Text under one heading, on one page."""

    anchor: str  # the heading, or "" before the first one
    text: str
    page: int | None = None
    glue: str = "\n\n"  # what stands between the part before and this one; a sentence may run over the end of a page
    lost: tuple[str, ...] = ()  # what was left out here, for the ledger


class Unreadable(Exception):
    """Why a file can't be ingested, for the ledger."""


def find(folder: Path, include: Sequence[str], exclude: Sequence[str]) -> tuple[list[str], int]:
    """Paths below `folder` that match a glob of `include` and none of `exclude`, sorted, and how many others there are.

    Links to folders and folders that can't be opened are among them, for `readers.read_document` to refuse.

    Raises:
        BadInput: no such folder, or nothing in it matches.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder}: no such folder; put the documents there or name another one.")
    names = sorted(path.relative_to(folder).as_posix() for path in _walk(folder))
    kept = [name for name in names if matches(name, include) and not matches(name, exclude)]
    if not kept:
        raise BadInput(f"{folder}: none of its {len(names)} files matches {', '.join(include)}; change ingest.include.")
    return kept, len(names) - len(kept)


def _walk(folder: Path) -> Iterator[Path]:
    closed: list[OSError] = []
    for directory, children, files in os.walk(folder, onerror=closed.append):
        links = [name for name in children if Path(directory, name).is_symlink()]
        yield from (Path(directory, name) for name in [*files, *links])
    yield from (Path(error.filename) for error in closed)


def matches(name: str, globs: Sequence[str]) -> bool:
    """Whether a glob fits the path, or the last part of it; `*` also stands for folders."""
    return any(fnmatch.fnmatchcase(name, glob) or fnmatch.fnmatchcase(PurePosixPath(name).name, glob) for glob in globs)


def document(name: str, content: bytes, parts: Sequence[Part]) -> dict[str, Any]:
    """One record: `id` (of the path), `path`, `title` (the first heading), `sha256` of the file, `text`, and `anchors`,
    each {"start", "anchor", "page"} with the position in `text` from which on it holds.

    Raises:
        Unreadable: the parts hold no text.
    """
    cleaned = [part._replace(anchor=one_line(part.anchor), text=clean(part.text)) for part in parts]
    kept = [part for part in cleaned if part.text]
    if not kept:
        lost = [reason for part in parts for reason in part.lost]
        raise Unreadable("; ".join(["no text in it", *lost[:3], *([f"and {len(lost) - 3} more"] if len(lost) > 3 else [])]))
    text, anchors = _join(kept)
    path = shown(name)
    return {
        "id": hashlib.sha256(os.fsencode(name)).hexdigest()[:16],
        "path": path,
        "title": next((part.anchor for part in kept if part.anchor), PurePosixPath(path).stem),
        "sha256": hashlib.sha256(content).hexdigest(),
        "text": text,
        "anchors": anchors,
    }


def shown(name: str) -> str:
    """A path as it can be written: the bytes of a file's name may be in any encoding."""
    return os.fsencode(name).decode("utf-8", "replace")


def _join(parts: Sequence[Part]) -> tuple[str, list[dict[str, Any]]]:
    pieces: list[str] = []
    anchors, length = [], 0
    for part in parts:
        glue = part.glue if pieces else ""
        pieces += [glue, part.text]
        anchors.append({"start": length + len(glue), "anchor": part.anchor, "page": part.page})
        length += len(glue) + len(part.text)
    return "".join(pieces), anchors


def clean(text: str) -> str:
    """NFC, single blanks, at most one empty line at a time, no control characters and no halves of surrogate pairs."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").translate({13: "\n", 12: "\n", **HIDDEN})
    kept = regex.sub(r"[[\p{Cc}\p{Cs}]--[\n\t]]", "", text, flags=regex.VERSION1)
    return GAPS.sub("\n\n", "\n".join(BLANKS.sub(" ", line).strip() for line in kept.split("\n"))).strip()


def one_line(text: str) -> str:
    """The text with every run of white space as one blank."""
    return " ".join(text.split())
