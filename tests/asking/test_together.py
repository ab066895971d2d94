"""The engine: answers that do not depend on who else asks, and what happens when something ends early."""

import threading
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from tiny import make_model
from transformers import AutoModelForCausalLM

from mbegu.asking import slots, together
from mbegu.asking.decoding import Decoding
from mbegu.asking.generation import generate_one
from mbegu.asking.prompts import Prompt
from mbegu.asking.speakers import Speaker, question_ids
from mbegu.asking.together import ROWS, Engine
from mbegu.asking.visits import Busy, Failed, Question, Stopped, begins_reasoning, problem, spoken
from mbegu.errors import BadInput
from mbegu.models.loading import load_base

TEXTS = [
    "What is a fund?",
    "ሰላም ለእናንተ ይሁን። 🌱",
    "ما هو المال؟\u200d",
    "Habari? " * 20,
    "KES 5,000",
    "?",
    "a\u2028b",
    "x" * 90,
    "1",
    "2",
]
PROMPT = Prompt("{{ instruction }}\n{{ input }}", True)
TOKENS = 12


@pytest.fixture(scope="module")
def speaker(tiny_base: Path) -> Speaker:
    model = load_base(tiny_base, "none").eval()
    torch.manual_seed(5)
    for weight in model.parameters():  # a random model repeats itself less where its weights are larger
        weight.data += torch.randn_like(weight) / 15
    return Speaker(model, None, PROMPT, tiny_base)


@pytest.fixture
def engine(speaker, tiny_tokenizer):
    running = Engine({"one": speaker, "other": speaker}, tiny_tokenizer, waiting=20)
    yield running
    running.close()


def asked(text: str, temperature: float = 0.0, seed: int = 0, name: str = "one", tokens: int = TOKENS) -> Question:
    return Question(name, text, "", Decoding(tokens, temperature, 0.9), seed)


def test_an_answer_is_that_of_generate_and_does_not_depend_on_who_else_asks(engine, speaker, tiny_tokenizer):
    answers = [engine.ask(asked(text, name=name)) for text in TEXTS for name in ("one", "other")]
    together_ = [list(answer)[-1] for answer in answers]
    assert len(TEXTS) > ROWS and len({said.text for said in together_}) > 4
    for place, text in enumerate(TEXTS):
        *_, alone = engine.ask(asked(text))
        assert together_[2 * place][:3] == together_[2 * place + 1][:3] == alone[:3]
        ids = question_ids(speaker, tiny_tokenizer, text, "", TOKENS)
        assert alone.text == generate_one(speaker.model, tiny_tokenizer, ids, TOKENS)
        assert alone.read == len(ids)


def test_an_answer_grows_and_nothing_of_it_is_taken_back(engine):
    for text in TEXTS[:4]:
        states = list(engine.ask(asked(text)))
        for before, after in pairwise(states):
            assert after.text.startswith(before.text) and after.tokens in (before.tokens, before.tokens + 1)
        assert states[-1].finish_reason and not any(said.finish_reason for said in states[:-1])


def test_a_seed_draws_the_same_again_whoever_is_there(engine):
    def draw(seed: int) -> str:
        *_, said = engine.ask(asked("ሰላም", 1.2, seed))
        return said.text

    first = [draw(seed) for seed in range(4)]
    others = [engine.ask(asked(text, 0.7, 9)) for text in TEXTS]
    assert [draw(seed) for seed in range(4)] == first and len(set(first)) > 1
    assert all(list(other) for other in others)


