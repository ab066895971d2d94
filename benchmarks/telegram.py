"""Messages a second and peak memory of `ingest_telegram`, on exports that are made for the occasion.

    python benchmarks/telegram.py
    python benchmarks/telegram.py --size 10 --size 2000

Each size in a process of its own on one core. The texts are ours: ads, news and chatter of made-up channels in Amharic, with the
noise of real ones; a fifth are reposts, a third of these with a word changed. Beside it, `ijson` reads the same messages and does
nothing with them, if it is installed.
"""

import importlib.util
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from mbegu.sources.telegram.settings import CHATS, Ingest

SIZES = [10, 100, 1000]  # MB
SETTINGS = Ingest(["*.json"], [], list(CHATS), masked=True, min_words=3, near_duplicate=0.8)
SHARED = 500  # messages that a repost may repeat
OPENINGS = ["አዲስ የገባ", "በድጋሚ ገብቷል", "ታላቅ ቅናሽ", "ለጥቂት ቀናት ብቻ", "እንዳያመልጥዎ", "Special offer", "ዛሬ ብቻ", "ትኩስ ዜና", "ጠቃሚ ምክር"]
THINGS = ["ስልክ", "ጫማ", "ማቀዝቀዣ", "ሶፋ", "መኪና", "ቤት", "ምንጣፍ", "ቦርሳ", "ሻይ ማፍያ", "laptop", "የሀበሻ ቀሚስ", "ቡና", "ማር", "ሥዕል", "ወንበር"]
WORDS = """
የሚያምር ጠንካራ ዋስትና ያለው ለቤትዎ ምቹ ጥራቱ የተጠበቀ በተመጣጣኝ ዋጋ እናቀርባለን ከውጭ የመጣ ኦሪጅናል ቀለም ነጭ ጥቁር ሰማያዊ ትልቅ ትንሽ መጠን ሁሉም በነፃ እናደርሳለን ሱቃችን
መገናኛ ቦሌ ፒያሳ ሐዋሳ አዳማ ጠዋት ማታ ክፍት ነው ዛሬ ነገ ሳምንት ደንበኞቻችን እናመሰግናለን ይደውሉ ይዘዙ ፍጠኑ ጥቂት ቀርቷል ሠርግ በዓል ስጦታ ልጆች ቤተሰብ ሥራ ጤና
ትምህርት ውኃ መብራት መንገድ ዝናብ ፀሐይ ኀይል ዓመት delivery new original best price
"""
EMOJI = ["🔥", "✅", "📞", "💰", "🏠", "👟", "🎁", "😍", "‼️"]
PHOTO = "(File not included. Change data exporting settings to download.)"
LIST = WORDS.split()


def words(draw: random.Random, count: int) -> str:
    return " ".join(draw.choices(LIST, k=count))


def parts(draw: random.Random) -> list[Any]:
    """The text of an ad, or of another message, as Telegram cuts it."""
    if draw.random() < 0.65:
        return [f"{words(draw, draw.randint(6, 20))}። {draw.choice(EMOJI)}"]
    amount = f"{draw.randint(2, 900)},{draw.randint(0, 9)}00"
    return [
        f"{draw.choice(EMOJI) * 2} {draw.choice(OPENINGS)}!!! {draw.choice(THINGS)}\n",
        {"type": "bold", "text": f"{words(draw, 3)} {draw.randint(1, 99)}"},
        f"\n✅ {words(draw, draw.randint(3, 8))}\nዋጋ፦ {amount} ብር\n📞 ",
        {"type": "phone", "text": f"09{draw.randint(10**7, 10**8 - 1)}"},
        "\n💬 ",
        {"type": "mention", "text": f"@suq_{draw.randint(100, 999)}"},
        f" {words(draw, 2)} 0{draw.randint(10**8, 10**9 - 1)} ",
        {"type": "hashtag", "text": f"#{draw.choice(THINGS)}"},
    ]


def repost(draw: random.Random, given: list[Any]) -> list[Any]:
    if draw.random() < 0.3 and isinstance(given[0], str):
        return [f"{given[0]} {draw.choice(LIST)}", *given[1:]]
    return given


