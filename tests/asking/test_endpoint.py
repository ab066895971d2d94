"""The OpenAI client against servers that misbehave, each on a real socket."""

import time

import pytest
from stubs import completion, reply

from mbegu.asking.about import about
from mbegu.asking.decoding import Decoding
from mbegu.asking.endpoint import KEY, openai_compatible
from mbegu.asking.memo import open_memo
from mbegu.asking.teachers import request, seed_of, unanswered
from mbegu.errors import BadInput


def ask(endpoint, memo, prompts=("ሰላም?",), decoding=Decoding(8, 0.5)):  # noqa: B008
    with open_memo(memo) as known:
        teacher = openai_compatible(endpoint, known)
        return teacher.ask([request(teacher, prompt, True, decoding) for prompt in prompts])


def test_a_request_carries_the_settings_and_the_seed_and_the_answer_comes_back(serve, tmp_path):
    endpoint, seen = serve(lambda body, _: reply(completion(" ጤና ይስጥልኝ። ")))
    answers, _ = ask(endpoint, tmp_path)
    assert answers == [{"text": "ጤና ይስጥልኝ።", "tokens": 3, "finish_reason": "stop"}]
    (body,) = seen
    assert body["messages"] == [{"role": "user", "content": "ሰላም?"}]
    assert (body["max_tokens"], body["temperature"], body["top_p"], body["model"]) == (8, 0.5, 1.0, "m")
    teacher = openai_compatible(endpoint, None)
    assert body["seed"] == seed_of(request(teacher, "ሰላም?", True, Decoding(8, 0.5)))
    assert body["authorization"] == "Bearer secret-key"
    assert "repetition_penalty" not in body
    assert ask(endpoint, tmp_path) == (answers, 0)


def test_the_key_is_in_no_file(serve, tmp_path):
    endpoint, _ = serve(lambda body, _: reply(completion("Yes.")))
    ask(endpoint, tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"secret-key" in path.read_bytes()]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(serve, tmp_path, status):
    endpoint, seen = serve(
        lambda body, count: reply({"error": {"message": "busy"}}, status) if count < 3 else reply(completion("Yes.")), retries=3
    )
    assert ask(endpoint, tmp_path)[0][0]["text"] == "Yes."
    assert len(seen) == 3


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        (lambda *_: reply({"error": {"message": "no such\nmodel"}}, 404), "HTTP 404: "),
        (lambda *_: reply(b"<html><body>Sign in</body></html>", 200, "text/html"), "no chat completion"),
        (lambda *_: reply(b'{"choices": ["'), "not JSON"),
        (lambda *_: reply(b'{"choices": [{"message": {"content": "\xff\xfe"}}]}'), "not JSON"),
        (lambda *_: reply({"choices": []}), "no chat completion"),
        (lambda *_: reply(completion("x" * 10_000_000)), "10,000,000 characters to a request for 8 tokens"),
        (lambda *_: None, "the connection failed"),
    ],
    ids=["404", "html", "broken json", "invalid utf-8", "no choices", "10 MB", "half an answer"],
)
def test_an_answer_that_is_none_is_one_clear_line(serve, tmp_path, behaviour, message):
    endpoint, _ = serve(behaviour)
    with pytest.raises(BadInput) as error:
        ask(endpoint, tmp_path)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert "answers so far are in the memo" in str(error.value)


def test_an_empty_answer_is_an_answer(serve, tmp_path):
    endpoint, _ = serve(lambda *_: reply(completion("")))
    assert ask(endpoint, tmp_path)[0][0]["text"] == ""


def test_a_refused_connection_and_a_timeout_are_one_clear_line(serve, tmp_path):
    def slow(body, _):
        time.sleep(1)
        return reply(completion("late"))

    endpoint, _ = serve(slow, timeout=0.2)
    with pytest.raises(BadInput, match=r"no answer within 0.2 s, 1 times"):
        ask(endpoint, tmp_path)
    with pytest.raises(BadInput, match="the connection failed"):
        ask(endpoint._replace(base_url="http://127.0.0.1:9/v1"), tmp_path)


