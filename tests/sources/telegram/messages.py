"""A small corpus of four channels, in Amharic, Swahili, Arabic and emoji: ads draw on other words than news do."""

import random
from typing import Any

WORDS = {  # of ads, of news, of both
    "ገበያ": (
        "ሽያጭ ዋጋ ብር ይደውሉ ቅናሽ ይዘዙ አዲስ ጥራት ዋስትና በነፃ [phone] @handle",
        "ነገ ስብሰባ ትምህርት አመሰግናለሁ በዓል ጥያቄ ተብሏል ዝናብ መንገድ ቢሮ ሰላም ይቅርታ",
        "ሰው ቤት ዛሬ ለኛ እና ስለ ወደ ከተማ",
    ),
    "soko": (
        "inauzwa bei nafuu piga punguzo wahi mpya ubora dhamana bure [phone] @handle",
        "kesho mkutano shule asante sikukuu swali mvua barabara ofisi salamu samahani habari",
        "watu nyumba leo kwetu na kuhusu hadi mji",
    ),
    "سوق": (
        "للبيع سعر ريال اتصل خصم اطلب جديد جودة ضمان مجانا [phone] @handle",
        "غدا اجتماع مدرسة شكرا عيد سؤال قيل مطر طريق مكتب سلام عفوا",
        "ناس بيت اليوم لنا و حول الى مدينة",
    ),
    "🛒": ("🔥 💰 🛒 📱 👟 🛋️ 🍯 👗 💥 🎁 💳 🏷️", "🙏 😊 😂 🌧️ 🏫 🎉 🌻 ☕ 📚 🙋🏽‍♀️ 🕊️ 🌙", "👉 ✨ 📍 👇 ❗ ▪️ ➡️ ⏳"),
}  # fmt: skip


def message(channel: str, number: int, text: str) -> dict[str, Any]:
    known = {"id": f"{channel}/{number}", "channel": channel, "message": number, "date": None, "text": text}
    return {**known, "media": None, "forwarded": None}


def corpus() -> list[dict[str, Any]]:
    """96 messages, 24 a channel: an even number is an ad."""
    found = []
    for channel, kinds in sorted(WORDS.items()):
        drawn = random.Random(channel)
        ads, news, both = (words.split() for words in kinds)
        for number in range(24):
            words = [*drawn.sample(news if number % 2 else ads, 5), *drawn.sample(both, 4)]
            drawn.shuffle(words)
            found.append(message(channel, number, " ".join(words)))
    return found


def is_ad(message: dict[str, Any]) -> bool:
    return message["message"] % 2 == 0


def label_of(message: dict[str, Any], **more: str) -> dict[str, Any]:
    """The line of a labels file that is right about it."""
    label = "ad" if is_ad(message) else "other"
    return {"channel": message["channel"], "id": message["message"], "label": label, **more}
