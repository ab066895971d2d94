"""Exports in Telegram Desktop's exact format, written for the tests."""

import json
from pathlib import Path
from typing import Any

from mbegu.sources.telegram.ingest import Ingested, to_files
from mbegu.sources.telegram.settings import CHATS, Ingest

SETTINGS = Ingest(["*.json"], [], list(CHATS), masked=True, min_words=1, near_duplicate=0.8)


def message(number: Any, text: Any = "", **more: Any) -> dict[str, Any]:
    seconds = 1_756_787_347 + (number if isinstance(number, int) else 0) * 60
    parts = [text] if isinstance(text, str | dict) else text
    entities = [part if isinstance(part, dict) else {"type": "plain", "text": part} for part in parts if part]
    made = {"id": number, "type": "message", "date": "2025-09-02T07:29:07", "date_unixtime": str(seconds), "from": None}
    return {**made, "text": text, "text_entities": entities, **more}


def chat(messages: list[Any], **head: Any) -> dict[str, Any]:
    return {"name": "ዘመን ኤሌክትሮኒክስ 📱", "type": "public_channel", "id": 1986402713, **head, "messages": messages}


def written(value: Any) -> str:
    """As Telegram Desktop indents it."""
    return json.dumps(value, ensure_ascii=False, indent=1)


def save(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = content if isinstance(content, str | bytes) else written(content)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(folder: Path, *names: str, settings: Ingest = SETTINGS) -> tuple[list[dict], list[dict], Ingested]:
    """The messages that are kept, the ledger and the counts of exports below a folder, in the order of the names."""
    out, ledger = folder.parent / "out.jsonl", folder.parent / "ledger.jsonl"
    done = to_files([(name, folder / name) for name in names], settings, out, ledger, lambda _: None)
    rows, lines = ([json.loads(line) for line in path.read_bytes().decode().split("\n")[:-1]] for path in (out, ledger))
    assert done.kept == len(rows) and sum(done.dropped.values()) == len(lines)
    assert sum(channel.read for channel in done.channels) == len(rows) + len(lines)
    assert sum(channel.kept for channel in done.channels) == len(rows)
    return rows, lines, done


def one(tmp_path: Path, *messages: Any, **head: Any) -> tuple[list[dict], list[dict]]:
    """The same of a single chat."""
    save(tmp_path / "exports/zemen/result.json", chat(list(messages), **head))
    rows, lines, _ = read(tmp_path / "exports", "zemen/result.json")
    return rows, lines


def reasons(lines: list[dict]) -> list[str]:
    return [line["reason"] for line in lines]