def test_what_was_answered_before_a_failure_is_kept_and_only_the_rest_is_asked_again(serve, tmp_path):
    prompts = [f"Question {n}?" for n in range(6)]
    endpoint, _ = serve(
        lambda body, count: reply(completion("Yes.")) if count <= 3 else reply({"error": "down"}, 400),
        concurrency=1,
        max_refused=0,
    )
    with pytest.raises(BadInput, match="HTTP 400"):
        ask(endpoint, tmp_path, prompts)
    again, seen = serve(lambda body, _: reply(completion("Yes.")))
    with open_memo(tmp_path) as known:
        teacher = openai_compatible(endpoint, known)
        revived = openai_compatible(again, known)._replace(identity=teacher.identity)
        _, asked = revived.ask([request(teacher, prompt, True, Decoding(8, 0.5)) for prompt in prompts])
    assert asked == len(seen) == 3


def test_without_a_key_only_what_is_not_memoized_fails(serve, tmp_path, monkeypatch):
    endpoint, _ = serve(lambda *_: reply(completion("Yes.")))
    ask(endpoint, tmp_path)
    monkeypatch.delenv(KEY)
    assert ask(endpoint, tmp_path)[1] == 0
    with pytest.raises(BadInput, match=KEY):
        ask(endpoint, tmp_path, ["Another?"])


def test_a_tally_of_tokens_and_cost_is_printed(serve, tmp_path, capsys):
    endpoint, _ = serve(lambda *_: reply(completion("Yes.")), prompt_price=1000.0, completion_price=2000.0)
    ask(endpoint, tmp_path, ["a", "b"])
    assert "m: 14 prompt tokens, 6 generated, cost 0.0260" in capsys.readouterr().out


def told(value):
    """A completion whose message or choice is not the usual one."""
    whole = completion("Yes.")
    whole["choices"][0].update(value)
    return reply(whole)


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "text", "text": "ቦንድ ብድር ነው።"}],
        [{"type": "thinking", "thinking": [{"type": "text", "text": "Brief."}]}, {"type": "text", "text": "ቦንድ ብድር ነው።"}],
        [{"type": "reasoning", "text": "Brief."}, {"type": "output_text", "text": "ቦንድ "}, {"type": "text", "text": "ብድር ነው።"}],
        ["ቦንድ ", {"text": "ብድር ነው።"}], {"type": "text", "text": "ቦንድ ብድር ነው።"},
        [{"type": "text", "text": {"value": "ቦንድ ብድር ነው።"}}],
        "<think>Brief. ሰላም</think>ቦንድ ብድር ነው።",
    ],
)  # fmt: skip
def test_content_in_parts_is_read_and_reasoning_is_none_of_it(serve, tmp_path, content):
    message = {"role": "assistant", "content": content, "reasoning_content": "A draft.", "reasoning": "Another."}
    endpoint, _ = serve(lambda *_: told({"message": message}))
    assert ask(endpoint, tmp_path)[0][0] == {"text": "ቦንድ ብድር ነው።", "tokens": 3, "finish_reason": "stop"}


@pytest.mark.parametrize("content", [[], None, [{"type": "thinking", "thinking": "It went on."}], "<think>It went on."])
def test_an_answer_of_nothing_but_reasoning_is_empty(serve, tmp_path, content):
    endpoint, _ = serve(lambda *_: told({"message": {"role": "assistant", "content": content, "reasoning_content": "Long."}}))
    assert ask(endpoint, tmp_path)[0][0]["text"] == ""


FILTER = {
    "error": {"message": "The prompt triggered the content management policy. ማጣሪያ", "code": "content_filter", "param": "prompt"}
}


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (reply(FILTER, 400), "HTTP 400: The prompt triggered the content management policy. ማጣሪያ; content_filter"),
        (reply({"detail": "Input is too long for this model"}, 422), "HTTP 422: Input is too long for this model"),
        (reply(b"request body too large", 413, "text/plain"), "HTTP 413: request body too large"),
        (reply({"error": {"message": "Your input was flagged", "code": 403}}, 403), "HTTP 403: Your input was flagged"),
        (reply({"error": {"message": "Flagged", "code": 403}, "choices": None}), "an error: Flagged"),
        (told({"finish_reason": "content_filter", "message": {"role": "assistant", "content": "Half a"}}), "content_filter"),
        (told({"message": {"role": "assistant", "content": None, "refusal": "I can't."}}), "refusal: I can't."),
        (told({"message": {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}}), "refusal: No."),
    ],
)
def test_a_prompt_that_is_refused_for_good_is_one_lost_answer_and_is_not_remembered(serve, tmp_path, refused, words):
    def behave(body, _):
        return refused if "bad" in body["messages"][0]["content"] else reply(completion("Yes."))

    endpoint, seen = serve(behave)
    answers, _ = ask(endpoint, tmp_path, ["ጥሩ", "bad", "نعم"])
    assert [answer["text"] for answer in answers] == ["Yes.", "", "Yes."]
    assert unanswered(answers[1]) == f"refused by the endpoint: {words}" and not unanswered(answers[0])
    assert ask(endpoint, tmp_path, ["ጥሩ", "bad", "نعم"])[1] == 1 and len(seen) == 4


