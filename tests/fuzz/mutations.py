"""Files that are nearly right. MBEGU_FUZZ=2000 tries so many of each kind, others each time, in place of the few of a test."""

import io
import os
import zipfile
from collections.abc import Sequence

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("MBEGU_FUZZ", 0))
bounded = settings(
    max_examples=EXAMPLES or 25, derandomize=not EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
PIECES = [
    b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\r", b"\n", b"\n\n", b"\t", b'"', b"'", b"\\", b"{", b"}", b"[", b"]",
    b"<", b">", b",", b":", b"|", b"- ", b"#", b"&", b"*a", b"&a", b"!!python/object", b"1e999", b"NaN", b"-1", b"9" * 40,
    b"null", b"true", b"[" * 200, b"{" * 200, b"\\ud800", b"\\u0000", "\u2028".encode(), "\u202e".encode(), "\u200b".encode(),
    "ሰላም".encode(), "سلام".encode(), "👩\u200d👧".encode(), b"-->", b"<!--", b"```", b"/", b"%", b"0", b"<td rowspan=9>",
    b"endobj", b"Q", b"q ", b"=1+1",
]  # fmt: skip


def _edited(content: bytes, edit: tuple[str, int, int, bytes]) -> bytes:
    kind, first, second, piece = edit
    start, end = sorted((first % (len(content) + 1), second % (len(content) + 1)))
    if kind == "insert":
        return content[:start] + piece + content[start:]
    if kind == "replace":
        return content[:start] + piece + content[start + len(piece) :]
    if kind == "cut":
        return content[:start] + content[end:]
    if kind == "end":
        return content[:start]
    return content[:end] + content[start : start + 500] * 3 + content[end:]


PLACES = st.integers(0, 10**6)
EDITS = st.lists(
    st.tuples(st.sampled_from(["insert", "replace", "cut", "end", "again"]), PLACES, PLACES, st.sampled_from(PIECES)),
    min_size=1,
    max_size=4,
)


def _all(content: bytes, edits: Sequence[tuple[str, int, int, bytes]]) -> bytes:
    for edit in edits:
        content = _edited(content, edit)
    return content


def mutated(*contents: bytes) -> st.SearchStrategy[bytes]:
    """Contents with a few edits."""
    return st.builds(_all, st.sampled_from(contents), EDITS)


def packed(content: bytes) -> st.SearchStrategy[bytes]:
    """An archive with edits in one of its members."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}

    def pack(name: str, edits: Sequence[tuple[str, int, int, bytes]]) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, inner in members.items():
                archive.writestr(member, _all(inner, edits) if member == name else inner)
        return out.getvalue()

    return st.builds(pack, st.sampled_from(sorted(members)), EDITS)
