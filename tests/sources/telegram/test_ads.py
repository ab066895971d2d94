"""What a brief can say of an ad, and how an ad gets its number back."""

import pytest

from mbegu.errors import BadInput
from mbegu.sources.telegram.ads import SPAN, Message, fill, product_of, read_ad, read_messages, topic_of
from mbegu.sources.telegram.briefs import Fact
from mbegu.text.settings import Locale

AM = Locale(["am", "en"], "ETB", "", "", [])
PHONES = ("0900 00 11 21", "+251 900 00 11 22")


def fact(id_: str, name: str, price: str = "", brand: str = "", phone: str = PHONES[0]) -> Fact:
    return Fact(id_, "zemen", name, brand, price, [], phone, "@zemen7", "", "")


FACTS = [
    fact("z1", "Zemo X5 ስልክ", "24,500", "Zemo"), fact("z2", "Zemo X5 Pro ስልክ", "32,900", "Zemo", PHONES[1]),
    fact("z3", "ሶልያና የሐበሻ ቀሚስ", "14,500"), fact("z4", "የጤፍ እንጀራ", "28"),
]  # fmt: skip


def ad(text: str) -> Message:
    return Message("zemen/7", "zemen", 7, text, "ad")


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ("Zemo X5 ✅ 128GB\nዋጋ፦ 24,500 ብር", "z1"),
        ("Zemo X5 Pro፣ 32,900 ብር", "z2"),
        ("ሶልያናን ለሙሽሮች! የሀበሻ ቀሚሶች 14,500 ETB", "z3"),  # homophone, suffix, plural
        ("ሶልያና የሐበሻ ቀሚስ መጣ", "z3"),  # all of its name
        ("እንጀራ በ፳፰ ብር", "z4"),
        ("Zemo X5 ወይም Zemo X5 Pro", ""),  # neither whole name nor a price
        ("ሻይ በ24,500 ብር", ""),
        ("", ""), ("🙂\u200b", ""), ("هاتف", ""),
    ],
)  # fmt: skip
def test_an_ad_names_a_product_by_its_whole_name_or_by_a_word_of_it_and_its_price(text, product):
    read = read_ad(ad(f"{text}\n[phone]"), FACTS, AM)
    assert (read.brief.product if read else "") == product


def test_two_products_that_match_alike_are_none():
    assert product_of("ሶልያና የሐበሻ ቀሚስ፣ የጤፍ እንጀራ", FACTS, set()) is None
    assert product_of("ስልክ", [], set()) is None


def test_a_brief_holds_name_price_and_addresses_as_the_ad_has_them():
    read = read_ad(ad("🔥 የZemo X5 ስልክ\n24,500 ብር ብቻ፣ በጥሬ 24,000 ETB\n📞 [phone] 💬 @handle"), FACTS, AM)
    assert read.brief.must_mention == ["Zemo X5 ስልክ", "24,500 ብር", "24,000 ETB", PHONES[0], "@zemen7"]
    assert read.text.endswith(f"📞 {PHONES[0]} 💬 @zemen7") and read.brief.reference == read.text
    assert not read.brief.brief and read.brief.source == "zemen/7"


def test_without_a_product_it_is_about_hashtags_or_a_short_first_line():
    assert topic_of("ዛሬ\n#ኪራይ #ቤት_ለሽያጭ #ኪራይ") == "ኪራይ, ቤት ለሽያጭ"
    assert topic_of("🔥🔥 ታላቅ ቅናሽ!!! 🔥\nሌላ") == "ታላቅ ቅናሽ"
    assert topic_of("Habari za leo?\nKaribu") == "Habari za leo"
    assert topic_of("\u202bعرض خاص\u202c!\n...") == "عرض خاص"
    assert topic_of("አንድ ሁለት ሦስት አራት አምስት ስድስት") == "" == topic_of("‼️🙂") == topic_of("")
    read = read_ad(ad("ታላቅ ቅናሽ!\nሁሉም በ50 ብር"), FACTS, AM)
    assert (read.brief.product, read.topic, read.brief.must_mention) == ("", "ታላቅ ቅናሽ", ["50 ብር"])


@pytest.mark.parametrize("text", ["አንድ ሁለት ሦስት አራት አምስት ስድስት 50 ብር", "ታላቅ ቅናሽ", "🙂", ""])
def test_an_ad_of_which_nothing_can_be_said_is_none(text):
    assert read_ad(ad(text), [], AM) is None


def test_a_long_name_is_no_part_of_what_must_be_mentioned():
    long = fact("z9", "አንድ ሁለት ሦስት አራት አምስት ስድስት", "50", "ብራንድ")
    assert len(long.name.split()) == SPAN
    assert read_ad(ad("አንድ ሁለት ሦስት አራት አምስት ስድስት ብራንድ 50 ብር"), [long], AM).brief.must_mention == ["ብራንድ", "50 ብር"]


def test_a_mask_is_filled_where_it_stands_once_and_there_is_one_candidate():
    assert fill("[phone] @handle", FACTS[:1]) == f"{PHONES[0]} @zemen7"
    assert fill("[phone] @handle", FACTS) == "[phone] @zemen7"  # two numbers in the channel
    assert fill("[phone] ወይም [phone] @handle", FACTS[:1]) == "[phone] ወይም [phone] @zemen7"
    assert fill("[phone] [email]", []) == "[phone] [email]"
    assert fill("[phone]", [fact("z5", "X", phone="")]) == "[phone]"


def test_messages_without_a_label_are_one_line(write_jsonl):
    line = {"id": "zemen/7", "channel": "zemen", "message": 7, "text": "ሰላም", "label": "ad", "probability": 1.0, "by": "label"}
    assert read_messages(write_jsonl("m.jsonl", [line])) == [ad("ሰላም")]
    with pytest.raises(BadInput, match=r"m\.jsonl:1: 'label' is None; expected ad or other"):
        read_messages(write_jsonl("m.jsonl", [{**line, "label": None}]))
