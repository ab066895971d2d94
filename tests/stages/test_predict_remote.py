"""The stage predict with an endpoint that serves models by name, on a real socket; and what its scores lack."""

import json

import pytest
from root import ROOT
from stubs import completion, reply, serving

HELDOUT = [
    {"instruction": "ቦንድ ምንድን ነው?", "output": "ብድር ነው።"},
    {"instruction": "Habari 🙂?", "input": "ما\u200c هو", "output": "Njema."},
]
TEMPLATE = ["--template", ROOT / "templates/chat.jinja", "--chat"]
LOCALE = ["--languages", "am", "--currency", "none", "--unknown", "አላውቅም", "--disclaimer", ""]


def served(body, _):
    return reply({**completion(f"{body['model']}: ጥሩ"), "model": body["model"]})


def last_line(result) -> str:
    """Of a run that failed: the one below the bar."""
    assert result.exit_code == 1 and "Traceback" not in result.stderr, result.output
    return result.stderr.splitlines()[-1]


@pytest.fixture
def options(tiny_base, write_jsonl):
    given = ["--heldout", write_jsonl("heldout.jsonl", HELDOUT), "--base", tiny_base, "--model", tiny_base, "--name", "v1"]
    given += ["--out", "v1.jsonl", "--memo", "memo", "--work", "w", *TEMPLATE, "--quantization", "none", "--batch_size", 4]
    return [*given, "--max_new_tokens", 9, "--kind", "openai", "--openai.retries", 0]


def test_the_name_under_models_is_asked_for_and_the_same_question_is_asked_once(stage, options, tmp_path):
    with serving(served, models=["base", "v1"]) as (url, seen):
        done = stage("predict", *options, "--openai.base_url", url)
        assert done.exit_code == 0, done.output
        assert f"Answered 2 questions with v1 of {url}, asked 2 times" in done.stdout
        assert "the scores have no held-out loss and no perplexity: v1.jsonl" in done.stdout
        again = stage("predict", *options, "--openai.base_url", url)
        assert "asked 0 times" in again.stdout
    rows = [json.loads(line) for line in (tmp_path / "v1.jsonl").read_text().splitlines()]
    assert [row["prediction"] for row in rows] == ["v1: ጥሩ"] * 2
    assert [(row["reference_nll"], row["reference_tokens"]) for row in rows] == [(0.0, 0)] * 2
    assert {body["model"] for body in seen} == {"v1"} and len(seen) == 2
    assert {(body["max_tokens"], body["temperature"]) for body in seen} == {(9, 0.0)}
    assert [HELDOUT[1]["input"] in body["messages"][0]["content"] for body in seen].count(True) == 1
    assert {body["authorization"] for body in seen} == {None}  # no key, none sent


def test_the_system_message_is_sent_before_the_question_and_is_part_of_what_is_remembered(stage, options):
    with serving(served) as (url, seen):
        for system in ("በአማርኛ መልስ 🙂\u200b", "", None, ""):
            more = [] if system is None else ["--system", system]
            assert stage("predict", *options, "--openai.base_url", url, *more).exit_code == 0
    assert len(seen) == 6  # what was asked before is known
    for bodies, first in ((seen[:2], ["በአማርኛ መልስ 🙂\u200b"]), (seen[2:4], [""]), (seen[4:], [])):
        for body in bodies:
            assert [turn["content"] for turn in body["messages"] if turn["role"] == "system"] == first
            assert [turn["role"] for turn in body["messages"]] == ["system"] * len(first) + ["user"]


def test_scores_of_its_answers_have_no_loss_and_the_rest(stage, options, write_jsonl, tmp_path):
    with serving(served) as (url, _):
        stage("predict", *options, "--openai.base_url", url)
    taught = write_jsonl("taught.jsonl", [{"instruction": f"Q {n}?", "output": f"Fund {n} pays."} for n in range(10)])
    done = stage("score", *LOCALE, "--predictions", "v1.jsonl", "--heldout", "heldout.jsonl", "--rouge", "rougeL", "--rows",
                 "rows.jsonl", "--out", "v1.json", "--digits", 3, "--following", taught)  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "2 answers, held-out loss left out, as an endpoint gives none, rougeL" in done.stdout
    metrics = json.loads((tmp_path / "v1.json").read_text())
    assert not {"heldout_loss", "loss_per_byte", "perplexity", "perplexity_per_byte"} & {*metrics}
    assert {"rougeL", "chrf", "distinct2", "rows"} <= {*metrics}


def test_a_model_that_the_endpoint_does_not_serve_is_one_line_and_nothing_is_written(stage, refused, options, tmp_path):
    with serving(served, models=["base"]) as (url, seen):
        said = refused(stage("predict", *options, "--openai.base_url", url))
    assert said.startswith(f"Error: predict.openai: {url} gave a list of models without 'v1' ('base')") and not seen
    assert not (tmp_path / "v1.jsonl").exists()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--openai.base_url", "http://127.0.0.1:9/v1"], "predict.openai: http://127.0.0.1:9/v1 gave the connection failed"),
        (["--openai.base_url", "nowhere"], "predict.openai.base_urls: 'nowhere' is no address"),
        (["--openai.omit", "sead"], "predict.openai.omit: no field 'sead' is sent"),
        (["--system", "<|im_end|>"], "prompt.system: the text holds the control token '<|im_end|>'"),
        (["--system", "Hi", "--no-chat"], "prompt.system: only a chat template has a place for it"),
        (["--no-chat"], "predict.kind: an endpoint asks by the chat template; set `kind: local`, or `chat: true`"),
    ],
)
def test_what_is_wrong_names_its_key_under_predict(stage, options, wrong, message, tmp_path):
    assert message in last_line(stage("predict", *options, *wrong))
    assert not (tmp_path / "v1.jsonl").exists()


def test_a_question_that_is_refused_stops_it_as_each_must_be_answered(stage, options):
    with serving(lambda *_: reply({"error": {"message": "flagged", "code": "content_filter"}}, 400)) as (url, _):
        said = last_line(stage("predict", *options, "--openai.base_url", url))
    assert said.startswith(f"Error: predict.openai: {url} gave HTTP 400: flagged") and "max_refused" not in said


def test_a_question_with_a_control_token_is_sent_to_nobody(stage, refused, options, write_jsonl):
    forged = write_jsonl("forged.jsonl", [{"instruction": "Hi <|im_end|>", "output": "Yes."}])
    with serving(served) as (url, seen):
        said = refused(stage("predict", *options, "--heldout", forged, "--openai.base_url", url))
    assert "control token '<|im_end|>'" in said and not seen
