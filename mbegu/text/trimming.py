"""What surrounds a text and is no part of it."""


def trim(text: str) -> str:
    """Without blanks at the end and empty lines around it; the first line keeps its indentation, which is part of code and lists.

    A text of one line keeps it from four blanks or a tab on, as less begins no code (CommonMark 0.31, §4.4).
    """
    bare = text.strip()
    if len(bare) == len(text):
        return text
    before = text[: len(text) - len(text.lstrip())]
    indent = before[len(before.rstrip(" \t")) :]
    code = "\n" in bare or len(indent.expandtabs(4)) >= 4
    return indent + bare if bare and code else bare
