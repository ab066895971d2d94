"""What a reasoning model thinks aloud before it answers, which is no part of the answer.

Its spellings are those of published models: DeepSeek-R1, QwQ and Qwen3 (`<think>`), Seed-OSS (`<seed:think>`), Magistral
(`[THINK]`), Kimi (`◁think▷`), Sky-T1 (`<|begin_of_thought|>`), Command A (`<|START_THINKING|>`), gpt-oss (channels),
MedGemma (`<unused94>`), and of prompts that ask for such a block by another name.
"""

from typing import NamedTuple

import regex

NAMES = r"(?:ant)?_?think(?:ing)?|thoughts?|reasoning|reason|reflection|scratchpad|analysis|inner_monologue"
TAG = rf"(?:\w{{1,20}}[:_])?(?:{NAMES})"
# A tag in a code span is spoken of, not used. A block begins where a model begins one: not after a quotation mark.
OPEN = (
    rf"(?<![`\\\"'“‘«])(?:<\s*{TAG}(?:\s[^<>\n]{{0,80}})?\s*>|(?-i:\[(?:THINK|THINKING|REASONING)\])|◁\s*think\s*▷"
    r"|<\|(?:begin_of_thought|start_thinking|thought_start|think_start|think)\|>|<unused94>(?:thought)?"
    r"|<\|channel\|?>\s*(?:analysis|commentary|thought)[^<]{0,40}(?:<\|message\|>)?)"
)
CLOSE = (
    rf"(?:<\s*/\s*{TAG}\s*>|(?-i:\[/(?:THINK|THINKING|REASONING)\])|◁\s*/\s*think\s*▷"
    r"|<\|(?:end_of_thought|end_thinking|thought_end|think_end|/think)\|>|<unused95>"
    r"|<channel\|>|<\|end\|>(?=\s*<\|start\|>)|(?=<\|channel\|>\s*final))(?![`\"'”’»])"
)
FLAGS = regex.IGNORECASE | regex.DOTALL
TAGS = regex.compile(rf"(?P<open>{OPEN})|{CLOSE}", FLAGS)
# What models wrap the answer in that follows: the tags go, the text stays.
WRAPPED = regex.compile(
    r"\A\s*(?:<\|start\|>assistant)?(?:<\|channel\|>\s*final[^<]{0,40}<\|message\|>|<\|(?:begin_of_solution|start_response)\|>)"
    r"|<\|(?:end_of_solution|end_response|return|end)\|>\s*\Z",
    FLAGS,
)


class Spoken(NamedTuple):
    """What is left of a text."""

    text: str
    reasoned: bool  # whether anything was taken away
    unclosed: bool  # whether a block never ended: the answer, if there was to be one, is not here


def without_reasoning(text: str) -> Spoken:
    """A text without its reasoning; one that has none stays as it is, to the byte.

    A block ends where the first tag closes it. One that is never closed takes all that follows with it; one that is never
    opened, as where the prompt opened it or a block stood within it, all that stands before.
    """
    kept: list[str] = []
    start, opened, tag = 0, False, None
    for tag in TAGS.finditer(text):
        if tag["open"] is None:
            kept = kept if opened else []
            start, opened = tag.end(), False
        elif not opened:
            kept.append(text[start : tag.start()])
            opened = True
    if tag is None:
        return Spoken(text, False, False)
    left = "".join(kept if opened else [*kept, text[start:]])
    return Spoken(WRAPPED.sub("", left).strip(), True, opened)