def test_too_many_refusals_stop_the_build_and_say_which_key_bounds_them(serve, tmp_path):
    endpoint, _ = serve(
        lambda body, count: reply(completion("Yes.") if count == 1 else FILTER, 200 if count == 1 else 400), max_refused=2
    )
    with pytest.raises(BadInput, match=r"content management policy.*refused 3 prompts, teacher\.openai\.max_refused is 2"):
        ask(endpoint._replace(concurrency=1), tmp_path, [f"Q{number}" for number in range(9)])


def test_an_endpoint_that_refuses_everything_from_the_first_is_set_up_wrong(serve, tmp_path):
    endpoint, _ = serve(lambda *_: reply({"error": "no template"}, 400))
    with pytest.raises(BadInput, match="HTTP 400: no template, to every prompt of 3"):
        ask(endpoint, tmp_path, ["a", "b", "c"])


def test_a_failure_names_the_row_that_was_asked_about(serve, tmp_path):
    endpoint, _ = serve(lambda *_: reply({"error": "no credit"}, 402))
    with open_memo(tmp_path) as known:
        teacher = openai_compatible(endpoint, known)
        named = about("draft", "", instruction="ቦንድ ምንድን ነው?", input="")
        with pytest.raises(BadInput, match="HTTP 402: no credit to the prompt of instruction 'ቦንድ ምንድን ነው\\?'"):
            teacher.ask([request(teacher, "p", True, Decoding(8), about=named)])


@pytest.mark.parametrize(
    "passing",
    [
        reply({"error": {"message": "upstream is busy"}, "choices": None}), reply({"error": "overloaded", "choices": []}),
        reply({"error": {"message": "busy", "code": 503}}), reply({"choices": []}), reply(b'{"choices": ['),
        told({"finish_reason": "error", "message": {"role": "assistant", "content": "Ha"}}), told({"message": None}),
        told({"error": {"code": 502, "message": "upstream"}, "message": {"role": "assistant", "content": ""}}), reply([]),
    ],
)  # fmt: skip
def test_an_error_that_calls_itself_success_is_tried_again(serve, tmp_path, passing):
    endpoint, seen = serve(lambda _, count: passing if count == 1 else reply(completion("Yes.")), retries=1)
    assert ask(endpoint, tmp_path)[0][0]["text"] == "Yes." and len(seen) == 2


def test_an_error_that_calls_itself_success_and_stays_is_told_in_the_servers_words(serve, tmp_path):
    endpoint, seen = serve(lambda *_: reply({"error": {"message": "ሞዴሉ አልተጫነም"}, "choices": None}), retries=1)
    with pytest.raises(BadInput, match="gave an error: ሞዴሉ አልተጫነም"):
        ask(endpoint, tmp_path)
    assert len(seen) == 2


@pytest.mark.parametrize(
    ("reason", "tokens", "expected"),
    [
        ("stop", 8, "length"), ("stop", 9, "length"), ("stop", 7, "stop"), ("max_tokens", 3, "length"),
        ("MAX_TOKENS", 0, "length"),
        ("length", 3, "length"), ("model_length", 1, "length"), ("end_turn", 3, "end_turn"), (None, 3, "stop"),
    ],
)  # fmt: skip
def test_a_reply_that_was_cut_says_so_whatever_the_server_calls_it(serve, tmp_path, reason, tokens, expected):
    cut = {**completion("Half a sent", reason), "usage": {"prompt_tokens": 1, "completion_tokens": tokens}}
    endpoint, _ = serve(lambda *_: reply(cut))
    assert ask(endpoint, tmp_path)[0][0]["finish_reason"] == expected