def message(draw: random.Random, number: int, shared: list[list[Any]]) -> dict[str, Any]:
    seconds = 1_600_000_000 + 60 * number
    made = {"id": number, "type": "message", "date": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))}
    made |= {"date_unixtime": str(seconds)}
    kind = draw.random()  # the shares are those of examples/amharic_ads/data/exports
    if kind < 0.01:
        return {"id": number, "type": "unsupported"}
    if kind < 0.05:
        made |= {"type": "service", "actor": "ገበያ", "actor_id": "channel77", "action": "pin_message", "message_id": number - 1}
        return {**made, "text": "", "text_entities": []}
    made |= {"from": "ገበያ", "from_id": "channel77"}
    if kind < 0.45:
        made |= {"photo": PHOTO, "photo_file_size": 148_765, "width": 960, "height": 1280}
    if kind < 0.17:
        return {**made, "text": "", "text_entities": []}
    text = repost(draw, draw.choice(shared)) if shared and draw.random() < 0.2 else parts(draw)
    if len(shared) < SHARED:
        shared.append(text)
    entities = [part if isinstance(part, dict) else {"type": "plain", "text": part} for part in text]
    return {**made, "text": text[0] if len(text) == 1 else text, "text_entities": entities}


def export(path: Path, size: int) -> int:
    """Writes an export of about `size` bytes, indented as Telegram Desktop does it; gives the number of messages."""
    draw, number, shared = random.Random(11), 0, list[list[Any]]()
    with open(path, "w", encoding="utf-8") as file:
        file.write('{\n "name": "ገበያ",\n "type": "public_channel",\n "id": 77,\n "messages": [')
        while file.tell() < size:
            block = [message(draw, number + place, shared) for place in range(1, 1001)]
            lines = json.dumps({"": {"": block}}, ensure_ascii=False, indent=1).split("\n")[3:-3]
            file.write("," * (number > 0) + "\n" + "\n".join(lines))
            number += 1000
        file.write("\n ]\n}")
    return number


def measured(kind: str, path: Path) -> dict[str, Any]:
    """Runs this file again on an export, and gives what it prints."""
    done = subprocess.run([sys.executable, __file__, "--run", kind, str(path)], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def run(kind: str, path: Path) -> None:
    """Reads one export on one core; prints seconds, peak memory and how many messages were kept."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    importlib.import_module("mbegu.sources.telegram.ingest" if kind == "mbegu" else kind)  # which takes as long for any size
    start = time.perf_counter()
    kept = ingested(path) if kind == "mbegu" else sum(1 for _ in by_ijson(path))
    seconds, memory = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    busy = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    print(json.dumps({"seconds": seconds, "busy": busy, "memory": memory, "kept": kept}))


def ingested(path: Path) -> int:
    from mbegu.sources.telegram.ingest import to_files

    out = path.with_suffix(".messages")
    return to_files([(path.name, path)], SETTINGS, out, path.with_suffix(".ledger"), lambda _: None).kept


def by_ijson(path: Path) -> Iterator[Any]:
    import ijson

    with open(path, "rb") as file:
        yield from ijson.items(file, "messages.item")


@click.command()
@click.option("--size", "sizes", type=int, multiple=True, default=SIZES, help="MB of an export; repeat.")
@click.option("--run", "part", type=(str, click.Path(path_type=Path)), hidden=True)
def main(sizes: tuple[int, ...], part: tuple[str, Path] | None) -> None:
    """Measure ingest_telegram."""
    if part:
        run(*part)
        return
    kinds = ["mbegu", *["ijson"] * (importlib.util.find_spec("ijson") is not None)]
    print(f"{'':6}{'MB':>8}{'messages':>12}{'kept':>12}{'seconds':>10}{'of CPU':>8}{'messages/s':>12}{'peak MB':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            path = Path(folder) / f"{size}.json"
            count = export(path, size * 10**6)
            for kind in kinds:
                found = measured(kind, path)
                numbers = f"{found['seconds']:10.1f}{found['busy']:8.1f}{count / found['seconds']:12,.0f}{found['memory']:9.0f}"
                print(f"{kind:6}{size:8,}{count:12,}{found['kept']:12,}{numbers}", flush=True)
            path.unlink()


if __name__ == "__main__":
    main()
