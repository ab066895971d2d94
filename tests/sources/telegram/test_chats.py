"""Which files are exports, and what their chats are called."""

import pytest
from telegram_exports import chat, message, read, save

from mbegu.errors import BadInput
from mbegu.sources.telegram.chats import Chat, find, identity, keys


def test_files_below_the_folder_by_globs(tmp_path):
    for name in ("b/result.json", "a/result.json", "a/files/order.json", "a/photos/x.jpg", "z.json"):
        save(tmp_path / name, "{}")
    assert find(tmp_path, ["*.json"], ["*/files/*"]) == ["a/result.json", "b/result.json", "z.json"]
    assert find(tmp_path, ["a/*"], ["*.jpg", "*/files/*"]) == ["a/result.json"]


def test_no_result_json_and_no_folder(tmp_path):
    save(tmp_path / "zemen/messages.html", "<html>")
    with pytest.raises(BadInput, match=r"none of its 1 files matches \*\.json; export a chat .* as JSON"):
        find(tmp_path, ["*.json"], [])
    with pytest.raises(BadInput, match="no such folder; put exports of Telegram Desktop there"):
        find(tmp_path / "exports", ["*.json"], [])


@pytest.mark.parametrize(
    ("chats", "expected"),
    [
        ([Chat("zemen/result.json", "ዘመን", "public_channel", 1)], ["zemen"]),
        ([Chat("2025/ዘመን ሱቅ/result.json", None, None, None)], ["ዘመን ሱቅ"]),
        ([Chat("zemen.json", "ዘመን", "public_channel", 1)], ["zemen"]),
        ([Chat("result.json", "ዘመን ኤሌክትሮኒክስ 📱!", "public_channel", 1)], ["ዘመን_ኤሌክትሮኒክስ"]),
        (
            [
                Chat("result.json", "Duka la Mama", "public_channel", 1, False),
                Chat("result.json", "متجر ١", "bot_chat", 2, False),
            ],
            ["duka_la_mama", "متجر_١"],
        ),
        (
            [Chat("result.json", None, "personal_chat", 5, False), Chat("result.json", "🔥", "personal_chat", 6, False)],
            ["personal_chat_5", "personal_chat_6"],
        ),
        (
            [
                Chat("a/x/result.json", None, None, 7),
                Chat("b/x/result.json", None, None, -8),
                Chat("c/x/result.json", None, None, None),
            ],
            ["x_7", "x_8", "x"],
        ),
        ([Chat("r.json", "ሀ", None, None, False), Chat("r.json", "ሀ", None, None, False)], ["ሀ", "ሀ_"]),
    ],
)
def test_a_name_for_each_chat_none_twice(chats, expected):
    assert keys(chats) == expected


def test_people_groups_and_channels_are_numbered_apart():
    kinds = ("personal_chat", "private_group", "private_supergroup", "public_channel", "private_channel", "bot_chat", None)
    found = [identity(Chat("x", None, kind, 5), 0) for kind in kinds]
    assert found[3] == found[4] and found[0] == found[5] and len(set(found)) == 4
    assert identity(Chat("x", None, None, None), 0) != identity(Chat("x", None, None, None), 1)


ACCOUNT = {
    "chats": {"list": [chat([message(1, "ሰላም ነው")], id=1), chat([message(1, "የግል ነገር")], id=5, type="personal_chat", name="አበበ")]}
}


def test_chats_of_types_that_are_not_wanted_leave_no_text(tmp_path):
    from telegram_exports import SETTINGS

    save(tmp_path / "exports/result.json", ACCOUNT)
    rows, lines, done = read(tmp_path / "exports", "result.json", settings=SETTINGS._replace(chats=["public_channel"]))
    assert [row["id"] for row in rows] == ["ዘመን_ኤሌክትሮኒክስ/1"]
    assert [(line["id"], line["reason"], line["row"]["text"]) for line in lines] == [
        ("አበበ/1", "chat of another type: personal_chat", "")
    ]
    assert [(one.key, one.read, one.kept) for one in done.channels] == [("አበበ", 1, 0), ("ዘመን_ኤሌክትሮኒክስ", 1, 1)]


def test_a_chat_that_is_alone_in_one_file_is_named_by_it(tmp_path):
    save(tmp_path / "exports/a/result.json", ACCOUNT)
    save(tmp_path / "exports/zemen/result.json", chat([message(2, "ደህና ናችሁ")], id=1))
    rows, _, _ = read(tmp_path / "exports", "a/result.json", "zemen/result.json")
    assert [row["id"] for row in rows] == ["zemen/1", "zemen/2", "አበበ/1"]
