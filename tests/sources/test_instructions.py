"""Self-Instruct over a teacher that answers from a table: what is asked, what is accepted, and what a new seed changes."""

import re

import pytest
from root import ROOT

from mbegu.asking.memo import open_memo
from mbegu.asking.teachers import Teacher, seed_of
from mbegu.errors import BadInput
from mbegu.rows.lineage import side
from mbegu.rows.row import row_id
from mbegu.sources.seeds.demonstrations import draw_demonstrations, read_templates
from mbegu.sources.seeds.instructions import bootstrap
from mbegu.sources.seeds.settings import Bootstrap
from mbegu.text import filters

TEMPLATES = ROOT / "templates/self-instruct"
TOPICS = [
    "bonds", "bills", "funds", "saccos", "shares", "pensions", "reits", "deposits", "loans", "taxes", "fees", "rates", "risk",
    "fraud", "units", "gold", "cash", "land",
]  # fmt: skip


def seed(text, kind="seed", input_="", output="An answer."):
    origin = {"kind": kind, "parents": [], "source": f"seeds.jsonl:{text[:9]}"}
    return {"id": row_id(text, input_), "instruction": text, "input": input_, "output": output, "origin": origin}


SEEDS = [seed(f"What should a saver know about {topic} before paying {n} shillings?") for n, topic in enumerate(TOPICS * 3)]


def writer(lists):
    """A teacher that continues a list by what `lists(prompt)` says, calls nothing classification, and answers."""
    asked = []

    def ask(requests):
        for request in requests:
            asked.append(request)
            prompt = request["prompt"]
            if "Is it classification?" in prompt:
                text = "Yes" if prompt.rstrip().endswith("even?\nIs it classification?") else "No"
            elif prompt.endswith("Class label:"):
                text = " yes\nInput: 4\nClass label: no\nInput: 7"
            elif prompt.endswith("Example 1"):
                text = f"Input: <noinput>\nOutput: It depends on {prompt.split('Task: ')[-1].split(chr(10))[0]}"
            else:
                text = lists(prompt)
            yield request, {"text": text, "tokens": 5, "finish_reason": "stop"}

    return Teacher({"kind": "table"}, ask, len, None, ("<|im_end|>",)), asked


def settings(**changes):
    values = {
        "target": 6, "validation": 0.1, "method": "self-instruct", "domain": "saving", "templates": TEMPLATES, "requests": 3,
        "patience": 2, "demonstrations": 8, "machine": 2, "instances": 2, "instance_chat": False, "temperature": 0.7,
        "top_p": 1.0, "repetition_penalty": 1.0, "instruction_tokens": 50, "instance_tokens": 50, "min_words": 3,
        "max_words": 40, "novelty": 0.7, "topics": ["map"],
    }  # fmt: skip
    return Bootstrap(**values | changes)


def run(tmp_path, teacher, pool=SEEDS, **changes):
    with open_memo(tmp_path) as memo:
        return bootstrap(pool, settings(**changes), ["CIC", "Sanlam"], read_templates(TEMPLATES), teacher._replace(memo=memo))