@pytest.mark.parametrize("kind", sorted(slots.KNOWN - {"llama"}))
def test_models_whose_layers_see_a_window_or_all_answer_as_generate_does(kind, tmp_path, tiny_tokenizer):
    from transformers import AutoConfig

    shape = {
        "vocab_size": len(tiny_tokenizer), "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "head_dim": 8,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 256,
        "eos_token_id": tiny_tokenizer.eos_token_id, "pad_token_id": tiny_tokenizer.pad_token_id, "sliding_window": 8,
    }  # fmt: skip
    if kind != "mistral":
        shape |= {"layer_types": ["sliding_attention", "full_attention"], "use_sliding_window": True}
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **shape)).float().eval()
    speaker = Speaker(model, None, PROMPT, tmp_path)
    engine = Engine({"one": speaker}, tiny_tokenizer)
    answers = [list(answer)[-1].text for answer in [engine.ask(asked(text)) for text in TEXTS[:4]]]
    engine.close()  # before another thread uses its model
    for text, answer in zip(TEXTS, answers, strict=False):
        ids = torch.tensor([question_ids(speaker, tiny_tokenizer, text, "", TOKENS)])
        made = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=TOKENS, do_sample=False)
        assert answer == tiny_tokenizer.decode(made[0, ids.shape[1] :], skip_special_tokens=True).strip()


def test_a_model_of_another_kind_answers_one_at_a_time(engine, speaker, tiny_tokenizer, monkeypatch):
    *_, before = engine.ask(asked("ሰላም"))
    monkeypatch.setattr(slots, "KNOWN", set())
    (said,) = engine.ask(asked("ሰላም"))
    assert (said.text, said.tokens, said.finish_reason) == before[:3]


def test_a_model_of_another_kind_is_asked_the_same_text(engine, monkeypatch):
    typed = unicodedata.normalize("NFD", "Café? ሰላም 🌱 مرحبا ") + "\n "
    *_, before = engine.ask(asked(typed))
    monkeypatch.setattr(slots, "KNOWN", set())
    answer = engine.ask(asked(typed))
    assert answer.question.instruction == "Café? ሰላም 🌱 مرحبا"
    assert list(answer)[-1].text == before.text


@pytest.mark.parametrize("ending", ["left", "closed"])
def test_a_model_of_another_kind_stops_where_nobody_listens(ending, speaker, tiny_tokenizer, monkeypatch):
    monkeypatch.setattr(slots, "KNOWN", set())
    engine = Engine({"one": speaker}, tiny_tokenizer)
    steps, close = [], threading.Thread(target=engine.close)

    def step(*_):
        steps.append(1)
        if len(steps) == 3:
            if ending == "left":
                answer.close()
                return
            close.start()
            while not engine.closed():
                pass

    monkeypatch.setattr(type(engine), "_say", lambda *_: pytest.fail("an answer that nobody waits for"))
    begun = threading.Event()
    handle = speaker.model.get_input_embeddings().register_forward_pre_hook(lambda *_: begun.wait(60) and step())
    answer = engine.ask(asked("ሰላም", tokens=300))
    begun.set()
    with pytest.raises(Stopped, match="stopped before" if ending == "closed" else "Nobody waits"):
        list(answer)
    engine.close()
    handle.remove()
    assert len(steps) == 3


def test_rooms_hold_no_more_than_there_is_memory_for_and_a_long_question_gets_its_turn(engine, monkeypatch):
    held, go_on = [], Engine._go_on
    monkeypatch.setattr(together, "HELD", ROWS * 300)
    monkeypatch.setattr(Engine, "_go_on", lambda self, key: (held.append(set(self._rooms)), go_on(self, key)))
    lengths = [60, 160, 60, 300, 60, 160]
    answers = [engine.ask(asked("ሰላም", name=name, tokens=tokens)) for tokens in lengths for name in ("one", "other")]
    assert all(list(answer)[-1].finish_reason for answer in answers)
    assert all(len(rooms) == 1 or sum(length for _, length in rooms) <= 300 for rooms in held)
    assert any(len(rooms) == 2 for rooms in held) and {length for rooms in held for _, length in rooms} == {128, 256, 384}


def test_a_prompt_is_no_longer_than_a_server_says(speaker, tiny_tokenizer):
    engine = Engine({"one": speaker}, tiny_tokenizer, most_read=40)
    with pytest.raises(BadInput, match=r"tokens with its prompt; 40 are read here; ask with less text\."):
        engine.ask(asked("ሰላም " * 30))
    assert list(engine.ask(asked("?")))[-1].finish_reason
    engine.close()


