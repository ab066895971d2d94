"""Generation held to a grammar: what it may spell, and that a random model can spell nothing else."""

import json

import jsonschema
import pytest

from mbegu.asking import grammar
from mbegu.sources.documents import answers, questions
from mbegu.text.quotes import locate
from mbegu.text.settings import Locale

PASSAGE = 'The fee is 2 % a year.\n\nPaid "monthly" | in ብር።  End\\x ሰላም 😀 مرحبا'
QUOTING = {"schema": answers.schema(200), "passage": PASSAGE, "unknown": "I don't know", "longest": 200}


def spells(tokenizer, shape, text):
    """Whether the grammar allows a text whole, and nothing after it."""
    from llguidance import LLMatcher
    from llguidance.hf import from_tokenizer

    matcher = LLMatcher(from_tokenizer(tokenizer), grammar.of(shape))
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    return matcher.try_consume_tokens(ids) == len(ids) and matcher.is_stopped()


@pytest.mark.parametrize(
    ("quote", "answer", "allowed"),
    [
        ("fee is 2 %", "It is 2 %.", True),
        ('year.\n\nPaid "monthly" | in ብር።  End\\x ሰላም 😀 مرحبا', "ሰላም", True),
        ("", "I don't know", True),
        ("", "It is 2 %.", False),
        ("fee of", "It is 2 %.", False),
        ("ee is", "It is 2 %.", False),
        ("fee is 2 %", "", False),
    ],
)
def test_a_quote_is_words_of_the_passage_in_their_order_or_there_is_none(tiny_tokenizer, quote, answer, allowed):
    text = json.dumps({"quote": quote, "answer": answer}, ensure_ascii=False)
    assert spells(tiny_tokenizer, QUOTING, text) is allowed


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ('{"question_1":"ማን ነው?","question_2":"Ada ni ngapi?"}', True),
        ('{"question_1":"ما الرسوم؟","question_2":"What is 2 %?"}', True),
        ('{"question_1":"What is it?"}', True),
        ("{}", False),
        ('{"question_1":"What is it?","question_2":"No question."}', False),
        ('{"question_1":"What is it?","question_2":"? ?"}', False),
        ('Sure! {"question_1":"What is it?","question_2":"Who is it?"}', False),
    ],
)
def test_questions_are_json_of_the_schema_each_with_its_mark(tiny_tokenizer, text, allowed):
    assert spells(tiny_tokenizer, {"schema": questions.schema(2, 60)}, text) is allowed


def test_a_random_model_spells_only_what_its_row_may_and_a_free_row_is_left_alone(tiny_base, tiny_tokenizer):
    from mbegu.asking.decoding import Decoding
    from mbegu.asking.generation import Wanted, generate
    from mbegu.models.loading import Weights

    model = Weights(tiny_base, None, "none").load()
    prompts = ["Ask about money.", "Quote it.", "Say anything."]
    shapes = [{"schema": questions.schema(1, 12)}, QUOTING | {"longest": 8}, None]

    def run(places, decoding):
        grammars = [grammar.of(shapes[place]) if shapes[place] else None for place in places]
        wanted = [Wanted(prompts[place], 3 + place, spelled) for place, spelled in zip(places, grammars, strict=True)]
        found = generate(wanted, decoding, 4, model, tiny_tokenizer, special_tokens=False, label="x")
        return dict(sorted((places[index], answer["text"]) for index, answer in found))

    for decoding in (Decoding(400), Decoding(400, 1.0)):
        together = run([0, 1, 2], decoding)
        jsonschema.validate(json.loads(together[0]), shapes[0]["schema"])
        value = json.loads(together[1])
        jsonschema.validate(value, QUOTING["schema"])
        assert (
            answers.is_unknown(value["answer"], Locale(["en"], "none", "I don't know", "", []))
            or locate(value["quote"], PASSAGE)
            or not value["quote"].strip()
        )
        alone = run([2], decoding)
        assert alone[2] == together[2]
