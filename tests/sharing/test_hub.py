"""An upload to a hub: against a real server on loopback that speaks the protocol (tests/e2e/hub_server.py)."""

import os
import subprocess
import sys

import pytest
from e2e.hub_server import Hub, running
from root import ROOT

from mbegu.errors import BadInput
from mbegu.sharing.hub import check_repo, check_token, push

TOKEN = "hf_NOT_A_REAL_TOKEN"
CARD = "---\nlicense: apache-2.0\nbase_model: org/base\nlanguage:\n- am\n---\n\n# ሰላም።\n"


@pytest.fixture
def folder(tmp_path):
    published = tmp_path / "published"
    (published / "merged").mkdir(parents=True)
    (published / "README.md").write_text(CARD, encoding="utf-8")
    (published / "adapter_model.safetensors").write_bytes(bytes(range(256)) * 40)
    (published / "merged/model.safetensors").write_bytes(b"\0\xff" * 5000)
    (published / "prompt.jinja").write_text("{{ instruction }} \u2028 🌱", encoding="utf-8")
    return published


def content(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_bytes_that_arrive_are_those_of_the_folder_and_a_second_push_commits_nothing(folder):
    with running(Hub(TOKEN)) as hub:
        url = push(folder, "name/repo", False, TOKEN, hub.url, "Wekeza v1")
        assert hub.files["name/repo"] == content(folder)
        assert url.startswith(f"{hub.url}/name/repo/commit/") and hub.commits == ["Wekeza v1"]
        assert not hub.private["name/repo"]
        assert ("POST", "/api/validate-yaml") in hub.requests
        push(folder, "name/repo", False, TOKEN, hub.url, "Wekeza v1 again")
        assert hub.commits == ["Wekeza v1"]
        (folder / "README.md").write_text(CARD + "More.\n", encoding="utf-8")
        push(folder, "name/repo", False, TOKEN, hub.url, "Wekeza v1, edited")
        assert hub.files["name/repo"] == content(folder)


def test_weights_travel_as_large_files_where_the_hub_asks_for_it(folder):
    # hf_xet is read from the environment on import, so this has a process of its own
    code = (
        "import sys; from pathlib import Path; from mbegu.sharing.hub import push\n"
        "push(Path(sys.argv[1]), 'name/repo', True, sys.argv[2], sys.argv[3], 'Weights')"
    )
    with running(Hub(TOKEN, lfs=True)) as hub:
        environment = os.environ | {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
        command = [sys.executable, "-c", code, folder, TOKEN, hub.url]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert hub.files["name/repo"] == content(folder)
        assert sorted(hub.objects.values()) == sorted(value for name, value in content(folder).items() if "safetensors" in name)
        assert hub.private["name/repo"]


@pytest.mark.parametrize(
    ("failures", "expected"),
    [
        ({"/api/repos/create": (401, "Invalid username or password."), "/api/models": (401, "no")}, "does not know this token"),
        ({"/api/repos/create": (403, "Forbidden"), "/api/models": (403, "no")}, "may not write to name/repo"),
        ({"/api/models/name/repo/commit": (409, "Conflict")}, "someone else is changing name/repo"),
        ({"/api/models/name/repo/preupload": (404, "Repository not found")}, "the hub has no name/repo for this token"),
        ({"/api/models/name/repo/commit": (418, "teapot")}, "the hub answered 418 (teapot)"),
    ],
)
def test_a_refusal_is_one_sentence_without_the_token(folder, failures, expected):
    with running(Hub(TOKEN, failures=failures)) as hub, pytest.raises(BadInput) as caught:
        push(folder, "name/repo", False, TOKEN, hub.url, "Message")
    message = str(caught.value)
    assert expected in message and TOKEN not in message and "\n" not in message
    assert message.startswith("--push name/repo: ") and message.endswith(f"The folder itself is published: {folder}")


def test_a_wrong_token_is_refused_by_the_server(folder):
    with running(Hub("hf_ANOTHER")) as hub, pytest.raises(BadInput, match="does not know this token"):
        push(folder, "name/repo", False, TOKEN, hub.url, "Message")


def test_metadata_that_the_hub_refuses_are_named_and_nothing_is_uploaded(folder):
    (folder / "README.md").write_text("---\nlanguage: am\n---\n", encoding="utf-8")
    with running(Hub(TOKEN)) as hub, pytest.raises(BadInput, match='"license" is required'):
        push(folder, "name/repo", False, TOKEN, hub.url, "Message")
    assert hub.files["name/repo"] == {} and hub.commits == []


def test_no_network_is_one_sentence(folder):
    with running(Hub(TOKEN)) as hub:
        gone = hub.url
    with pytest.raises(BadInput, match=f"can't reach {gone} .*check the network and HF_ENDPOINT"):
        push(folder, "name/repo", False, TOKEN, gone, "Message")


@pytest.mark.parametrize("repo", ["repo", "", "a/b/c", "name/", "na me/repo", "name/re..po", "ስም/repo"])
def test_a_name_that_no_hub_allows_is_refused_before_anything_is_built(repo):
    with pytest.raises(BadInput, match=r"^--push "):
        check_repo(repo, "--push")


def test_a_good_name_and_a_good_token_pass():
    assert check_repo("name/repo-1.5_b", "--push") == "name/repo-1.5_b"
    assert check_token(f" {TOKEN}\n") == TOKEN


@pytest.mark.parametrize("token", [None, "", "  \n"])
def test_without_a_token_the_variable_is_named(token):
    with pytest.raises(BadInput, match="HF_TOKEN"):
        check_token(token)
