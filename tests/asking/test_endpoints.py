"""Several endpoints at once, and one that asks for less, each on a real socket."""

import asyncio
import threading
import time

import pytest
from stubs import Handler, completion, reply, serving

from mbegu.asking import calls, servers
from mbegu.asking.decoding import Decoding
from mbegu.asking.endpoint import openai_compatible
from mbegu.asking.memo import export_lines, open_memo
from mbegu.asking.settings import Endpoint
from mbegu.asking.teachers import request
from mbegu.errors import BadInput

DOWN = "http://127.0.0.1:9/v1"  # the port of `discard`, where nobody listens
PROMPTS = [f"ሰላም {number} 🙂 سؤال\u200c?" for number in range(30)]


def well(body, _):
    return reply(completion("ጥሩ"))


def ask(endpoint, memo, prompts=PROMPTS):
    with open_memo(memo) as known:
        teacher = openai_compatible(endpoint, known)
        answers, _ = teacher.ask([request(teacher, prompt, True, Decoding(8)) for prompt in prompts])
    return [answer["text"] for answer in answers]


def kept(memo):
    with open_memo(memo) as known:
        return len(list(export_lines(known)))


def warnings(capsys):
    return [line for line in capsys.readouterr().err.splitlines() if line.startswith("Warning: ")]


def line_of(error):
    assert "\n" not in str(error.value) and "answers so far are in the memo" in str(error.value)
    return str(error.value)


def test_one_of_three_is_down_is_said_once_and_the_others_share_its_requests(serve, tmp_path, capsys):
    first, seen = serve(well)
    second, seen_too = serve(well)
    assert ask(first._replace(base_urls=[DOWN, second.base_url]), tmp_path) == ["ጥሩ"] * 30
    assert len(seen) + len(seen_too) == 30 and min(len(seen), len(seen_too)) > 5
    (said,) = warnings(capsys)
    assert said.startswith(f"Warning: teacher.openai: {DOWN} gave the connection failed (") and "left out for a while" in said


@pytest.mark.parametrize(
    "sick",
    [reply({"error": "no credit"}, 402), reply(b'{"choices": ['), reply(b"<html>Sign in</html>", 200, "text/html"),
     reply({"error": "down"}, 500), None],
    ids=["402", "broken json", "html", "500", "half an answer"],
)  # fmt: skip
def test_one_that_is_sick_is_left_out_and_its_requests_go_to_the_other(serve, tmp_path, capsys, sick):
    ill, seen = serve(lambda *_: sick)
    other, _ = serve(well)
    assert ask(ill._replace(base_urls=[other.base_url]), tmp_path) == ["ጥሩ"] * 30
    assert 0 < len(seen) <= 2 and len(warnings(capsys)) == 1


def test_when_all_are_down_one_line_names_each_and_what_was_answered_is_kept(serve, tmp_path):
    def twice(body, count):
        return well(body, count) if count <= 2 else reply({"error": "upstream"}, 503)

    (first, _), (second, _) = serve(twice, concurrency=1), serve(twice)
    with pytest.raises(BadInput) as error:
        ask(first._replace(base_urls=[second.base_url]), tmp_path)
    said = line_of(error)
    assert said.startswith("teacher.openai: no answer from 2 endpoints: ") and said.count("gave HTTP 503: upstream") == 2
    assert kept(tmp_path) == 4


def test_all_down_from_the_first_is_one_line(tmp_path, monkeypatch, serve):
    endpoint, _ = serve(well)
    with pytest.raises(BadInput) as error:
        ask(endpoint._replace(base_url=DOWN, base_urls=["http://127.0.0.1:10/v1"]), tmp_path)
    assert line_of(error).count("the connection failed") == 2


