"""The section `ingest_telegram` of params.yaml."""

from typing import Annotated, NamedTuple

from click import Choice, FloatRange, IntRange

from mbegu.sections import NONEMPTY

# As Telegram Desktop names them
CHATS = (
    "saved_messages", "replies", "personal_chat", "bot_chat", "private_group", "private_supergroup", "public_supergroup",
    "private_channel", "public_channel",
)  # fmt: skip


class Ingest(NamedTuple):
    """Which messages of which exports are kept, and how."""

    include: Annotated[list[str], NONEMPTY, "Glob of exports to read, such as '*.json' or 'zemen*/*'; repeat."]
    exclude: Annotated[list[str], "Glob of exports to leave alone; repeat."]
    chats: Annotated[list[str], NONEMPTY, Choice(CHATS), "Type of chats to read; of others the ledger bears no text. Repeat."]
    masked: Annotated[bool, "Write telephone numbers, handles, addresses and forwarders as [phone], @handle, [email], [name]."]
    min_words: Annotated[int, IntRange(1), "Shortest message, in words."]
    near_duplicate: Annotated[
        float,
        FloatRange(0.1, 1),
        "Jaccard index of word pairs above which the later of two messages with the same numbers goes; 1 keeps all.",
    ]
