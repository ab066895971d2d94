"""A turn ends where the tokenizer, the generation config or the chat template says so; what the template writes is trained."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from mbegu.asking.decoding import Decoding
from mbegu.asking.generation import generate_one
from mbegu.asking.local import local
from mbegu.asking.memo import open_memo
from mbegu.asking.prompts import Prompt
from mbegu.asking.speakers import alone
from mbegu.asking.teachers import request
from mbegu.asking.together import Engine
from mbegu.asking.visits import Question
from mbegu.models.ends import all_ends, declared_ends, trained_end, turn_end
from mbegu.models.loading import Weights, load_tokenizer
from mbegu.models.manifest import write_manifest
from mbegu.scoring.answering import predict
from mbegu.training.tokens import encode

PROMPT = Prompt("{{ instruction }}{{ input }}", True)
ROWS = [
    {"id": str(n), "instruction": text, "input": "", "output": "ሰላም።", "origin": {"kind": "seed", "parents": []}}
    for n, text in enumerate(["ሰላም ምንድን ነው?", "Habari 🙂?", "ما هو؟\u200b"])
]


def other_base(tiny_base: Path, folder: Path, template: str | None = None, declared: object = None) -> Path:
    """The tiny base with another chat template or other end tokens in its generation config."""
    shutil.copytree(tiny_base, folder)
    if template is not None:
        (folder / "chat_template.jinja").write_text(template)
    if declared is not None:
        path = folder / "generation_config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "eos_token_id": declared}))
    write_manifest(folder)
    return folder


TURNS = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|endoftext|>\n{% endfor %}"
SPACED = TURNS.replace("<|endoftext|>", "\n<|endoftext|>")
BARE = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
STRICT = (
    "{% for m in messages %}{% if m.role != 'user' %}{{ raise_exception('only users') }}{% endif %}{{ m.content }}{% endfor %}"
)


@pytest.mark.parametrize(
    ("template", "end"), [(TURNS, "<|endoftext|>"), (SPACED, "<|endoftext|>"), (None, "<|im_end|>"), (BARE, None), (STRICT, None)]
)
def test_the_template_s_end_is_found_and_trained_where_the_template_is_used(tiny_base, tmp_path, template, end):
    tokenizer = load_tokenizer(other_base(tiny_base, tmp_path / "base", template))
    wanted = None if end is None else tokenizer.convert_tokens_to_ids(end)
    assert turn_end(tokenizer) == wanted
    trained = tokenizer.eos_token_id if wanted is None else wanted
    assert trained_end(tokenizer, True) == trained and trained_end(tokenizer, False) == tokenizer.eos_token_id
    assert {one["input_ids"][-1] for one in encode(ROWS, PROMPT, tokenizer)} == {trained}
    assert {one["input_ids"][-1] for one in encode(ROWS, PROMPT._replace(chat=False), tokenizer)} == {tokenizer.eos_token_id}
    assert all_ends(tokenizer, None) == sorted({tokenizer.eos_token_id, trained})


@pytest.mark.parametrize("declared", [2, [2, 5], [5], None, [2, 10**9, "x"]])
def test_ends_of_the_generation_config_come_in_any_form(tiny_base, tmp_path, declared):
    base = other_base(tiny_base, tmp_path / "base", declared=declared)
    several = declared if isinstance(declared, list) else [2]
    assert all_ends(load_tokenizer(base), declared_ends(base)) == sorted({2, *(one for one in several if one in (2, 5))})


def test_every_end_ends_an_answer_of_predict_ask_and_the_local_teacher(tiny_base, tmp_path):
    """A random model says something; a token of it is declared an end, and the answer is then what stood before."""
    tokenizer, weights = load_tokenizer(tiny_base), Weights(tiny_base, None, "none")
    turn = [{"role": "user", "content": ROWS[0]["instruction"]}]
    ids = tokenizer.apply_chat_template(turn, add_generation_prompt=True)["input_ids"]
    (first,), _ = predict(ROWS[:1], weights, PROMPT, 2, 12, tmp_path / "memo")
    assert (first["tokens"], first["finish_reason"]) == (12, "length")
    said = weights.load().generate(torch.tensor([ids]), max_new_tokens=12, do_sample=False)[0, len(ids) :].tolist()
    place = max(said.index(token) for token in said)
    end, before = said[place], tokenizer.decode(said[:place], skip_special_tokens=True).strip()
    base = other_base(tiny_base, tmp_path / "base", declared=[tokenizer.eos_token_id, end])
    weights = Weights(base, None, "none")

    (found,), _ = predict(ROWS[:1], weights, PROMPT, 2, 12, tmp_path / "memo")
    assert (found["prediction"], found["tokens"], found["finish_reason"]) == (before, place, "stop")
    with open_memo(tmp_path / "memo") as memo:
        teacher = local(weights, 2, memo)
        answers, _ = teacher.ask([request(teacher, ROWS[0]["instruction"], True, Decoding(12))])
        assert (answers[0]["text"], answers[0]["finish_reason"]) == (before, "stop")
        assert teacher.identity["ends"] == sorted({tokenizer.eos_token_id, end})
        assert "ends" not in local(Weights(tiny_base, None, "none"), 2, memo).identity
    assert generate_one(weights.load(), tokenizer, ids, 12) == before
    engine = Engine({"base": alone(weights, PROMPT)}, tokenizer)
    *_, said = engine.ask(Question("base", ROWS[0]["instruction"], "", Decoding(12)))
    engine.close()
    assert (said.text, said.tokens, said.finish_reason) == (before, place, "stop")
