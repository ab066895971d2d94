"""Every kind of message, in the exporter's exact format."""

import pytest
from telegram_exports import message, one

from mbegu.sources.telegram.lines import row
from mbegu.sources.telegram.messages import LATEST, NOWHERE, read

PHOTO = "(File not included. Change data exporting settings to download.)"
POLL = {"question": "ቡና ወይስ ሻይ?", "closed": False, "total_voters": 2, "answers": [{"text": "ቡና", "voters": 2, "chosen": False}]}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (message(1, "ሰላም"), ""),
        (message(1, ["ሰላም ", {"type": "bold", "text": "Habari 🔥"}], edited="2025-09-03T07:29:07"), ""),
        (message(1, "", poll=POLL), ""),
        (message(1, type="service", action="pin_message", actor=None), "service message: pin_message"),
        (message(1, "ሰላም", type="service", action=None), "service message: none"),
        ({"id": 1, "type": "unsupported"}, "unsupported message"),
        (message(1, "ሰላም", type="story"), "unknown kind of message: story"),
        (message(1, "ሰላም", type=None), "unknown kind of message: none"),
        ({"id": 1, "text": "ሰላም"}, "unknown kind of message: none"),
        (message(None, "ሰላም"), "message without a number"),
        (message("7", "ሰላም"), "message without a number"),
        (message(True, "ሰላም"), "message without a number"),
        (message(1 << 63, "ሰላም"), "message without a number"),
        ({}, "message without a number"),
    ],
)
def test_every_kind_is_kept_or_says_why_not(value, reason):
    found = read(value, masked=True)
    assert found.reason == reason
    assert found.number == (NOWHERE if "number" in reason else 1)
    row(b"zemen", found, found.text)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (message(1), "without text: empty"),
        (message(1, "\u200b\u200e"), "without text: empty"),
        (message(1, photo=PHOTO, width=960), "without text: photo"),
        (message(1, file=PHOTO, media_type="sticker", sticker_emoji="🔥"), "without text: sticker"),
        (message(1, file=PHOTO, mime_type="text/plain"), "without text: file"),
        (message(1, location_information=None), "without text: location"),
        (message(1, contact_information={"phone_number": "0911"}), "without text: contact"),
        (message(1, invoice_information='{"title": "x"}'), "without text: invoice"),
        (message(1, "🔥 ‼️"), "too short: 0 words"),
    ],
)
def test_what_has_no_text_says_what_it_has(tmp_path, value, reason):
    rows, (line,) = one(tmp_path, value, message(2, "ሰላም ነው"))
    assert [row["message"] for row in rows] == [2] and line["reason"] == reason


def test_what_is_kept_of_a_message(tmp_path):
    (kept,), _ = one(tmp_path, message(-999_999_999, ["☎️ ", {"type": "phone", "text": "0911223344"}, " ይደውሉ"], photo=PHOTO))
    assert kept == {
        "id": "zemen/-999999999", "channel": "zemen", "message": -999_999_999, "date": "2025-09-02T07:29:07",
        "text": "☎️ [phone] ይደውሉ", "media": "photo", "forwarded": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("dates", "date", "time", "version"),
    [
        ({"date": "2025-09-02T07:29:07", "date_unixtime": "1756787347"}, "2025-09-02T07:29:07", 1756787347, 1756787347),
        ({"date": "2025-09-02T04:29:07"}, "2025-09-02T04:29:07", 1756787347, 1756787347),  # an older export
        ({"date": "2025-09-02T04:29:07", "edited": "1970-01-01T01:00:00"}, "2025-09-02T04:29:07", 1756787347, 1756787347),
        ({"date": "2025-09-02T04:29:07", "edited": "2025-09-02T04:29:17"}, "2025-09-02T04:29:07", 1756787347, 1756787357),
        ({"date": "2025-09-02T07:29:07", "date_unixtime": "1756787347", "edited": "x", "edited_unixtime": "1756787400"},
         "2025-09-02T07:29:07", 1756787347, 1756787400),
        ({"date": None, "date_unixtime": "soon"}, None, LATEST, LATEST),
        ({"date": "1969-12-31T00:00:00"}, "1969-12-31T00:00:00", LATEST, LATEST),
        ({"date": "9999-12-31T00:00:00", "date_unixtime": "253402214400"}, "9999-12-31T00:00:00", LATEST, LATEST),
        ({"date": 5, "date_unixtime": []}, None, LATEST, LATEST),
        ({"date": "ትናንት", "date_unixtime": "٣"}, None, 3, 3),
    ],
)  # fmt: skip
def test_dates_of_old_and_new_exports(dates, date, time, version):
    found = read({"id": 1, "type": "message", "text": "ሰላም", **dates}, masked=True)
    assert (found.date, found.time, found.version) == (date, time, version)


@pytest.mark.parametrize(
    ("keys", "masked", "name"),
    [
        ({}, True, None),
        ({"forwarded_from": "የቴክ ወሬ", "forwarded_from_id": "channel1795300611"}, True, "የቴክ ወሬ"),
        ({"forwarded_from": "አበበ በቀለ", "forwarded_from_id": "user5"}, True, "[name]"),
        ({"forwarded_from": "አበበ በቀለ"}, True, "[name]"),  # who hides behind a name, and exports without such ids
        ({"forwarded_from": "አበበ\n በቀለ", "forwarded_from_id": "user5"}, False, "አበበ በቀለ"),
        ({"forwarded_from": None, "forwarded_from_id": "user5"}, True, "deleted account"),
        ({"forwarded_from": 7}, False, "deleted account"),
    ],
)
def test_from_whom_it_was_forwarded(keys, masked, name):
    assert read(message(1, "ሰላም", **keys), masked).forwarded == name


@pytest.mark.parametrize("kind", ["x" * 500, "a\nb\u202e\ud83d", {"a": 1}, 7])
def test_strange_names_stay_in_one_short_line_that_can_be_written(kind):
    for value in (message(1, "ሰላም", type=kind), message(1, "ሰላም", type="service", action=kind)):
        reason = read(value, masked=True).reason
        assert "\n" not in reason and len(reason) < 120 and reason.encode()
    found = read(message(1, "ሰላም", media_type=kind, forwarded_from=kind), masked=False)
    row(b"zemen", found, found.text)
