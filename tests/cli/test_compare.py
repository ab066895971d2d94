"""`mbegu compare` over the commits of a small repository."""

import subprocess

import pytest
import yaml

SCORE = {"rouge": ["rougeL"], "following": "data/seeds/v1.jsonl", "digits": 4}
LOCALE = {"languages": ["en"], "currency": "KES", "unknown": "I don't know", "disclaimer": "", "names": ["CIC"]}
QUESTIONS = ["Habari?", "ወለድ ምንድን ነው?", "מה זה? 🌱\u200b"]


def answers(texts: list[str], loss: float) -> list[dict]:
    fields = {"input": "", "reference": "Jibu ni KES 5,000.", "tokens": 3, "finish_reason": "stop", "reference_tokens": 4}
    return [
        {"id": f"{n:016x}", "instruction": question, "prediction": text, "reference_nll": loss, **fields}
        for n, (question, text) in enumerate(zip(QUESTIONS, texts, strict=True))
    ]


@pytest.fixture
def commits(write_jsonl, tmp_path):
    """Two commits, of which the second has other answers, a model less, and a model more."""

    def git(*arguments: str) -> None:
        subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@b.c", *arguments], cwd=tmp_path, check=True)

    def declare(*names: str) -> None:
        models = {name: f"models/{name}" for name in ("base", *names)}
        (tmp_path / "params.yaml").write_text(yaml.safe_dump({"score": SCORE, "locale": LOCALE, "models": models}))

    git("init", "--quiet")
    subprocess.run(["dvc", "init", "--quiet"], cwd=tmp_path, check=True)
    declare("v1", "v9")
    write_jsonl("data/seeds/v1.jsonl", [{"instruction": "Too few to learn from?", "output": "Yes."}])
    write_jsonl("data/heldout.jsonl", [{"instruction": question, "output": "Jibu ni KES 5,000."} for question in QUESTIONS])
    for name in ("base", "v1"):
        write_jsonl(f"data/predictions/{name}.jsonl", answers(["Sijui", "ሰላም", "5"], 4.0))
    git("add", ".")
    git("commit", "--quiet", "--message", "Old")
    write_jsonl("data/predictions/base.jsonl", answers(["Jibu ni KES 5,000."] * 3, 2.0))
    (tmp_path / "data/predictions/v1.jsonl").rename(tmp_path / "data/predictions/v2.jsonl")
    write_jsonl("data/predictions/v3.jsonl", answers(["Sijui", "ሰላም", "5"], 4.0))  # left over of another project
    declare("v2")
    git("add", ".")
    git("commit", "--quiet", "--message", "New")


def test_two_commits_are_compared_by_the_code_of_today(mbegu, refused, commits):
    done = mbegu("compare", "--rev", "HEAD~1", "--rev", "HEAD")
    assert done.exit_code == 0, done.output
    assert "| Metric " in done.stdout and " | base at HEAD − base at HEAD~1 " in done.stdout
    assert "**base at HEAD against base at HEAD~1**: " in done.stdout
    assert done.stderr == "Note: v1 is at one revision only.\nNote: v2 is at one revision only.\n"
    for revs, message in (
        (["HEAD"], "--rev stands 1 times; name two revisions, such as --rev main --rev HEAD."),
        (["nowhere", "HEAD"], "data/predictions at nowhere: "),
    ):
        assert message in refused(mbegu("compare", *(part for rev in revs for part in ("--rev", rev))))
    assert "Missing option '--rev'" in refused(mbegu("compare"))
