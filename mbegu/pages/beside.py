"""Two texts beside each other in a terminal."""

import io
import unicodedata

NARROW = 60  # columns below which two texts stand below each other
LEFTWARD = {"R", "AL", "RLE", "RLO", "RLI", "AN"}  # bidirectional classes of what is read from the right


def beside(left: str, right: str, width: int) -> str:
    """Both under their sides' names, in two columns or one below the other.

    Where a word is read from right to left, a terminal that knows how turns whole lines around, and the left text would stand on
    the right; so do two columns of few letters. Such texts stand below each other, the left one first.
    """
    texts = [("Left", _shown(left)), ("Right", _shown(right))]
    turned = any(unicodedata.bidirectional(letter) in LEFTWARD for _, text in texts for letter in text)
    if turned or width < NARROW:
        return "\n\n".join(f"{name}:\n{text}" for name, text in texts)
    return _columns(texts, width)


def _columns(texts: list[tuple[str, str]], width: int) -> str:
    from rich.console import Console  # which no --help needs
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 3), expand=True)
    for _ in texts:
        grid.add_column(ratio=1, overflow="fold")
    for row in zip(*((f"{name}:", text) for name, text in texts), strict=True):
        grid.add_row(*map(Text, row))
    console = Console(file=io.StringIO(), width=width, color_system=None, force_terminal=False, legacy_windows=False)
    with console.capture() as captured:
        console.print(grid)
    return "\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n"))


def _shown(text: str) -> str:
    """The text without control characters, which a terminal obeys; every kind of line end is a line feed."""
    found = []
    for letter in text.replace("\r\n", "\n"):
        kind = unicodedata.category(letter)
        lost = "\N{REPLACEMENT CHARACTER}" if kind == "Cc" and letter not in "\n\t" else letter
        found.append("\n" if kind in ("Zl", "Zp") else lost)
    return "".join(found)