def fresh(prompt):
    """Three new questions that depend on the prompt, so that another prompt gives others."""
    number = int(row_id(prompt, ""), 16)
    words = [TOPICS[number // 7**n % len(TOPICS)] for n in range(12)]
    return "\n".join(
        [f"Compare {' '.join(words[:4])} soon", f"10. List {' '.join(words[4:8])} now", f"11. Rank {' '.join(words[8:])} here"]
    )


def test_accepted_instructions_become_rows_with_their_lineage(tmp_path):
    teacher, asked = writer(fresh)
    (kept, ledger), candidates, count = run(tmp_path, teacher)
    assert len(kept) == 6
    assert candidates == len(kept) + len(ledger)
    ids = {row["id"] for row in SEEDS}
    for row in kept:
        origin = row["origin"]
        assert origin["kind"] == "generated" and set(origin["parents"]) <= ids and len(origin["demonstrations"]) == 8
        assert side(origin["parents"], 0.1) == "training"
        assert origin["nearest"]["score"] <= 0.7
        assert row["output"].startswith("It depends on")
    assert {line["reason"] for line in ledger} <= {"beyond the target", "not novel"}
    assert count == len(asked) == 3 + 6 + 6


def test_a_second_run_asks_nothing_and_gives_the_same_rows(tmp_path):
    teacher, _ = writer(fresh)
    (first, *_), (second, _, asked) = run(tmp_path, teacher), run(tmp_path, teacher)
    assert asked == 0
    assert second == first


def test_one_seed_more_changes_only_the_requests_that_show_it(tmp_path):
    many = {"target": 1000, "patience": 1, "requests": 60}
    teacher, asked = writer(lambda prompt: "")  # nothing is accepted, so that there is one round
    run(tmp_path, teacher, **many)
    assert len(asked) == 60
    news = [seed(f"Which chama rules protect {n} members when the treasurer leaves?") for n in range(9)]
    new = next(row for row in news if side([row["id"]], 0.1) == "training")
    *_, count = run(tmp_path, teacher, [*SEEDS, new], **many)
    showing = [request for request in asked[60:] if "chama rules" in request["prompt"]]
    assert count == len(asked) - 60 == len(showing)
    assert 0 < count < 25


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Too short", "too short"),
        ("Draw a map of the counties of Kenya", "blacklisted topic: map"),
        (", and which of the funds pays more", "leading punctuation"),
        ("Какой фонд платит больше всего", "wrong script: Cyrillic"),
        ("What is <|im_end|> in a message", "control token: <|im_end|>"),
        ("What should a saver know about bonds before paying 0 shillings?", "not novel"),
        ("… ?? …", "empty"),
    ],
)
def test_every_filter_of_instructions_bites_and_says_so(tmp_path, text, reason):
    teacher, _ = writer(lambda prompt: text)
    found, *_ = run(tmp_path, teacher, requests=1, patience=1)
    assert [line["reason"] for line in found.ledger] == [reason]
    assert found.kept == []


def test_two_questions_that_differ_by_a_number_or_a_fund_are_two(tmp_path):
    pool = [seed("How much does the CIC money market fund pay on KES 5,000 in a year?"), *SEEDS]
    for text in ("How much does the Sanlam money market fund pay on KES 5,000 in a year?",
                 "How much does the CIC money market fund pay on KES 9,000 in a year?"):  # fmt: skip
        teacher, _ = writer(lambda prompt, text=text: text)
        found, *_ = run(tmp_path / text[:20] / text[-20:-9], teacher, pool, requests=1, target=1)
        assert [row["instruction"] for row in found.kept] == [text]
    teacher, _ = writer(lambda prompt: "How much does the CIC money market fund pay on KES 5,000 per year?")
    found, *_ = run(tmp_path / "same", teacher, pool, requests=1, patience=1)
    assert found.ledger[0]["reason"] == "not novel"


def test_a_classification_task_gets_its_label_first(tmp_path):
    teacher, _ = writer(lambda prompt: "Is the number of fees even?")
    (kept, _), candidates, _ = run(tmp_path, teacher, requests=1, target=1)
    assert [(row["input"], row["output"]) for row in kept] == [("4", "yes"), ("7", "no")]
    assert all(row["origin"]["classification"] for row in kept)
    assert candidates == 2


def test_the_alpaca_way_asks_once(tmp_path):
    teacher, asked = writer(lambda prompt: " Compare these two rates.\nInput: 9 % and 11 %\nOutput: The second is higher.")
    (kept, _), _, count = run(tmp_path, teacher, method="alpaca", requests=1, target=1)
    assert [(row["input"], row["output"]) for row in kept] == [("9 % and 11 %", "The second is higher.")]
    assert count == len(asked) == 1


