"""The block of retrieved texts behind a brief: joined on, and found again."""

MARKER = "\n\nContext:\n"


def join(brief: str, texts: list[str]) -> str:
    """The brief, an empty line, `Context:`, and a line `- ` a text, line ends in it as ` / `; without texts the brief alone."""
    lines = [f"- {' / '.join(text.splitlines())}" for text in texts]
    return brief + MARKER + "\n".join(lines) if lines else brief


def without_context(input_: str) -> str:
    """What stands before the last such block; all of it if there is none."""
    before, marker, _ = input_.rpartition(MARKER)
    return before if marker else input_
