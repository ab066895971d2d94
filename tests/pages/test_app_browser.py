"""The pages in Debian's Chromium: a team compares, reviews, adds a seed, traces and builds; looks, keys and contrast.

MBEGU_SCREENSHOTS=DIR keeps pictures of each page at both widths, light and dark.
"""

import os
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from adapters import save_adapter
from root import ROOT
from small import DRAFTS, HELDOUT, SEEDS, lines_of, make_project

from mbegu.rows.row import row_id

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
TOKENS = 24  # of the longest answer
PATIENCE = 240_000  # milliseconds, for a busy machine
WIDTHS, THEMES, TABS = (390, 1400), ("light", "dark"), ("Compare", "Review", "Trace", "Data", "Ask", "Blind")
# until nothing has been renewed, added or moved for a while: what is being renewed is pale, and its colours are none to measure
STILL = """() => new Promise(done => {
    const moving = () => document.querySelector('.pending') || document.getAnimations().some(one => one.playState == 'running')
    let since = performance.now()
    new MutationObserver(() => { since = performance.now() }).observe(document.body, {childList: true, subtree: true})
    const look = () => {
        if (moving()) since = performance.now()
        if (performance.now() - since > 300) done()
        else setTimeout(look, 30)
    }
    look()
})"""
# what gradio draws itself, and no page of ours can change
THEIRS = {"scrollable-region-focusable"}

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    folder = make_project(tmp_path_factory.mktemp("app") / "project")
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull}
    for command in (["git", "init", "-q"], [sys.executable, "-m", "dvc", "init", "-q"]):
        subprocess.run(command, cwd=folder, check=True, env=environment)
    return folder


@pytest.fixture(scope="module")
def address(project):
    """Of `mbegu app` over the project, none of whose models is built."""
    with served(project) as address:
        yield address


