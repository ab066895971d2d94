"""Every command of the README and of the pages that follow the tour runs: here, or in the test that is named beside it."""

import json
import re

import pytest
from projects import ROOT, commit, run, warm

pytestmark = pytest.mark.timeout(1800)  # whoever comes first waits for the build that all share

ELSEWHERE = {
    "make repro": "`make test` shares its set-up; the built fixture runs what it calls, dvc repro",
    "make test": "this run",
    ". .venv/bin/activate": "the environment of this run",
    "mbegu new ../garden --from seeds": "test_first_hour.py",
    "git push --follow-tags": "git's own",
    "git clone REPOSITORY colleague && cd colleague": "test_remotes.py",
    "dvc push --run-cache": "test_remotes.py, over SSH and S3",
    "dvc pull models/adapters/v1 models/base": "test_remotes.py",
    "dvc repro --pull": "test_remotes.py",
    "mbegu app --adapter models/adapters/v1 --examples data/heldout.jsonl": "test_app.py; it serves until stopped",
    "mbegu review v3": "test_tools.py, with a reviewer at the keyboard",
}


def commands() -> list[str]:
    text = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/growing.md", "docs/sharing.md"))
    return "".join(re.findall(r"```bash\n(.*?)```", text, re.DOTALL)).splitlines()


def test_every_command_of_the_readme_and_the_pages_runs(project, real_project):
    found = commands()
    assert set(ELSEWHERE) <= set(found)
    for command in found:
        if command.startswith("dvc remote add"):
            run("git", "checkout", "-q", ".dvc/config", cwd=project)
            (project / ".dvc/config.local").unlink(missing_ok=True)
        if command.startswith("dvc exp show"):
            commit(project, "Edited")
        if command == "git add --all":
            (project / "notes.txt").write_text("what a reader would commit")
        if command.startswith("mbegu why"):  # the page's row is of the whole build
            command = f"mbegu why {first_row(project)}"
        if command not in ELSEWHERE:
            # a card names its base, and the tiny one has no name
            folder = real_project if command.startswith("mbegu publish") else project
            output = run("sh", "-c", command, cwd=folder, env=warm()).stdout
            assert "Traceback" not in output, f"{command}\n{output}"


def first_row(project) -> str:
    return json.loads((project / "data/versions/v3.jsonl").read_text().splitlines()[0])["id"]