def test_fields_are_left_out_renamed_and_added_and_headers_come_from_the_environment(serve, tmp_path, monkeypatch):
    monkeypatch.setenv("OTHER_KEY", "sesame")
    endpoint, seen = serve(
        lambda *_: reply({**completion("Yes."), "usage": None}),
        omit=["seed", "top_p"],
        rename=["max_tokens=max_completion_tokens"],
        extra=["reasoning_effort=low", 'chat_template_kwargs={"enable_thinking": false}'],
        headers=["api-key=env:OTHER_KEY", "X-Team=one"],
    )
    ask(endpoint, tmp_path)
    (body,) = seen
    assert body["max_completion_tokens"] == 8 and not {"seed", "top_p", "max_tokens"} & {*body}
    assert body["reasoning_effort"] == "low" and body["chat_template_kwargs"] == {"enable_thinking": False}
    assert body["headers"]["api-key"] == "sesame"
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"sesame" in path.read_bytes()]
    plain = openai_compatible(endpoint._replace(omit=[], extra=[]), None).identity
    assert {*plain} == {"kind", "base_url", "model"} and openai_compatible(endpoint, None).identity != plain


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"omit": ["sead"]}, r"teacher\.openai\.omit: no field 'sead' is sent; there are max_tokens"),
        (
            {"rename": ["max_tokens"]},
            r"rename: 'max_tokens' is no NAME=VALUE; write one, such as max_tokens=max_completion_tokens",
        ),
        ({"extra": ["=1"]}, "extra: '=1' is no NAME=VALUE"),
        ({"headers": ["api-key=abc"]}, r"headers: api-key looks like a secret.*write api-key=env:VARIABLE"),
        ({"headers": ["api-key=env:NOT_SET_HERE"]}, "the environment variable NOT_SET_HERE is not set"),
    ],
)
def test_a_field_or_a_header_that_is_none_is_told(serve, tmp_path, wrong, message):
    endpoint, _ = serve(lambda *_: reply(completion("Yes.")))
    with pytest.raises(BadInput, match=message):
        ask(endpoint._replace(**wrong), tmp_path)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            {
                "error": {
                    "message": "Unsupported parameter: 'max_tokens' is not supported with this model.",
                    "param": "max_tokens",
                }
            },
            "list max_tokens in teacher.openai.omit, or give it the server's name in teacher.openai.rename",
        ),
        (
            {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]},
            "body.seed: Extra inputs are not permitted",
        ),
        ({"message": "`top_p` is deprecated for this model"}, "list top_p in teacher.openai.omit"),
        ([{"error": {"status": "INVALID_ARGUMENT", "message": 'Unknown name "seed"'}}], "list seed in teacher.openai.omit"),
        ("temperature must be 1", "list temperature in teacher.openai.omit"),
        (
            {"error": "response_format json_schema is not supported"},
            "list response_format in teacher.openai.omit, or set `constrained: false`",
        ),
        ({"error": "Bad Request", "message": "seed: unrecognized key secret-key"}, "seed: unrecognized key ***; Bad Request"),
    ],
)
def test_a_field_that_is_refused_is_named_with_the_key_that_leaves_it_out(serve, tmp_path, error, message):
    endpoint, _ = serve(lambda _, count: reply(completion("Yes.")) if count == 1 else reply(error, 400), concurrency=1)
    shape = {"schema": {"type": "object"}}
    with open_memo(tmp_path) as known:
        teacher = openai_compatible(endpoint, known)
        with pytest.raises(BadInput) as found:
            teacher.ask([request(teacher, prompt, True, Decoding(8), shape=shape) for prompt in ("a", "b")])
    assert message in str(found.value) and "\n" not in str(found.value)


def test_a_refused_draft_is_a_line_of_the_ledger_with_its_row_and_the_build_goes_on(serve, tmp_path):
    from mbegu.asking.prompts import Prompt
    from mbegu.rows.row import row_id
    from mbegu.sources.seeds.drafts import draft, fill

    endpoint, _ = serve(
        lambda body, _: reply(FILTER, 400) if "ሰላም" in body["messages"][0]["content"] else reply(completion("Yes."))
    )
    texts = ["ሰላም ምንድን ነው?", "Habari 🙂?", "ما هو؟"]
    rows = [
        {
            "id": row_id(text, ""),
            "instruction": text,
            "input": "",
            "output": "",
            "origin": {"kind": "seed", "source": f"v1.jsonl:{n}"},
        }
        for n, text in enumerate(texts, 1)
    ]
    with open_memo(tmp_path) as known:
        drafted, asked = draft(rows, Prompt("{{ instruction }}", True), Decoding(8), openai_compatible(endpoint, known))
    (line,) = drafted.ledger
    assert (line["row"]["instruction"], line["row"]["origin"]["source"], line["action"]) == (texts[0], "v1.jsonl:1", "dropped")
    assert line["reason"].startswith("refused by the endpoint: HTTP 400: The prompt triggered")
    assert asked == 3 and [row["output"] for row in fill(rows, drafted)] == ["Yes.", "Yes."]
