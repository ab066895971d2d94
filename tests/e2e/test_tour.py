"""The tour of docs/tour.md, its commands as they stand there, in projects of two languages: from a spreadsheet to a colleague."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from projects import ENVIRONMENT, fit, merge_params, warm
from root import ROOT

SHEETS = Path(__file__).parent / "tour"
READER = ENVIRONMENT | {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "Achieng"}
STOPS = "2 drafts wait for a decision"  # where the tour says that the build stops
# what the reader of the tour puts in place of its names, languages and questions
YOURS = {
    "sw": {},
    "am": {
        "bees": "ቡና",
        "--language sw --language en --currency KES": "--language am --currency ETB",
        "Nyuki hula nini?": "ቡና መቼ ይለቀማል?",
    },
}
SAMPLE = re.compile(r"garden|carrot|compost|seedling", re.IGNORECASE)


class Walk(NamedTuple):
    """Where the reader is, and what each command printed."""

    folder: Path
    said: list[tuple[str, str]]


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """(kind, text) of each block of commands or settings, in order."""
    text = (ROOT / "docs/tour.md").read_text(encoding="utf-8")
    for old, new in YOURS[language].items():
        assert old in text, f"the tour has no {old!r} any more"
        text = text.replace(old, new)
    yield from re.findall(r"```(bash|yaml)\n(.*?)```", text, re.DOTALL)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("language", YOURS)
def test_the_tour_leads_from_a_spreadsheet_to_a_colleague_s_answer(language, tiny_base, tmp_path, monkeypatch):
    for sheet in (SHEETS / language).glob("*.csv"):
        shutil.copy(sheet, tmp_path)
    (tmp_path / "editor").write_text("echo 'Jibu አዎ' > \"$1\"\n")
    monkeypatch.setitem(READER, "EDITOR", f"sh {tmp_path}/editor")
    walk = Walk(tmp_path, [])
    for kind, text in blocks(language):
        if kind == "yaml":
            merge_params(walk.folder, yaml.safe_load(text))
            continue
        for command in text.splitlines():
            walk = step(walk, command)
            if command.startswith("mbegu new"):
                fit(next(path for path in tmp_path.iterdir() if path.is_dir()), tiny_base)
    check(walk.said, walk.folder, tmp_path / YOURS[language].get("bees", "bees"))


def step(walk: Walk, command: str) -> Walk:
    """Runs one line, as a reader who types it, mends every draft and meets one stop."""
    if command.startswith("cd "):
        return walk._replace(folder=(walk.folder / command.removeprefix("cd ")).resolve())
    keys = "e\n" * 9 if command.startswith("mbegu review") else ""
    done = subprocess.run(
        command, shell=True, cwd=walk.folder, env=warm(READER), input=keys, capture_output=True, text=True, check=False
    )
    printed = done.stdout + done.stderr
    assert "Traceback" not in printed, f"{command}\n{printed[-4000:]}"
    assert bool(done.returncode) == (STOPS in printed), f"{command}\n{printed[-4000:]}"
    if command.startswith("git commit"):
        left = subprocess.check_output(["git", "status", "--short"], cwd=walk.folder, text=True, env=READER)
        assert not left, f"after a build and a commit git still lists\n{left}"
    walk.said.append((command, done.stdout if command.startswith("mbegu ask") else printed))
    return walk


def check(said: list[tuple[str, str]], colleague: Path, project: Path) -> None:
    """What the reader has at the end: nothing of the sample, two versions, an answer that is the same for both."""
    assert colleague.name == "colleague"
    assert sum(STOPS in printed for _, printed in said) == 1 and any("mbegu review v2" in printed for _, printed in said)
    models = json.loads((project / "metrics/compare.json").read_text(encoding="utf-8"))["models"]
    assert list(models) == ["base", "v1", "v2"]
    for name in ("report.html", "report.md"):
        text = (project / name).read_text(encoding="utf-8")
        assert not SAMPLE.search(re.sub(r"(?s)<(script|style).*?</\1>", "", text)), name
    answers = [printed for command, printed in said if command.startswith("mbegu ask")]
    assert len(answers) == 2
    again = subprocess.check_output(
        next(command for command, _ in said if "ask --adapter models/adapters/v2" in command),
        shell=True, cwd=project, env=warm(READER), text=True,
    )  # fmt: skip
    assert again == answers[1]
    last = said[-1]
    assert last[0] == "dvc repro" and "Trained" not in last[1]
    assert set(re.findall(r"Running stage '([^']+)'", last[1])) <= {"fingerprint"}
