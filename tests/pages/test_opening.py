"""Which of a project's models can answer in the app, and what is said of those that can't."""

import shutil
import urllib.request
from pathlib import Path

import pytest
import yaml
from root import ROOT
from test_merged import make_adapter
from tiny import make_model

from mbegu.asking.decoding import Decoding
from mbegu.asking.visits import Question
from mbegu.errors import BadInput
from mbegu.models.base import from_path
from mbegu.pages.app import frame, opening, server
from mbegu.pages.app.opening import Wanted
from mbegu.pages.app.settings import Serving
from mbegu.retrieval.settings import Retrieving

LOCALE = {"languages": ["am"], "currency": "ETB", "unknown": "አላውቅም", "names": [], "disclaimer": "ምክር አይደለም።"}
MODELS = {"base": "models/base", "v1": "models/adapters/v1", "v1-bare": "models/adapters/v1", "v2": "models/adapters/v2"}
PROMPT = {"template": "chat.jinja", "chat": True, "date": "2026-01-01"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of which nothing is built."""
    params = {"base_model": "models/base", "models": MODELS, "locale": LOCALE, "publish": {"name": "ንብ"}, "prompt": PROMPT}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True))
    shutil.copy(ROOT / "templates/chat.jinja", tmp_path)
    return tmp_path


def opened(project: Path, adapters: tuple[Path, ...] = ()) -> opening.Site:
    wanted = Wanted(project, list(adapters), project / "models/base" if adapters else None, None, 8)
    return opening.open_site(wanted, project / "params.yaml", "none", Serving(), Retrieving())


def test_where_nothing_is_built_the_pages_open_and_say_what_is_missing(project, tmp_path):
    site = opened(project)
    assert list(site.engine.speakers) == []
    assert site.missing["v1"] == f"{project}/models/adapters/v1 is not built yet; `dvc repro` builds it."
    with server.opened(frame.application(site, "127.0.0.1", "", False), "127.0.0.1", 7899) as address:
        page = urllib.request.urlopen(address).read().decode()
        assert urllib.request.urlopen(f"{address}health").read() == b'{"status":"ok","models":0}'
    assert "is not built yet" in page and "nobody can answer" in page
    site.engine.close()


def test_a_question_may_be_as_long_as_the_command_says(project, tiny_base):
    shutil.copytree(tiny_base, project / "models/base")
    wanted = Wanted(project, [], None, None, 8)
    site = opening.open_site(wanted, project / "params.yaml", "none", Serving(max_prompt_tokens=30), Retrieving())
    with pytest.raises(BadInput, match="30 are read here"):
        site.engine.ask(Question("base", "ሰላም 🌱 " * 9, "", Decoding(2)))
    assert list(site.engine.ask(Question("base", "?", "", Decoding(2))))[-1].finish_reason
    site.engine.close()


def test_what_is_built_answers_and_what_belongs_to_another_base_is_named(project, tiny_base, tmp_path):
    shutil.copytree(tiny_base, project / "models/base")
    other = tmp_path / "other"
    from_path(make_model(tmp_path / "raw", seed=3), other)
    make_adapter(tiny_base, project / "models/adapters/v1")
    make_adapter(other, project / "models/adapters/v2")
    site = opened(project)
    assert list(site.engine.speakers) == ["base", "v1"]  # v1-bare has v1's folder
    assert "trained on another base model" in site.missing["v2"]
    assert len(site.about["v1"]["adapter"]) == 12 and len(site.about["base"]["model"]) == 12
    said = {name: list(site.engine.ask(Question(name, "ሰላም?", "", Decoding(4))))[-1] for name in ("base", "v1")}
    assert all(one.finish_reason for one in said.values())
    site.engine.close()
    with pytest.raises(BadInput, match="trained on another base model"):
        opened(project, (project / "models/adapters/v2",))


def test_a_base_without_any_adapter_is_asked_as_the_project_asks(project, tiny_base):
    shutil.copytree(tiny_base, project / "models/base")
    site = opened(project)
    assert list(site.engine.speakers) == ["base"] and set(site.missing) == {"v1", "v1-bare", "v2"}
    assert site.engine.speakers["base"].prompt.chat and site.engine.speakers["base"].prompt.told.system is None
    site.engine.close()


@pytest.mark.parametrize("system", ["በአማርኛ መልስ። 🌱 \u200fمرحبا\u200b", ""])
def test_a_base_without_any_adapter_is_asked_after_the_projects_system_message(project, tiny_base, system):
    shutil.copytree(tiny_base, project / "models/base")
    params = yaml.safe_load((project / "params.yaml").read_text())
    params["prompt"]["system"] = system
    (project / "params.yaml").write_text(yaml.safe_dump(params))
    site = opened(project)
    answer = site.engine.ask(Question("base", "?", "", Decoding(1)))
    text = site.engine.tokenizer.decode(answer.prompt)
    assert text == f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n?<|im_end|>\n<|im_start|>assistant\n"
    site.engine.close()


def test_a_system_message_that_is_no_text_is_named(project, tiny_base):
    shutil.copytree(tiny_base, project / "models/base")
    text = (project / "params.yaml").read_text().replace("  chat: true\n", "  chat: true\n  system: [a]\n")
    (project / "params.yaml").write_text(text)
    with pytest.raises(BadInput, match=r"params.yaml: prompt.system is \['a'\]; expected a text"):
        opened(project)


@pytest.mark.parametrize(("host", "refused"), [("127.0.0.1", False), ("localhost", False), ("0.0.0.0", True), ("::", True)])
def test_other_addresses_than_this_machine_need_a_password(host, refused):
    assert server.check_password(host, "ሚስጥር") == "ሚስጥር"
    if refused:
        with pytest.raises(BadInput, match=f"--host {host}: opens the app to others; put a password into .*MBEGU_APP_PASSWORD"):
            server.check_password(host, None)
    else:
        assert server.check_password(host, None) == ""
