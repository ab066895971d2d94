"""What the API understands, and how it says that it does not."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from mbegu.asking.decoding import Decoding
from mbegu.asking.visits import Busy, Question, Stopped
from mbegu.builds.project import project_in
from mbegu.errors import BadInput
from mbegu.pages.app.api import _asked, _document
from mbegu.pages.app.metrics import exposition
from mbegu.pages.app.requested import Refusal, parse
from mbegu.pages.app.site import Site

ASKED = [{"role": "user", "content": "ሰላም? 🌱 مرحبا"}]
SITE = Site(Path(), project_in(Path()), {}, "", "", SimpleNamespace(speakers={"base": None, "v1": None}), {}, [], {}, 200)


def parsed(**values: object):
    return parse(json.dumps({"model": "v1", "messages": ASKED, **values}).encode(), SITE)


def test_a_request_without_settings_is_greedy_and_as_long_as_may_be():
    wanted = parsed()
    assert wanted.question == Question("v1", ASKED[0]["content"], "", Decoding(200), 0)
    assert not wanted.stream and not wanted.usage and wanted.ignored == 0


def test_settings_and_a_text_that_the_question_is_about_reach_the_question():
    wanted = parsed(
        temperature=0.5, top_p=0.9, seed=-7, max_tokens=9, input="KES 5,000", stream=True, stream_options={"include_usage": True}
    )
    assert wanted.question == Question("v1", ASKED[0]["content"], "KES 5,000", Decoding(9, 0.5, 0.9), -7)
    assert wanted.stream and wanted.usage
    assert parsed(max_tokens=9, max_completion_tokens=8).question.decoding.max_new_tokens == 8
    assert parsed(user="x", n=1, stop=None, response_format={"type": "text"}, presence_penalty=0).question.speaker == "v1"


def test_of_a_conversation_the_last_message_is_the_question():
    parts = [{"type": "text", "text": "ሰላም"}, {"type": "text", "text": "?"}]
    before = [{"role": "system", "content": "Be brief."}, *ASKED, {"role": "assistant", "content": "…"}]
    wanted = parsed(messages=[*before, {"role": "user", "content": parts}])
    assert (wanted.question.instruction, wanted.ignored) == ("ሰላም\n?", 3)


@pytest.mark.parametrize(
    ("values", "status", "param", "message"),
    [
        ({"model": "v9"}, 404, "model", "The model 'v9' does not exist; there are base, v1."),
        ({"model": None}, 404, "model", "The model None does not exist; there are base, v1."),
        ({"model": ["v1"]}, 404, "model", "The model ['v1'] does not exist; there are base, v1."),
        ({"messages": []}, 400, "messages", "messages is no list of messages; write one with role and content."),
        ({"messages": "ሰላም"}, 400, "messages", "messages is no list of messages; write one with role and content."),
        ({"messages": [1]}, 400, "messages", "The last message is not the user's; a question must come last."),
        ({"messages": [{"role": "assistant", "content": "x"}]}, 400, "messages",
         "The last message is not the user's; a question must come last."),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]}, 400, "messages",
         "The last message is no text; these models read nothing else."),
        ({"max_tokens": 201}, 400, "max_tokens", "max_tokens is 201; expected a whole number from 1 to 200."),
        ({"max_tokens": 0}, 400, "max_tokens", "max_tokens is 0; expected a whole number from 1 to 200."),
        ({"max_tokens": 1.5}, 400, "max_tokens", "max_tokens is 1.5; expected a whole number from 1 to 200."),
        ({"temperature": "hot"}, 400, "temperature", "temperature is 'hot'; expected a number from 0 to 2."),
        ({"temperature": True}, 400, "temperature", "temperature is True; expected a number from 0 to 2."),
        ({"top_p": 1.1}, 400, "top_p", "top_p is 1.1; expected a number from 0 to 1."),
        ({"seed": 2**64}, 400, "seed", f"seed is {2**64}; expected a whole number from {-(2**63)} to {2**63 - 1}."),
        ({"input": 5}, 400, "input", "input is no text."),
        ({"n": 2}, 400, "n", "n is not offered here; leave it out."),
        ({"tools": [{}]}, 400, "tools", "tools is not offered here; leave it out."),
        ({"stop": ["."]}, 400, "stop", "stop is not offered here; leave it out."),
    ],
)  # fmt: skip
def test_what_can_not_be_done_is_said_by_name(values, status, param, message):
    with pytest.raises(Refusal) as refused:
        parsed(**values)
    assert (refused.value.status, refused.value.param, str(refused.value)) == (status, param, message)
    said = json.loads(refused.value.response().body)["error"]
    assert (said["message"], said["type"]) == (message, "invalid_request_error")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[1]", b"null", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_said(body):
    with pytest.raises(Refusal, match="The body is no JSON"):
        parse(body, SITE)


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (Busy("64 questions wait already; ask again in a minute."), 429, "rate_limit_error"),
        (Stopped("The server was stopped."), 503, "server_error"),
        (BadInput("Your message: 'question' is missing or empty; write its text."), 400, "invalid_request_error"),
    ],
)
def test_what_the_engine_refuses_has_a_status_of_its_own(error, status, kind):
    def ask(_):
        raise error

    site = SITE._replace(engine=SimpleNamespace(speakers={"v1": None}, ask=ask))
    with pytest.raises(Refusal) as refused:
        _asked(site, parsed().question)
    response = refused.value.response()
    assert (response.status_code, json.loads(response.body)["error"]["type"]) == (status, kind)
    assert json.loads(response.body)["error"]["message"] == str(error)


@pytest.mark.parametrize("start", ["", "-1", "x", "1" * 5000, "٣" * 13])
def test_a_place_in_a_document_is_a_number_that_can_be_read(start):
    with pytest.raises(Refusal, match="start and end are no numbers") as refused:
        _document(SITE._replace(searched=SimpleNamespace()), {"path": "a.md", "start": start, "end": "5"})
    assert refused.value.status == 400


def test_half_a_character_is_refused_before_it_is_searched_for():
    site = SITE._replace(searched=SimpleNamespace(find=pytest.fail))
    body = json.dumps({"model": "v1", "messages": [{"role": "user", "content": "ሰላም \ud83c"}], "retrieve": True})
    with pytest.raises(Refusal) as refused:
        parse(body.encode(), site)
    assert (refused.value.status, refused.value.param) == (400, "messages")


def test_metrics_can_be_read_while_the_engine_adds_a_model():
    class Growing(dict):
        def items(self):
            for one in super().items():
                self["v2", "stop"] = 1
                yield one

    told = SimpleNamespace(answers=Growing({("v1", "stop"): 2}), tokens={}, first=[0, 0.0], switches=[0, 0.0])
    assert 'model="v1",finish="stop"} 2' in exposition(SimpleNamespace(load=lambda: (0, 0), told=told))


def test_metrics_are_what_prometheus_reads():
    told = SimpleNamespace(answers={('a"b\\c\nሰ', "stop"): 2}, tokens={'a"b\\c\nሰ': 9}, first=[3, 1.5], switches=[1, 0.25])
    lines = exposition(SimpleNamespace(load=lambda: (1, 4), told=told)).splitlines()
    assert 'mbegu_answers_total{model="a\\"b\\\\c\\nሰ",finish="stop"} 2' in lines
    assert 'mbegu_tokens_total{model="a\\"b\\\\c\\nሰ"} 9' in lines
    assert "mbegu_first_token_seconds_total 1.5" in lines and "mbegu_waiting 4" in lines
    assert all(line.startswith(("# HELP mbegu_", "# TYPE mbegu_", "mbegu_")) for line in lines)