@contextmanager
def served(project: Path):
    """The address of `mbegu app` over a project; it ends quietly, though pages are open."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mbegu", "app", "--project", str(project), "--port", str(port)]
    command += ["--quantization", "none", "--max_new_tokens", str(TOKENS)]
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT), "GIT_CONFIG_GLOBAL": os.devnull}
    said = project.parent / "stderr"
    with (
        said.open("w") as stderr,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True, env=environment) as process,
    ):
        assert process.stdout is not None and "Ctrl-C" in process.stdout.readline()
        yield f"http://127.0.0.1:{port}/"
        process.terminate()
        assert process.wait(60) == 0
    assert said.read_text() == ""


@pytest.fixture(scope="module")
def answering(tiny_base, tmp_path_factory):
    """(address, folder) of `mbegu app` over a project whose models are built, and have not answered the held-out questions."""
    models = {"base": "models/base", "v1": "models/adapters/v1", "v2": "models/adapters/v2"}
    folder = make_project(tmp_path_factory.mktemp("answering") / "project", models)
    shutil.copytree(tiny_base, folder / "models/base")
    save_adapter(folder / "models/base", folder / "models/adapters/v1", "lora", "alpaca", False, 1)
    save_adapter(folder / "models/base", folder / "models/adapters/v2", "lora", "chat", True, 2)
    shutil.rmtree(folder / "data/predictions")
    with served(folder) as address:
        yield address, folder


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


def open_page(browser, address: str, width: int = 1400, theme: str = "light"):
    """A page of the app in a browser of its own, and the addresses that it asks for."""
    page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme).new_page()
    page.set_default_timeout(PATIENCE)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.get_by_role("tab", name="Compare").wait_for()
    return page, asked


def wait_for(page, text: str) -> None:
    page.get_by_text(text, exact=False).locator("visible=true").first.wait_for()


def prefer_one(page, folder: Path, reviewer: str, side: str) -> None:
    """Prefers one of two answers whose models are not told; `side` is "left" or "right"."""
    page.get_by_role("tab", name="Blind").click()
    page.get_by_label("Your name").fill(reviewer)
    page.get_by_role("button", name="Show two answers").click()
    page.get_by_role("button", name=f"{side.title()} is better").click()
    wait_for(page, "Kept in ")
    (file,) = (folder / "data/judgements").glob("*.jsonl")
    assert [line["verdict"] for line in lines_of(file)] == [side]


def compare_two(page) -> None:
    """Looks at the answers of v2 and v1 to one question."""
    page.get_by_role("tab", name="Compare").click()
    wait_for(page, "v2 against v1:")
    question = page.locator(".questions label").filter(has_text=HELDOUT[1][0]).first
    question.click()
    wait_for(page, "Nearest training rows")
    wait_for(page, HELDOUT[1][1])


def press(page, key: str, code: str, repeat: bool = False) -> None:
    """Presses a key as the keyboard of another script does."""
    given = {"key": key, "code": code, "repeat": repeat, "bubbles": True}
    page.evaluate("given => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', given))", given)


def review_three(page, folder: Path) -> None:
    """Accepts, edits and rejects by keys, and undoes the last."""
    page.get_by_role("tab", name="Review").click()
    page.get_by_label("Reviewer").fill("Achieng")
    page.get_by_role("button", name="Begin").click()
    wait_for(page, "0 of 5 decided")
    page.get_by_role("button", name="Skip").focus()  # out of the box
    press(page, "ሀ", "KeyA", repeat=True)  # held down since the draft before
    press(page, "ش", "KeyA")
    wait_for(page, "1 of 5 decided")
    assert len(lines_of(folder / "data/reviews/v2.jsonl")) == 1
    page.keyboard.press("e")
    page.keyboard.press("End")
    page.keyboard.type(" በቅርንጫፍ 🌱")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Accept").click()
    wait_for(page, "The answer was changed: save the edit")
    wait_for(page, DRAFTS[1][0])  # a fault takes no draft away
    page.get_by_role("button", name="Save the edit").click()
    wait_for(page, "2 of 5 decided")
    page.keyboard.press("r")
    page.keyboard.type("Not <b>so</b>")
    page.keyboard.press("Enter")
    wait_for(page, "3 of 5 decided")
    made = lines_of(folder / "data/reviews/v2.jsonl")
    assert [line["decision"] for line in made] == ["accept", "edit", "reject"]
    assert made[1]["output"] == f"{DRAFTS[1][1]} በቅርንጫፍ 🌱" and made[2]["reason"] == "Not <b>so</b>"
    page.get_by_role("button", name="Skip").focus()
    page.keyboard.press("u")
    wait_for(page, "Undone: reject.")
    assert [line["decision"] for line in lines_of(folder / "data/reviews/v2.jsonl")] == ["accept", "edit"]


def add_one(page, folder: Path) -> None:
    """Adds a seed after one that is refused."""
    page.get_by_role("tab", name="Data").click()
    wait_for(page, SEEDS[0][0])
    page.get_by_role("button", name="Add a seed").click()
    page.get_by_label("New question").fill(HELDOUT[1][0])
    page.get_by_role("button", name="Check and add").click()
    wait_for(page, "too like the held-out row")
    page.get_by_label("New question").fill("ዋስትና ለምን ያስፈልጋል?")
    page.get_by_label("New answer").fill("ለብድር። <script>window.hit = 1</script>")
    page.get_by_role("button", name="Check and add").click()
    wait_for(page, "Added: ")
    (added,) = lines_of(folder / "data/seeds/v2.jsonl")
    assert added == {"instruction": "ዋስትና ለምን ያስፈልጋል?", "input": "", "output": "ለብድር። <script>window.hit = 1</script>"}


def trace_one(page) -> None:
    """Follows a row to the version that holds it."""
    page.get_by_role("tab", name="Trace").click()
    page.get_by_label("Row: its id").fill(row_id(DRAFTS[0][0], ""))
    page.get_by_role("button", name="Trace", exact=True).click()
    wait_for(page, "version v2")
    assert page.locator("svg.graph foreignObject").count() >= 7


def build(page, folder: Path) -> None:
    """Asks what a build would run, and runs it."""
    page.get_by_role("tab", name="Review").click()
    page.get_by_role("button", name="What would be built?").click()
    wait_for(page, "would run 2 stages now")
    page.get_by_role("button", name="Run dvc repro").click()
    wait_for(page, "Built: 2 stages looked at.")
    assert (folder / "data/merged.txt").read_text() == "2 decisions\n"


def test_a_team_compares_reviews_adds_traces_and_builds(browser, address, project):
    page, asked = open_page(browser, address)
    prefer_one(page, project, "Achieng", "left")
    compare_two(page)
    review_three(page, project)
    add_one(page, project)
    trace_one(page)
    build(page, project)
    assert page.evaluate("window.hit") is None  # no row became a script
    assert {urlsplit(one).netloc for one in asked if one.startswith("http")} == {urlsplit(address).netloc}


def test_models_answer_beside_each_other_as_ask_does_and_unnamed(browser, answering):
    from playwright.sync_api import expect

    from mbegu.pages.app import ask

    address, folder = answering
    question, adapters = "ሰላም? 🌱 مرحبا \u200d", [folder / "models/adapters" / name for name in ("v1", "v2")]
    expected = dict(ask.ask_all(ask.Typed(question, "", TOKENS), folder / "models/base", adapters, "none"))
    assert len(set(expected.values())) == len(expected)
    page, asked = open_page(browser, address, 390, "dark")
    page.get_by_role("tab", name="Ask").click()
    page.get_by_label("v1", exact=True).check()
    page.get_by_label("base", exact=True).check()
    page.get_by_label("Question", exact=True).fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()
    for name, answer in expected.items():
        shown = page.locator(".answer").filter(has_text=f"{name} answers:")
        expect(shown.locator(".said")).to_have_text(answer, timeout=PATIENCE)
    prefer_one(page, folder, "ወንጂሩ", "right")
    assert {urlsplit(one).netloc for one in asked if one.startswith("http")} == {urlsplit(address).netloc}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_is_readable_and_reached_by_keys(browser, address, width, theme):
    page, _ = open_page(browser, address, width, theme)
    problems = [problem for tab in TABS for problem in look_at(page, tab, f"{width}-{theme}")]
    assert not problems, "\n".join(problems)


def look_at(page, tab: str, name: str) -> list[str]:
    """What is wrong with the looks of a page: a picture that is too wide, and what axe-core finds (WCAG 2.2, A and AA)."""
    from axe_playwright_python.sync_playwright import Axe

    page.get_by_role("tab", name=tab, exact=True).click()
    _fill(page, tab)
    page.evaluate(STILL)
    if folder := os.environ.get("MBEGU_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{tab.lower()}-{name}.png", full_page=True)
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]})
    problems = [
        f"{tab} {name}: {one['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for one in found.response["violations"]
        if one["id"] not in THEIRS
        for node in one["nodes"]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth")
    limit = page.viewport_size["width"]
    return problems + ([f"{tab} {name}: {wide} pixels wide"] if wide > limit else [])


def _fill(page, tab: str) -> None:
    """Brings a page to where there is something to look at."""
    if tab == "Ask":
        wait_for(page, "No model is built yet")
    elif tab == "Blind":
        page.get_by_label("Your name").fill("ወንጂሩ")
        page.get_by_role("button", name="Show two answers").click()
        wait_for(page, "questions are left")
    elif tab == "Compare":
        wait_for(page, "v2 against v1:")
        page.locator(".questions label").filter(has_text=HELDOUT[0][0]).first.click()
        wait_for(page, "Nearest training rows")
    elif tab == "Review":
        page.get_by_label("Reviewer").fill("Wanjiru")
        page.get_by_role("button", name="Begin").click()
        wait_for(page, "decided:")
    elif tab == "Trace":
        page.get_by_label("Row: its id").fill(row_id(DRAFTS[0][0], ""))
        page.get_by_role("button", name="Trace", exact=True).click()
        wait_for(page, "version v2")
    else:
        wait_for(page, SEEDS[0][0])
