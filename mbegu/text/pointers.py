"""Small files that stand where a large one should: what Git LFS and git-annex leave in a clone that fetched no contents."""

LONGEST = 1024  # bytes: a pointer of Git LFS has fewer (its specification), one of git-annex is a path
LFS = (b"version https://git-lfs.github.com/spec/", b"version https://hawser.github.com/spec/")
ANNEX = b"annex/objects/"


def stand_in(content: bytes) -> str:
    """What a file's content stands in for and how the file itself is fetched, or nothing if it is a file of its own.

    Args:
        content: the whole file, or its beginning.
    """
    head = content[:LONGEST].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(LFS):
        return "a Git LFS pointer and not the file itself; fetch that with `git lfs pull` where it comes from"
    if len(content) < LONGEST and b"\n" not in head.strip() and ANNEX in head and head.startswith((b"/annex", b".git", b"../")):
        return "a pointer of git-annex and not the file itself; fetch that with `git annex get` where it comes from"
    return ""