def test_another_question_about_a_text_that_was_asked_about_is_new(tmp_path):
    text = " ".join(f"w{letter}{end}" for letter in "abcdefgh" for end in "opqrst")
    pool = [*SEEDS, seed("Who took the wheel of the mill?", input_=text)]
    for asked, kept in (("When did the water come?", 1), ("Who took the wheel of this mill?", 0)):
        teacher, _ = writer(lambda prompt, asked=asked: f" {asked}\nInput: {text}\nOutput: It is not said by anyone.")
        found, *_ = run(tmp_path / str(kept), teacher, pool, method="alpaca", requests=1, target=1, patience=1, max_words=90)
        assert [row["input"] for row in found.kept] == [text] * kept
        assert [line["reason"] for line in found.ledger if line["reason"] == "not novel"] == ["not novel"] * (1 - kept)


def test_the_last_item_of_an_answer_that_was_cut_off_is_dropped(tmp_path):
    def ask(requests):
        yield from (
            (request, {"text": "List fees of funds soon\n10. Rank the", "tokens": 5, "finish_reason": "length"})
            for request in requests
        )

    found, *_ = run(tmp_path, Teacher({"kind": "cut"}, ask, len, None), method="alpaca", requests=1, patience=1)
    assert found.ledger[-1]["reason"].startswith("cut off")


def test_demonstrations_are_in_one_script_and_at_most_two_are_machine_made():
    amharic = [seed(f"ስለ {topic} ምን ማወቅ አለብኝ?") for topic in ("ቁጠባ", "ብድር", "ግብር", "አክሲዮን")]
    machine = [seed(f"Compare the two {topic} here", "generated") for topic in TOPICS[:6]]
    for place in range(30):
        shown = draw_demonstrations([*SEEDS[:6], *amharic], machine, f"request {place}", 8, 2)
        scripts = {filters.script(row["instruction"]) for row in shown}
        assert len(scripts) == 1
        assert sum(row["origin"]["kind"] == "generated" for row in shown) <= 2
        if scripts == {"Ethiopic"}:
            assert len(shown) == 4


def test_one_seed_is_enough_and_none_is_a_clear_error(tmp_path):
    teacher, asked = writer(fresh)
    (one,) = [row for row in SEEDS if side([row["id"]], 0.1) == "training"][:1]
    assert len(run(tmp_path, teacher, [one], target=2)[0].kept) == 2
    assert re.findall(r"^\d+\. What", asked[0]["prompt"], re.MULTILINE) == ["1. What"]
    with pytest.raises(BadInput, match="no answered hand-written or reviewed row"):
        run(tmp_path, teacher, [])


def test_the_same_prompt_again_is_another_request(tmp_path):
    teacher, asked = writer(lambda prompt: "")
    (one,) = [row for row in SEEDS if side([row["id"]], 0.1) == "training"][:1]
    assert run(tmp_path, teacher, [one], requests=3, patience=2)[2] == 6
    assert len({seed_of(request) for request in asked}) == 6
    assert len({request["prompt"] for request in asked}) == 1


def test_an_instance_with_a_control_token_goes_to_the_ledger(tmp_path):
    def ask(requests):
        for one in requests:
            instance = one["prompt"].endswith("Example 1")
            text = "Output: stop <|im_end|> now" if instance else "" if "Is it" in one["prompt"] else "List the fees of two funds"
            yield one, {"text": text, "tokens": 5, "finish_reason": "stop"}

    odd = Teacher({"kind": "odd"}, ask, len, None, ("<|im_end|>",))
    (kept, ledger), candidates, _ = run(tmp_path, odd, requests=1, target=1)
    assert [line["reason"] for line in ledger] == ["control token in an instance"]
    assert (kept, candidates) == ([], 1)


def test_a_target_of_none_asks_nothing(tmp_path):
    teacher, asked = writer(fresh)
    assert run(tmp_path, teacher, [], target=0)[0].kept == [] and asked == []


def test_a_broken_template_is_one_clear_line(tmp_path):
    templates = {**read_templates(TEMPLATES), "instructions": "{{ demonstration }}"}
    teacher, _ = writer(fresh)
    with pytest.raises(BadInput, match=r"instructions.jinja: 'demonstration' is undefined"):
        bootstrap(SEEDS, settings(), [], templates, teacher)
    with pytest.raises(BadInput, match=r"has no instructions.jinja"):
        read_templates(tmp_path)
