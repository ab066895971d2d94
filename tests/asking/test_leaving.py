"""On a CPU too, rows side by side answer as each would alone with `generate`, whoever else is there and leaves."""

import pytest
import torch
from test_slots import PROMPTS, alone, cut, make

from mbegu.asking import generation, leaving, slots
from mbegu.asking.decoding import Decoding
from mbegu.asking.generation import Wanted, generate, generate_one
from mbegu.asking.leaving import Asked, Room
from mbegu.models.loading import load_base

ROOM = Room(8, 64, 12)
TEXTS = [
    "ሰላም ለእናንተ ይሁን።",
    "Habari ya asubuhi?",
    "🌱 👩\u200d🌾",
    "مرحبا بالعالم",
    "\u202bשלום\u202c",
    "mar\ufeffket " * 9,
    "q",
    "w",
]


def ended_at(model) -> int:
    """A token that ends some answers early."""
    return alone(model, PROMPTS[0])[5]


@pytest.mark.parametrize("kind", sorted(slots.KNOWN))
def test_each_known_kind_answers_as_generate_does(kind):
    model = make(kind)
    end = ended_at(model)
    found = dict(leaving.answer([Asked(prompt) for prompt in PROMPTS], model, ROOM, [end]))
    expected = [alone(model, prompt) for prompt in PROMPTS]
    assert [cut(found[index], end) for index in range(len(PROMPTS))] == [cut(one, end) for one in expected]
    assert all(len(tokens) <= ROOM.answer and end not in tokens[:-1] for tokens in found.values())
    assert model.config._attn_implementation == "sdpa"


def test_an_answer_stays_the_same_whoever_else_is_asked_and_wherever_it_stands():
    model, ends = make("llama"), [5, 9]
    together = dict(leaving.answer([Asked(prompt) for prompt in PROMPTS], model, ROOM, ends))
    turned = dict(leaving.answer([Asked(prompt) for prompt in PROMPTS[::-1]], model, ROOM, ends))
    for index, prompt in enumerate(PROMPTS):
        ((_, tokens),) = leaving.answer([Asked(prompt)], model, ROOM, ends)
        assert tokens == together[index] == turned[len(PROMPTS) - 1 - index]


@pytest.mark.parametrize("differs", [False, True])
def test_rows_leave_only_where_fewer_compute_the_same(differs, monkeypatch):
    """Here rows below eight would compute otherwise; then all eight stay."""
    model, sizes, following = make("llama"), [], slots.Slots.following

    def watched(state, model):
        sizes.append(len(state.token))
        return following(state, model) + (1e-6 if differs and sizes[-1] < ROOM.rows else 0)

    monkeypatch.setattr(slots.Slots, "following", watched)
    found = dict(leaving.answer([Asked(prompt) for prompt in PROMPTS[:3]], model, ROOM, []))
    assert found == {index: alone(model, PROMPTS[index]) for index in range(3)}
    assert sizes[:2] == [8, 4] and sizes.count(8) == (11 if differs else 1)
    assert sizes.count(4) == 1 or not differs


def test_steps_attend_to_what_is_read_and_where_that_rounds_otherwise_to_all(monkeypatch):
    model, asked, reached = make("llama"), [Asked(PROMPTS[0] * 9), Asked(PROMPTS[1])], []
    room = Room(2, 192, 70)
    reach = slots.Slots.reach
    monkeypatch.setattr(slots.Slots, "reach", lambda state, places: (reach(state, places), reached.append(state.seen)))
    found = dict(leaving.answer(asked, model, room, []))
    assert sorted(set(reached)) in ([64, 128], [262])
    reached.clear()
    monkeypatch.setattr(leaving, "sliced_alike", lambda *shape: False)
    assert dict(leaving.answer(asked, model, room, [])) == found and set(reached) == {262}


def test_a_prompt_is_heard_token_by_token_and_rows_take_turns():
    model = make("llama")
    spoken = list(leaving.speak([Asked(PROMPTS[0]), Asked(PROMPTS[1])], model, ROOM, []))
    assert [index for index, _ in spoken[2:]] == [1, 0] * 11 or [index for index, _ in spoken[2:]] == [0, 1] * 11
    assert [token for index, token in spoken if index == 0] == alone(model, PROMPTS[0])


SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}
DECODINGS = {"greedy": Decoding(8), "penalty": Decoding(8, repetition_penalty=1.3), "drawn": Decoding(8, 1.2, 0.9, 1.1)}


@pytest.mark.parametrize("name", DECODINGS)
@pytest.mark.parametrize("shaped", [False, True])
def test_answers_are_drawn_and_held_to_a_grammar_as_in_batches_of_generate(tiny_base, tiny_tokenizer, name, shaped, monkeypatch):
    from mbegu.asking import grammar

    monkeypatch.setattr("mbegu.models.loading.precision", lambda: torch.float32)
    model, wrote = load_base(tiny_base, "none").eval(), grammar.of({"schema": SCHEMA}) if shaped else None
    wanted = [Wanted(text, seed, wrote) for seed, text in enumerate(TEXTS)]

    def answers():
        return dict(generate(wanted, DECODINGS[name], 4, model, tiny_tokenizer, special_tokens=False, label="Test"))

    found = answers()
    monkeypatch.setattr(generation.leaving, "can_answer", lambda model: False)
    assert found == answers()


def test_one_alone_is_answered_as_among_others_and_its_tokens_are_streamed(tiny_base, tiny_tokenizer, monkeypatch):
    monkeypatch.setattr("mbegu.models.loading.precision", lambda: torch.float32)
    model, heard = load_base(tiny_base, "none").eval(), []

    class Streamer:
        put = staticmethod(lambda tokens: heard.append(tokens.tolist()))
        end = staticmethod(lambda: heard.append("end"))

    wanted = [Wanted(text) for text in TEXTS]
    among = dict(generate(wanted, Decoding(8), 4, model, tiny_tokenizer, special_tokens=False, label="Test"))
    for index, text in enumerate(TEXTS):
        ids = tiny_tokenizer(text, add_special_tokens=False)["input_ids"]
        heard.clear()
        assert generate_one(model, tiny_tokenizer, ids, 8, Streamer) == among[index]["text"]
        assert heard[0] == ids and heard[-1] == "end" and 1 <= len(heard[1:-1]) <= 8


def test_prompts_of_several_widths_share_a_room_only_where_its_length_changes_no_bit(tiny_base, tiny_tokenizer, monkeypatch):
    model, widths, answer = load_base(tiny_base, "none").eval(), [], leaving.answer
    wanted = [Wanted(text) for text in (*TEXTS, " ".join(TEXTS) * 2)]

    def watched(asked, model, room, ends):
        widths.append(room.width)
        return answer(asked, model, room, ends)

    def answers():
        widths.clear()
        return dict(generate(wanted, Decoding(8), 4, model, tiny_tokenizer, special_tokens=False, label="Test")), [*widths]

    monkeypatch.setattr(leaving, "answer", watched)
    monkeypatch.setattr(leaving, "can_share", lambda model, room: True)
    shared, rooms = answers()
    monkeypatch.setattr(leaving, "can_share", lambda model, room: False)
    apart, several = answers()
    assert shared == apart and rooms == [generation.SHARED] and len(several) > 1