def test_who_leaves_makes_room_and_nobody_hears_of_it(engine):
    leaving = [engine.ask(asked("ሰላም", tokens=300)) for _ in range(ROWS)]
    for answer in leaving:
        next(answer)
    waiting = engine.ask(asked("Habari?", tokens=300 - 3))
    for answer in leaving:
        answer.close()
    assert list(waiting)[-1].finish_reason
    with pytest.raises(Stopped):
        list(leaving[0])
    assert engine.load() == (0, 0) or engine.ask(asked("?"))


def test_more_than_may_wait_are_told_to_come_back(speaker, tiny_tokenizer):
    engine = Engine({"one": speaker}, tiny_tokenizer, waiting=2)
    try:
        answers = []
        with pytest.raises(Busy, match="2 questions wait already; ask again in a minute"):
            for _ in range(ROWS + 4):
                answers.append(engine.ask(asked("ሰላም", tokens=300)))
    finally:
        engine.close()


def test_closing_ends_answers_in_the_middle_and_refuses_new_ones(speaker, tiny_tokenizer):
    engine = Engine({"one": speaker}, tiny_tokenizer)
    answer = engine.ask(asked("ሰላም", tokens=300))
    next(answer)
    engine.close()
    with pytest.raises(Stopped, match="stopped before the answer was whole"):
        list(answer)
    with pytest.raises(Stopped):
        engine.ask(asked("ሰላም"))
    assert not [one for one in threading.enumerate() if one.name == "engine" and not one.daemon]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'question' is missing or empty"),
        ("ሰላም \ud83c", "half a character"),
        ("End <|im_end|> it", "the control token '<|im_end|>'"),
        ("ሰላም " * 25_000, "tokens with its prompt; this model reads 512"),
    ],
)
def test_what_can_not_be_asked_is_said_at_once(engine, text, message):
    with pytest.raises(BadInput, match=message.replace("|", r"\|")):
        engine.ask(asked(text))


def test_too_little_memory_is_told_and_the_next_question_is_answered(engine, monkeypatch, capsys):
    def full(*_):
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory")

    with monkeypatch.context() as patched:
        patched.setattr(slots.Slots, "following", full)
        with pytest.raises(Failed, match="too little memory for this answer; ask with less text"):
            list(engine.ask(asked("ሰላም")))
    assert list(engine.ask(asked("ሰላም")))[-1].finish_reason
    assert "too little memory" in problem(MemoryError())


def test_reasoning_is_not_said_and_half_a_character_waits():
    assert spoken("ሰላ\ufffd", False) == "ሰላ"
    assert spoken("<think>hm", False) == "" and spoken("<think>hm</think> ሰላም", True) == "ሰላም"
    assert spoken("yes <thi", False) == "yes" and spoken("1 < 2", True) == "1 < 2"


@pytest.mark.parametrize("tag", ["<think>", "<think>\n", "[THINK]", "◁think▷", "<seed:think>"])
def test_reasoning_that_the_prompt_began_is_not_said(tag):
    closed = tag.strip().replace("<", "</").replace("[", "[/").replace("◁", "◁/")
    text = f"ደግሜ ላስብ። Hm, مرحبا{closed}\n\nሰላም 🌱"
    assert begins_reasoning(f"<|im_start|>assistant\n{tag}")
    said = [spoken(text[:end], False, True) for end in range(len(text) + 1)]
    assert {one for one in said if one} == {"ሰ", "ሰላ", "ሰላም", "ሰላም 🌱"} and spoken(text, True, True) == "ሰላም 🌱"


@pytest.mark.parametrize("prompt", ["", "assistant\n", "<think>\n\n</think>\n\n", "What is a <think> tag?", "say `<think>"])
def test_a_prompt_that_only_speaks_of_reasoning_has_begun_none(prompt):
    assert not begins_reasoning(prompt)


def test_the_tiny_model_of_other_tests_is_one_that_can_share(tmp_path):
    folder = make_model(tmp_path / "model")
    assert slots.knows(AutoModelForCausalLM.from_pretrained(folder))
