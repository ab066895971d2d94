"""Numbered lists and examples as teachers really write them."""

import pytest

from mbegu.sources.seeds.lists import Instance, instances, is_yes, numbered, triples


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("What is a bond?\n10. How do I join a Sacco?", ["What is a bond?", "How do I join a Sacco?"]),
        ("What is a bond?\n\nI hope this helps!", ["What is a bond?"]),
        ("9. What is a bond?\n10) Who pays\nthe tax?", ["What is a bond?", "Who pays the tax?"]),
        ('**9.** "What is a bond?"\n(10) “Who pays?”', ["What is a bond?", "Who pays?"]),
        ("Task 9: What is a bond?\nTask 10: Who pays?", ["What is a bond?", "Who pays?"]),
        ("Instruction: What is a bond?", ["What is a bond?"]),
        ("ቦንድ ምንድን ነው?\n፲. ማን ይከፍላል?", ["ቦንድ ምንድን ነው?", "ማን ይከፍላል?"]),
        ("ما هو السند؟\n١٠. من يدفع؟", ["ما هو السند؟", "من يدفع؟"]),
        ("Is 7.5 % on KES 5,000 good?\n10. Is 12.5 better?", ["Is 7.5 % on KES 5,000 good?", "Is 12.5 better?"]),
        ("iPhone or M-Pesa?\n10. WHY?", ["iPhone or M-Pesa?", "WHY?"]),
        ("Is it?\n7.5 % of what?", ["Is it? 7.5 % of what?"]),
        ("", []),
        ("\n\n10.\n11.", []),
    ],
)
def test_a_list_that_continues_the_prompt(text, items):
    assert numbered(text, continued=True) == items


def test_what_stands_before_the_first_number_is_no_item_of_a_list_of_its_own():
    assert numbered("Sure! Here they are:\n1. What is a bond?\n2. Who pays?", continued=False) == ["What is a bond?", "Who pays?"]


def test_input_first_instances():
    text = "Input: KES 5,000\nOutput: 5 %\nExample 2\nInput: KES 9,000\nOutput: 9 %\nTotal"
    found = [Instance("KES 5,000", "5 %"), Instance("KES 9,000", "9 %\nTotal")]
    assert instances(text, output_first=False, most=5) == found
    assert instances(text, output_first=False, most=1) == found[:1]


def test_an_output_alone_and_an_input_that_is_none():
    assert instances("A bond is a loan.", output_first=False, most=5) == [Instance("", "A bond is a loan.")]
    assert instances("Output: A bond is a loan.", output_first=False, most=5) == [Instance("", "A bond is a loan.")]
    assert instances("Input: <noinput>\nOutput: Yes.", output_first=False, most=5) == [Instance("", "Yes.")]


def test_an_example_without_an_output_is_left_out():
    assert instances("Input: KES 5,000", output_first=False, most=5) == []
    assert instances("Input: a\nInput: b\nOutput: c", output_first=False, most=5) == [Instance("b", "c")]


def test_output_first_instances():
    text = " yes\nInput: 148\nClass label: no\nInput: 63\nClass label: no"
    assert instances(text, output_first=True, most=5) == [Instance("148", "yes"), Instance("63", "no"), Instance("", "no")]


def test_triples():
    text = " Compare these.\nInput: A and B\nOutput: A is cheaper.\n\n"
    text += "10. Instruction: What is ብር?\nInput: <noinput>\nOutput: 1. Money.\n2. Silver."
    found = triples(text)
    assert [tuple(triple) for triple in found] == [
        ("Compare these.", "A and B", "A is cheaper."),
        ("What is ብር?", "", "1. Money.\n2. Silver."),
    ]
    assert triples("") == []


@pytest.mark.parametrize(
    ("text", "yes"), [(" Yes", True), ("yes.", True), ("Ndiyo", True), ("አዎ", True), ("No", False), ("Yesterday", False)]
)
def test_yes(text, yes):
    assert is_yes(text) is yes
