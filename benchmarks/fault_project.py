"""The project of the campaign of faults: every kind of stage and of source, on a tiny random model and a teacher on loopback."""

import hashlib
import random
import re
import shutil
import sys
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
# the tests have made such projects, models and endpoints already, and pytest finds them in the same way
sys.path[:0] = [str(ROOT / folder) for folder in ("tests", "tests/e2e", "tests/asking")]

from projects import ENVIRONMENT, commit, copy_project, mixed_params, sections, write_sources  # noqa: E402
from stages.test_question_answer import says  # noqa: E402
from stubs import Handler, completion, reply  # noqa: E402
from tiny import make_model  # noqa: E402

WORDS = """
savings market interest deposit monthly yearly account branch member statement balance transfer shilling ledger budget income
rent harvest school insurance pension invoice receipt treasury bond dividend share broker fee salary credit loan mortgage
"""
TELEGRAM = {
    "telegram": {"market": "data/exports"},
    "extended": {"market": {"messages": "market", "base": "models/base"}},
    "pretrained": {"market": {"messages": "market"}},
    "indexed": {"market": {"messages": "market", "facts": "data/products.jsonl"}},
    "campaigns": {"v4": {"briefs": "data/briefs.jsonl", "messages": "market", "index": "market"}},
}


def wanted(base_url: str) -> dict[str, Any]:
    """params.yaml: versions from seeds with bootstrapping, documents, a set and a chat, and every other stage that there is."""
    found = sections(".", "examples/amharic_ads") | mixed_params(base_url, ".") | TELEGRAM
    found["versions"]["v4"] = {"extends": "v3", "unreviewed": "keep"}
    found["seeds"]["v1"]["bootstrap"] = 3
    found["sets"]["v3"]["heldout"] = "data/heldout-set.jsonl"  # `brief` writes the other
    found["models"] = {"base": "models/base", "v3": "models/adapters/v3", "v4": "models/adapters/v4"}
    found |= {"noise": {"v1-7": {"version": "v1", "seed": 7}}, "exported": {"v1": {}}, "compared": [["v4", "v3"]]}
    found["judged"] = {"v4": {"new": "v4", "old": "v3"}}
    found["base"] |= {"source": "path", "path": "tiny"}
    found["bootstrap"] |= {"requests": 2, "patience": 1, "instances": 1}
    found["extend_tokenizer"] |= {"tokens": 20, "min_count": 2, "scripts": ["Latin"]}
    found["brief"]["templates"] = "templates/ad"
    few = {"epochs": 3, "batch_size": 4, "save_steps": 1, "validation": 0.2, "early_stopping": 2}
    found["train"] |= few | {"early_stopping": 0}  # the rows of raft are too few for a validation loss
    found["pretrain"] |= few | {"max_length": 64, "replay": 0}  # one phase has no general text
    found["curate"] |= {"min_words": 3, "leakage": "drop"}
    return found


def answers(body: dict[str, Any], seen: Any) -> Any:
    """What the teacher replies to a request: always the same to the same one."""
    prompt = body["messages"][0]["content"] if "messages" in body else body["prompt"]
    if "The fee of branch" in prompt and "JSON" in prompt:
        return says(body, seen)
    draw = random.Random(hashlib.sha256(prompt.encode()).digest())
    if "classification" in prompt:
        text = "No"
    elif "Answer B:" in prompt:
        text = draw.choice(("A", "B", "tie"))
    elif re.search(r"\n\d+\.\s*$", prompt):
        text = f"{sentence(draw, 9)}?\n{int(prompt.split()[-1][:-1]) + 1}. {sentence(draw, 9)}?"
    else:
        text = f"{sentence(draw, 12)}. {sentence(draw, 12)}. 😀"
    if "messages" in body:
        return reply(completion(text))
    return reply({**completion(text), "choices": [{"index": 0, "finish_reason": "stop", "text": text}]})


def sentence(draw: random.Random, count: int) -> str:
    return " ".join(draw.sample(WORDS.split(), count)).capitalize()


def serve(port: int) -> str:
    """Starts the teacher, which lives as long as this process, and gives its address; port 0 for any."""
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.behaviour, server.seen = answers, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ENVIRONMENT["MBEGU_TEACHER_API_KEY"] = "any"
    return f"http://127.0.0.1:{server.server_port}/v1"


def make(folder: Path, base_url: str) -> Path:
    """Writes the project, not built yet."""
    copy_project(folder)
    texts = [(folder / "data/seeds/v1.jsonl").read_text(encoding="utf-8")]
    make_model(folder / "tiny", texts=texts, tokens=1000, positions=4096)
    shutil.copytree(ROOT / "templates/project/telegram/data", folder / "data", dirs_exist_ok=True)
    write_sources(folder, folder, wanted(base_url))
    (folder / "data/heldout.jsonl").unlink()
    commit(folder, "Project")
    return folder


def copy_code(folder: Path) -> None:
    """Gives a project that was made earlier the code of today."""
    for name in ("mbegu", "stages", "templates"):
        shutil.rmtree(folder / name)
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(ROOT / "dvc.yaml", folder / "dvc.yaml")
