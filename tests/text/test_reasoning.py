"""Reasoning before an answer, in the spellings of published models and in several scripts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbegu.text.reasoning import without_reasoning

ANSWERS = [
    "A bond is a loan to a state.", "ቦንድ ለመንግሥት የሚሰጥ ብድር ነው።", "Dhamana ni mkopo kwa serikali.", "السند قرض للدولة. ٢٥٪",
    "A bond 👨‍👩‍👧 is a loan.", "می‌خواهم \u200bبدانم", '{"answer": "A bond\\nis a loan."}',
]  # fmt: skip


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize(
    "said",
    [
        "<think>Brief.</think>{}", "<think>\nBrief. ቀላል\n</think>\n\n{}", "<THINK>a</THINK>{}", "< think >a</ think >{}",
        "<thinking>a</thinking> {}", "<reasoning>a</reasoning>{}", "<thought>a</thought>\n{}", "<reflection>a</reflection>{}",
        "<seed:think>a</seed:think>{}", "<longcat_think>a</longcat_think>{}", "<antThinking>a</antThinking>{}",
        '<think duration="3">a</think>{}', "[THINK]a[/THINK]{}", "◁think▷a◁/think▷{}", "<unused94>thought\na<unused95>{}",
        "<|begin_of_thought|>a<|end_of_thought|>\n<|begin_of_solution|>{}<|end_of_solution|>",
        "<|START_THINKING|>a<|END_THINKING|><|START_RESPONSE|>{}<|END_RESPONSE|>",
        "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>{}<|return|>",
        "<|channel>thought\na<channel|>{}",
        "<think>a <think>b</think> c</think>{}", "<think></think>\n\n{}", "{}<think>Was it right?</think>",
        "the prompt opened it</think>{}", "<think>a</think><think>b</think>{}", "<think>a</thinking>{}",
    ],
)  # fmt: skip
def test_what_is_left_is_the_answer(said, answer):
    assert without_reasoning(said.replace("{}", answer)) == (answer, True, False)


@pytest.mark.parametrize("said", ["<think>It goes on", "<think>", "[THINK]a", "<|channel|>analysis<|message|>Let me", "◁think▷a"])
def test_a_block_that_never_ends_leaves_no_answer(said):
    assert without_reasoning(said) == ("", True, True)
    assert without_reasoning(f"Yes. {said}") == ("Yes.", True, True)


@pytest.mark.parametrize(
    "text",
    [
        "  I think <b>so</b>.  ", "The tag `<think>` opens a block, `</think>` closes it.", 'Write "<think>" first.', "a < b",
        "<thinker>a</thinker>", "<p>reasoning</p>", "[think] about it", "[/think]", "<|im_end|>", "x<y and y>z", *ANSWERS, "",
    ],
)  # fmt: skip
def test_text_without_a_block_stays_to_the_byte(text):
    assert without_reasoning(text) == (text, False, False)


@given(st.lists(st.sampled_from(["<think>", "</think>", "[THINK]", "ሰ", " ", "`", "\u200f", "<|channel|>analysis", "<|end|>"])))
def test_it_ends_and_leaves_no_block(parts):
    once = without_reasoning("".join(parts))
    assert not without_reasoning(once.text).reasoned or "`" in "".join(parts)


def test_a_long_text_takes_no_long_time():
    assert without_reasoning("<think>" * 20_000 + "a" * 200_000 + "</think>" * 20_000 + "Yes.").text == "Yes."
    assert without_reasoning("<think>" + "<" * 300_000).unclosed
