"""Which endpoint is next, and how many requests it may have in flight, by a clock of our own."""

import pytest

from mbegu.asking.completions import AGAIN, LATE, SLOW, STOP, Trouble
from mbegu.asking.served import listed, same_model
from mbegu.asking.servers import LEFT_OUT, Server, answered, failed, pause, pick


def test_too_much_halves_the_limit_once_for_all_that_was_sent_before_and_answers_raise_it_again():
    server = Server("a", 8)
    for _ in range(8):  # all in flight at once
        failed(server, Trouble(SLOW, "busy"), 0.0, 1.0, 4)
    assert server.limit == 4
    failed(server, Trouble(LATE, "late"), 2.0, 3.0, 4)
    assert server.limit == 2
    answered(server, 4.0)
    assert server.limit == 2.5
    for _ in range(100):
        answered(server, 5.0)
    assert server.limit == 8
    for sent in range(6, 60, 2):
        failed(server, Trouble(SLOW, "busy"), float(sent), sent + 1.0, 99)
    assert server.limit == 1


def test_too_much_counts_against_it_only_when_it_had_nothing_else_to_do():
    server = Server("a", 8)
    server.flying = 1
    assert not failed(server, Trouble(SLOW, "busy"), 0.0, 1.0, retries=0) and server.trouble is None
    server.flying = 0
    assert failed(server, Trouble(SLOW, "busy"), 2.0, 3.0, retries=0) and server.trouble


def test_an_error_of_another_kind_leaves_the_limit_alone():
    server = Server("a", 8)
    failed(server, Trouble(AGAIN, "HTTP 500"), 0.0, 1.0, 4)
    assert server.limit == 8


def test_the_one_with_least_to_do_for_what_it_can_is_next_and_none_if_all_have_enough():
    one, two = Server("one", 4), Server("two", 2)
    one.flying, two.flying = 2, 0
    assert pick([one, two], 0.0) is two
    two.flying = 1  # both half
    assert pick([one, two], 0.0) is one
    assert pick([one, two], 0.0, avoid=("one",)) is two
    one.flying, two.flying = 4, 2
    assert pick([one, two], 0.0) is None


def test_one_that_fails_is_left_out_after_its_tries_gets_one_request_later_and_comes_back_with_one_at_a_time():
    server, found = Server("a", 8), Trouble(AGAIN, "down")
    failed(server, found, 0.0, 1.0, retries=1)
    assert server.trouble is None and pick([server], 1.4) is None and pick([server], 1.5) is server
    failed(server, found, 2.0, 3.0, retries=1)
    assert server.trouble == found and pick([server], 3.0 + LEFT_OUT - 0.1) is None
    later = 3.0 + LEFT_OUT
    assert pick([server], later) is server
    server.flying = 1
    assert pick([server], later) is None
    server.flying = 0
    assert answered(server, later + 1) and server.limit == 1 and server.trouble is None


def test_a_request_that_fails_alone_while_others_are_answered_is_no_fault_of_the_server():
    server = Server("a", 8)
    answered(server, 5.0)
    assert not failed(server, Trouble(AGAIN, "HTTP 500"), 4.0, 6.0, retries=0) and server.trouble is None
    assert failed(server, Trouble(AGAIN, "HTTP 500"), 7.0, 8.0, retries=0) and server.trouble


def test_what_no_try_mends_leaves_it_out_at_once():
    server = Server("a", 8)
    assert failed(server, Trouble(STOP, "HTTP 401"), 0.0, 1.0, retries=9) and server.trouble


def test_a_wait_is_the_servers_or_twice_as_long_each_time_up_to_a_bound():
    assert [pause(Trouble(AGAIN, ""), number) for number in (0, 1, 2, 3, 9)] == [0.5, 0.5, 1.0, 2.0, 8.0]
    assert [pause(Trouble(SLOW, "", wait=seconds), 1) for seconds in (0.1, 20.0, 3600.0)] == [0.1, 20.0, 60.0]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("m", "m"), ("gpt-4o", "gpt-4o-2024-08-06"), ("mistral-large-latest", "mistral-large-2411"), ("llama3", "llama3:latest"),
        ("models/base", "/srv/models/base@main"), ("Qwen/Qwen3-8B", "qwen3-8b.gguf"), ("qwen2:7b", "qwen2"), ("ሞዴል", "ሞዴል"),
        ("m", ""),
    ],
)  # fmt: skip
def test_names_that_may_be_of_one_model(asked, found):
    assert same_model(asked, found)


@pytest.mark.parametrize(
    ("asked", "found"), [("v1", "v10"), ("v1", "v1-1"), ("v1", "v2"), ("qwen2:7b", "qwen2:1b"), ("gpt-4o", "gpt-4o-mini")]
)
def test_names_of_two_models(asked, found):
    assert not same_model(asked, found)


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"data": 1}', '{"data": [1, {"id": 2}]}', "[" * 100_000])
def test_what_is_no_list_of_models_lists_none(body):
    assert listed(body) == []