def test_one_that_was_left_out_is_tried_again_and_comes_back(serve, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(servers, "LEFT_OUT", 0.05)

    def slow(body, _):
        time.sleep(0.03)
        return well(body, _)

    ill, seen = serve(lambda body, count: reply({"error": "starting"}, 401) if count == 1 else well(body, count), concurrency=1)
    other, _ = serve(slow)
    assert ask(ill._replace(base_urls=[other.base_url]), tmp_path) == ["ጥሩ"] * 30
    assert len(seen) > 2
    assert [line.rpartition(" ")[0].endswith("answers") for line in warnings(capsys)] == [False, True]


def test_a_storm_of_429_lowers_what_is_in_flight_and_every_request_is_answered(serve, tmp_path):
    lock, flying, refused = threading.Lock(), [0], []

    def busy(body, count):
        with lock:
            flying[0] += 1
            many = flying[0] > 2
        time.sleep(0.02)
        with lock:
            flying[0] -= 1
        if many:
            refused.append(count)
        return reply({"error": "slow down"}, 429) if many else well(body, count)

    endpoint, seen = serve(busy, concurrency=16, retries=1)
    prompts = [f"Q{number}" for number in range(120)]
    assert ask(endpoint, tmp_path, prompts) == ["ጥሩ"] * 120
    assert len(refused) >= 10  # it was a storm
    assert len(seen) < 240, "as many refusals as answers: the limit did not fall"


def test_a_retry_after_is_waited_for(serve, tmp_path):
    times = []

    def behave(body, count):
        times.append(time.monotonic())
        return (*reply({"error": "later"}, 429), ("Retry-After", "1")) if count == 1 else well(body, count)

    endpoint, _ = serve(behave, retries=1)
    assert ask(endpoint, tmp_path, ["Q"]) == ["ጥሩ"]
    assert times[1] - times[0] >= 1


class Closing(Handler):
    """Leaves a client in the belief that the connection is kept, and closes it."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        super().do_POST()
        self.close_connection = True


def test_a_connection_that_was_closed_while_it_lay_idle_costs_no_try():
    with serving(well, handler=Closing) as (url, seen), asyncio.Runner() as runner:

        async def opened():
            return calls.opened(Endpoint(url, "m", 1, 0, 5.0, 0.0, 0.0), "", {})

        line = runner.run(opened())
        asked = {"prompt": "ሰላም 🙂", "decoding": Decoding(8)._asdict()}
        for number in range(3):
            found = runner.run(calls.complete(line, url, asked))
            assert getattr(found, "answer", found)["text"] == "ጥሩ" and len(seen) == number + 1
            time.sleep(0.2)  # the loop stands still, and does not see that the connection is closed
        runner.run(calls.closed(line))


def test_an_endpoint_that_refuses_all_for_ever_stops_in_one_line(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(servers, "SHORTEST", 0.01)
    endpoint, seen = serve(lambda *_: reply({"error": "quota"}, 429), retries=2)
    with pytest.raises(BadInput) as error:
        ask(endpoint, tmp_path)
    assert "gave HTTP 429: quota" in line_of(error) and len(seen) <= 8


def test_a_list_of_models_without_the_one_that_is_asked_for_stops_before_anything_is_asked(serve, tmp_path):
    endpoint, seen = serve(well, models=["ሌላ", "mm"])
    with pytest.raises(BadInput) as error:
        ask(endpoint, tmp_path)
    assert "gave a list of models without 'm' ('ሌላ', 'mm'); name the one that is served, or set `check_model: false`" in line_of(
        error
    )
    assert not seen
    assert ask(endpoint._replace(check_model=False), tmp_path) == ["ጥሩ"] * 30


@pytest.mark.parametrize("models", [[], ["m"], ["org/M:latest", "x"], None])
def test_a_list_of_models_with_it_or_none_at_all_is_fine(serve, tmp_path, models):
    endpoint, _ = serve(well, models=models)
    assert ask(endpoint, tmp_path, ["Q"]) == ["ጥሩ"]


def test_one_of_two_that_serves_another_model_is_asked_nothing(serve, tmp_path, capsys):
    other, unasked = serve(well, models=["other"])
    right, _ = serve(well, models=["m"])
    assert ask(other._replace(base_urls=[right.base_url]), tmp_path) == ["ጥሩ"] * 30
    assert not unasked and "gave a list of models without 'm'" in warnings(capsys)[0]


def test_an_answer_of_another_model_is_none(serve, tmp_path):
    endpoint, _ = serve(lambda *_: reply({**completion("Yes."), "model": "ሌላ-7b"}))
    with pytest.raises(BadInput) as error:
        ask(endpoint, tmp_path)
    assert "gave an answer of the model 'ሌላ-7b' where 'm' was asked for; name the one" in line_of(error)
    assert kept(tmp_path) == 0
    assert ask(endpoint._replace(check_model=False), tmp_path, ["Q"]) == ["Yes."]


def test_how_hard_one_knocks_and_where_else_is_no_part_of_who_answers(serve, tmp_path):
    endpoint, _ = serve(well)
    more = endpoint._replace(base_urls=[DOWN], check_model=False, concurrency=99, retries=7)
    assert openai_compatible(more, None).identity == openai_compatible(endpoint, None).identity


@pytest.mark.parametrize("wrong", ["127.0.0.1:8000/v1", "ftp://x/v1", "", "http://"])
def test_an_address_that_is_none_is_told(serve, wrong):
    endpoint, _ = serve(well)
    with pytest.raises(BadInput, match=r"teacher\.openai\.base_urls: .* is no address; write one such as http"):
        openai_compatible(endpoint._replace(base_urls=[wrong]), None)
