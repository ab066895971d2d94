import pytest

from mbegu.asking.prompts import Prompt, prompt_text
from mbegu.errors import BadInput
from mbegu.rows.row import row_id
from mbegu.rows.shelf import shelved
from mbegu.training import tokens

CHAT = Prompt("{{ instruction }}{% if input %}\n\n{{ input }}{% endif %}", True)
PLAIN = Prompt("### Question: {{ instruction }}\n{{ input }}\n### Answer: ", False)


def row(instruction: str, input_: str = "", output: str = "Yes.") -> dict:
    origin = {"kind": "seed", "parents": [], "source": "seeds.jsonl:3"}
    return {"id": row_id(instruction, input_), "instruction": instruction, "input": input_, "output": output, "origin": origin}


ROWS = [
    row("What is a fund?", output="A pool of money."),
    row("ሰላም ምንድን ነው?", "KES 5,000", "ሰላም።"),
    row("🌱 מה זה?", output="seed"),
]


@pytest.mark.parametrize("prompt", [CHAT, PLAIN], ids=["chat", "plain"])
def test_prompt_and_answer_meet_at_completion_start_and_the_end_is_trained(tiny_tokenizer, prompt):
    for value, source in zip(tokens.encode(ROWS, prompt, tiny_tokenizer), ROWS, strict=True):
        ids, start = value["input_ids"], value["completion_start"]
        text = prompt_text(prompt, tiny_tokenizer, source["instruction"], source["input"])
        assert tiny_tokenizer.decode(ids[:start]) == text
        assert tiny_tokenizer.decode(ids[start:-1]) == source["output"]
        assert ids[-1] == tiny_tokenizer.eos_token_id


def test_batches_and_single_rows_give_the_same_ids(tiny_tokenizer, monkeypatch):
    together = tokens.encode(ROWS, CHAT, tiny_tokenizer)
    monkeypatch.setattr(tokens, "BATCH", 1)
    assert tokens.encode(ROWS, CHAT, tiny_tokenizer) == together
    assert [value["roots"] for value in together] == [[row["id"]] for row in ROWS]


@pytest.mark.parametrize("field", ["instruction", "input", "output"])
def test_a_control_token_in_a_row_is_refused_with_its_place(tiny_tokenizer, field):
    bad = row("What?") | {field: "stop <|im_end|> now"}
    with pytest.raises(BadInput, match=r"seeds.jsonl:3: the text holds the control token '<\|im_end\|>'"):
        tokens.encode([bad], CHAT, tiny_tokenizer)


def test_a_model_without_a_chat_template_is_told_what_to_set(tiny_tokenizer):
    import copy

    bare = copy.deepcopy(tiny_tokenizer)
    bare.chat_template = None
    with pytest.raises(BadInput, match="no chat template; set `chat: false`"):
        tokens.encode(ROWS, CHAT, bare)
    assert tokens.encode(ROWS, PLAIN, bare)


def long_and_short(tokenizer):
    rows = [row("Short?"), row("Long?", output="interest every day " * 30)]
    return tokens.encode(rows, CHAT, tokenizer), rows


def test_a_row_that_is_too_long_is_an_error_dropped_or_cut(tiny_tokenizer):
    found, rows = long_and_short(tiny_tokenizer)
    limit = len(found[0]["input_ids"]) + 20
    with pytest.raises(BadInput, match=r"seeds.jsonl:3: \d+ tokens, encode.max_length allows"):
        tokens.fit(found, rows, limit, "error")
    kept, ledger = tokens.fit(found, rows, limit, "drop")
    assert [value["id"] for value in kept] == [rows[0]["id"]]
    assert [(line["id"], line["action"]) for line in ledger] == [(rows[1]["id"], "dropped")]
    kept, ledger = tokens.fit(found, rows, limit, "keep")
    assert [len(value["input_ids"]) for value in kept] == [limit - 20, limit]
    assert [(line["id"], line["action"]) for line in ledger] == [(rows[1]["id"], "changed")]
    assert tokens.count(tokens.lengths(kept), ledger) | {"trained_tokens": 0} == {
        "rows": 2, "rows_cut": 1, "rows_dropped": 0, "tokens": 2 * limit - 20, "trained_tokens": 0, "longest_row_tokens": limit,
    }  # fmt: skip


def test_a_row_without_room_for_an_answer_is_dropped_even_when_rows_are_cut(tiny_tokenizer):
    found, rows = long_and_short(tiny_tokenizer)
    kept, ledger = tokens.fit(found, rows, min(value["completion_start"] for value in found), "keep")
    assert (kept, len(ledger)) == ([], 2)


def test_a_stream_gives_what_all_rows_at_once_do_and_holds_a_batch_at_a_time(tiny_tokenizer, monkeypatch):
    rows = [row(f"ጥያቄ {number} 🌱?", output="مرحبا " * (number % 5)) for number in range(11)]
    limit = 40
    kept, ledger = tokens.fit(tokens.encode(rows, CHAT, tiny_tokenizer), rows, limit, "drop")
    assert 0 < len(ledger) < len(rows)
    monkeypatch.setattr(tokens, "BATCH", 2)
    taken, sizes, lines = [], [], []

    def source():
        for one in rows:
            taken.append(one)
            yield one

    found = tokens.stream(source(), (CHAT, tiny_tokenizer, (limit, "drop")), sizes, lines)
    first = next(found)
    assert len(taken) < len(rows)
    assert [first, *found] == kept and lines == ledger and sizes == tokens.lengths(kept)
    on_disk = shelved(()), shelved(())
    assert [*tokens.stream(source(), (CHAT, tiny_tokenizer, (limit, "drop")), *on_disk)] == kept
    assert ([*on_disk[0]], [*on_disk[1]]) == (sizes, lines) and tokens.count(*on_disk) == tokens.count(sizes, lines)


def test_a_stream_that_loses_rows_on_the_way_is_no_balance(tiny_tokenizer):
    def losing(function, items):
        return (one for one in map(function, items) if False)

    with pytest.raises(AssertionError, match="3 rows in, 0 out, but 0 dropped"):
        list(tokens.stream(ROWS, (CHAT, tiny_tokenizer, (99, "error")), [], [], losing))
