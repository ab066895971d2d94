"""The report as a page: what it says, that it needs no network, and how Chromium lays it out."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from root import ROOT

from mbegu.builds import record
from mbegu.builds.project import Project
from mbegu.metrics.facts import mark_numbers
from mbegu.pages import report
from mbegu.rows.jsonl import write_lines
from mbegu.rows.row import row_id
from mbegu.rows.tables import write_csv, write_json
from mbegu.scoring import comparison, exams
from mbegu.text.settings import Locale

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUESTIONS = ["How much is KES 5,000 at 10%?", "ወለድ ምንድን ነው?", "ما هي الفائدة؟", "<script>alert(1)</script> & <b>?"]
LONG = "አዲስ" * 400  # without a blank: it must wrap on a phone
LOCALE = "locale: {languages: [en], currency: KES, unknown: I don't know, disclaimer: '', names: []}\n"


def row(instruction: str, output: str) -> dict:
    origin = {"kind": "seed", "parents": [], "source": "s:1"}
    return {"id": row_id(instruction, ""), "instruction": instruction, "input": "", "output": output, "origin": origin}


def prediction(instruction: str, answer: str) -> dict:
    return {"id": row_id(instruction, ""), "instruction": instruction, "input": "", "reference": "KES 500", "prediction": answer,
            "tokens": 3, "finish_reason": "stop", "reference_nll": 2.0, "reference_tokens": 4}  # fmt: skip


def exam() -> dict:
    """What two models know of documents, as the grade stage writes it."""
    rows = [row(f"ጥያቄ {number}?", "KES 5") | {"source": f"d{number}.md#ዋጋ", "group": f"d{number}.md"} for number in range(6)]
    known = [{"facts_f1": (2.0, 2.0), "wrong_numbers": (0.0, 1.0), "loss_per_byte": (2.0, 3.0), "repetition": (0.0, 1.0)}] * 6
    ways = {way: {"base": known, "v1": known} for way in exams.NAMES}
    who = exams.Examined(["base", "v1"], [], {"base": None, "v1": "models/adapters/v1"})
    counted = {"questions": {"closed": 6, "sourced": 6, "control": 6}, "recall": {}, "cost": {}, "shown": [("v1", "base")]}
    return exams.grade(ways, dict.fromkeys(ways, rows), [("v1", "base")], who) | counted


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A report over four questions in three scripts, two versions and the base."""
    data, metrics = tmp_path / "data", tmp_path / "metrics"
    models = ["base", "v1", "v2"]
    measured = {}
    for number, model in enumerate(models):
        answers = [f"KES 500, not KES 700, in {model}", LONG, "الفائدة 10%", "</div><script>alert(x)</script>"]
        write_lines(data / f"predictions/{model}.jsonl", [prediction(*pair) for pair in zip(QUESTIONS, answers, strict=True)])
        measured[model] = [{"rougeL": (0.1 * n + 0.2 * number, 1.0), "loss_per_byte": (2.0 - number / 2, 3.0)} for n in range(4)]
    compared = comparison.compare(measured)
    scores = {model: {"rougeL": 0.2, "loss_per_byte": 0.7, "rows": 4} for model in models}
    write_json(metrics / "compare.json", {"models": scores, **compared})
    write_json(metrics / "judge/none.json", {})
    write_json(metrics / "corpus/ሰነድ/graded.json", exam())
    write_lines(data / "versions/v1.jsonl", [row("Kept?", "As KES 5."), row("Gone?", "A.")])
    write_lines(data / "versions/v2.jsonl", [row("Kept?", "As KES 6."), row("<i>New</i>?", "A.")])
    nearest = [{"id": "n", "instruction": "Near?", "similarity": 0.5}]
    flip = {"pair": ["v2", "v1"], "id": row_id(QUESTIONS[0], ""), "metric": "rougeL", "old": 0.1, "new": 0.6, "change": 0.5}
    write_lines(data / "flips.jsonl", [{**flip, "nearest": nearest}, {**flip, "change": -0.2, "nearest": []}])
    for version in ("v1", "v2"):
        write_csv(metrics / f"train/{version}/training.csv", ("step", "loss"), [(1, 3.0), (2, 2.5)])
        write_csv(metrics / f"train/{version}/validation.csv", ("step", "loss"), [(2, 2.9)])
        write_csv(metrics / f"encode/{version}.csv", ("tokens", "trained"), [(90, 60), (120, 80)])
        write_csv(
            metrics / f"funnel/{version}.csv",
            ("filter", "dropped", "left"),
            [("candidates", 0, 9), ("too short", 4, 5), ("kept", 0, 5)],
        )
    params = tmp_path / "params.yaml"
    declared = "versions: {v1: {}, v2: {}}\nmodels: {base: b, v1: b, v2: b}\njudged: {none: {}}\nexams: {ሰነድ: {}}\n"
    params.write_text("score:\n  digits: 4\n" + declared + LOCALE)
    write_json(metrics / "judge/other.json", {"of another project": "broken"})
    write_lines(data / "versions/v0.jsonl", [row("Left over?", "A.")])
    gathered = report.gather(Project(data=data, metrics=metrics, params=params))
    (tmp_path / "report.html").write_text(report.html(gathered, ROOT / "templates"), encoding="utf-8")
    (tmp_path / "report.md").write_text(report.markdown(gathered, ROOT / "templates"), encoding="utf-8")
    return tmp_path / "report.html"


def test_what_models_know_of_documents_is_a_table_with_its_verdicts(page):
    for text in (page.read_text(), page.with_suffix(".md").read_text()):
        assert "What the models know of ሰነድ" in text and "1.000 [1.000, 1.000]" in text
        assert "v1 against base, with retrieval" in text and "0.667 (+0.0 % [+0.0, +0.0])" in text


def test_versions_whose_rows_all_passed_draw_no_empty_funnel(page):
    caption = "candidates left after each filter"
    assert caption in page.read_text()
    for version in ("v1", "v2"):
        lines = [("candidates", 0, 9), ("kept", 0, 9)]
        write_csv(page.parent / f"metrics/funnel/{version}.csv", ("filter", "dropped", "left"), lines)
    project = Project(data=page.parent / "data", metrics=page.parent / "metrics", params=page.parent / "params.yaml")
    again = report.html(report.gather(project), ROOT / "templates")
    assert caption not in again


def test_a_judge_is_shown_with_what_people_make_of_it(page):
    folder = page.parent
    project = Project(data=folder / "data", metrics=folder / "metrics", params=folder / "params.yaml")
    tally = {"judge": "local x", "n": 4, "wins": 3, "losses": 1, "ties": 0, "unreadable": 0, "agreement": 1.0, "win_rate": 0.75}
    write_json(folder / "metrics/judge/none.json", {"v2:base": tally})
    for made in (report.html, report.markdown):
        text = made(report.gather(project), ROOT / "templates")
        assert "v2:base, judged by local x: 3 wins" in text and "The judge is not calibrated: nobody has compared it" in text
        assert "mbegu review --pairs none" in text
    rate = {"rate": 0.75, "low": 0.4, "high": 1.0}
    known = {"rows": 4, "other_answers": 0, "orders": rate | {"n": 4}, "judged": rate | {
        "verdict": "not distinguishable", "n": 4, "n_needed": 9, "trained": 1}}  # fmt: skip
    write_json(folder / "metrics/judge/none.calibrated.json", {"v2:base": known})
    for made in (report.html, report.markdown):
        text = made(report.gather(project), ROOT / "templates")
        assert "Win rate (a tie is half a win): 75 % [40 %, 100 %], not distinguishable; about 9 questions would show" in text
        assert "With fewer than 6 questions nothing can be told apart. The judge is not calibrated: no person" in text


@pytest.mark.parametrize("count", [1, 3, 5, 12])
def test_groups_are_counted_in_the_report_and_few_of_them_tell_nothing(page, count):
    folder, few = page.parent, count < 7
    measured = {model: [{"rougeL": (0.3 * number, 1.0), "loss_per_byte": (2.0 - number / 2, 3.0)} for _ in range(24)]
                for number, model in enumerate(["base", "v1", "v2"])}  # fmt: skip
    compared = comparison.compare(measured, [f"ሰነድ {number % count}" for number in range(24)])
    scores = {model: {"rougeL": 0.2, "loss_per_byte": 0.7, "rows": 24} for model in measured}
    write_json(folder / "metrics/compare.json", {"models": scores, **compared})
    project = Project(data=folder / "data", metrics=folder / "metrics", params=folder / "params.yaml")
    for made in (report.html, report.markdown):
        text = re.sub(" +", " ", made(report.gather(project), ROOT / "templates"))
        assert f"The 24 questions fall into {count} groups; whole groups are resampled" in text
        assert ("With fewer than 7 of them nothing can be told apart." in text) == few
        assert ("[-∞, ∞] ≈" in text) == few and ("would show with about 7 groups." in text) == few
        assert ("This is said of these adapters" in text) != few


def test_the_verdict_stands_first_and_numbers_are_marked(page):
    text = page.read_text()
    assert text.index("v1 against base") < text.index("<table>")
    assert '<span class="right">KES 500</span>, not <span class="wrong">KES 700</span>' in text
    assert "1 rows added, 1 dropped, 1 edited" in text
    assert "As KES <del>5</del><ins>6</ins>." in text
    assert '<span class="right">+0.50</span>' in text and "new row n (0.50): Near?" in text
    assert "digits: 4" in text and "data/versions/v2.jsonl" in text
    assert "of another project" not in text and "v0.jsonl" not in text
    assert "**v1 against base**" in page.with_suffix(".md").read_text()


def test_text_of_rows_can_not_become_markup_and_nothing_comes_from_outside(page):
    text = page.read_text()
    assert "<script" not in text
    assert "<i>New</i>" not in text and "&lt;script&gt;alert(x)" in text
    assert not re.findall(r"(?:src|href)=\"(?!#)", text.replace("xlink:href", ""))
    assert not re.findall(r"url\((?!#)|@import|<link", text)


def chromium(*options: str, page: Path, tmp_path: Path) -> str:
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--allow-file-access-from-files", "--hide-scrollbars",
             f"--user-data-dir={tmp_path / 'profile'}"]  # fmt: skip
    done = subprocess.run([CHROMIUM, *flags, *options, page.as_uri()], capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


MEASURE = """<!doctype html><iframe id="frame" src="{src}" style="border: 0; width: {width}px; height: 800px"></iframe>
<script>
document.getElementById("frame").onload = (event) => {{
  const page = event.target.contentDocument;
  page.querySelectorAll("details").forEach((one) => one.open = true);
  const charts = [...page.querySelectorAll("svg")].map((one) => Math.round(one.getBoundingClientRect().width));
  document.title = JSON.stringify({{width: page.documentElement.scrollWidth, charts, text: page.body.innerText.length}});
}};
</script>"""


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_fits_a_phone_and_a_desk(page, tmp_path, width):
    wrapper = tmp_path / "wrapper.html"
    wrapper.write_text(MEASURE.format(src=page.as_uri(), width=width))
    dom = chromium("--window-size=1400,900", "--virtual-time-budget=5000", "--dump-dom", page=wrapper, tmp_path=tmp_path)
    found = json.loads(re.search(r"<title>(.*?)</title>", dom)[1])
    assert found["width"] <= width  # nothing to scroll sideways but the tables, which scroll by themselves
    assert len(found["charts"]) == 5 and all(200 < chart <= width for chart in found["charts"])
    assert found["text"] > 1000


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_the_page_prints(page, tmp_path):
    chromium(f"--print-to-pdf={tmp_path / 'report.pdf'}", "--no-pdf-header-footer", page=page, tmp_path=tmp_path)
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_the_pieces_of_a_marked_answer_spell_it():
    answer = "You asked for 9%; get KES 1k on 2 May, አይደለም ብር 70 🌱"
    locale = Locale(["en", "am"], "KES", unknown="I don't know.", disclaimer="", names=[])
    pieces = mark_numbers(answer, "Ksh 1,000 on 2 May", "What is 9 percent?", locale)
    assert "".join(text for text, _ in pieces) == answer
    assert [mark for _, mark in pieces if mark] == ["given", "right", "right", "wrong"]


def git(*command: str, cwd: Path) -> None:
    subprocess.run(
        ["git", "-c", "user.name=T", "-c", "user.email=t@example.org", *command], cwd=cwd, check=True, capture_output=True
    )


def test_the_revision_is_that_of_the_inputs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert record.revision() == ""
    git("init", "-q", cwd=tmp_path)
    (tmp_path / "params.yaml").write_text("a: 1")
    git("add", "-A", cwd=tmp_path)
    git("commit", "-qm", "One", cwd=tmp_path)
    first = record.revision()
    assert re.fullmatch("[0-9a-f]{12}", first)
    (tmp_path / "dvc.lock").write_text("built")
    git("add", "-A", cwd=tmp_path)
    git("commit", "-qm", "Built", cwd=tmp_path)
    assert record.revision() == first  # what a build writes changes no input
    (tmp_path / "params.yaml").write_text("a: 2")
    assert record.revision() == f"{first}, with uncommitted changes"


def test_a_section_without_content_has_no_heading_and_warnings_stand_before_the_verdicts(page):
    gathered = report.gather(
        Project(data=page.parent / "data", metrics=page.parent / "metrics", params=page.parent / "params.yaml")
    )
    templates = ROOT / "templates"
    bare = gathered | {"verdicts": [], "training": [], "flips": [], "changes": []}
    for anchor in ("training", "flips", "data"):
        assert f'id="{anchor}"' in page.read_text() and f'href="#{anchor}"' in page.read_text()
        assert f'id="{anchor}"' not in report.html(bare, templates) and f'href="#{anchor}"' not in report.html(bare, templates)
    assert "Difference [interval] verdict" not in report.html(bare, templates) + report.markdown(bare, templates)
    assert "Before you trust this" not in page.read_text() + page.with_suffix(".md").read_text()
    warned = gathered | {"warnings": ["v1: <b>10</b> rows", "ማስጠንቀቂያ:\nየቋንቋው ሞዴል"]}
    text = report.html(warned, templates)
    assert text.index("v1: &lt;b&gt;10&lt;/b&gt; rows") < text.index("v1 against base")
    assert "- v1: <b>10</b> rows\n- ማስጠንቀቂያ: የቋንቋው ሞዴል\n" in report.markdown(warned, templates)


def test_what_the_pretrain_stage_warned_of_is_said_again(page):
    project = Project(data=page.parent / "data", metrics=page.parent / "metrics", params=page.parent / "params.yaml")
    with project.params.open("a") as file:
        file.write("pretrained: {ገበያ: {}}\n")
    for split in ("training", "validation"):
        write_csv(project.metrics / f"corpus/ገበያ/pretrain/{split}.csv", ("step", "loss"), [(1, 3.0)])
    write_json(project.metrics / "warnings/ገበያ/pretrain.json", ["over-fitting: …"])
    write_json(project.metrics / "warnings/old/pretrain.json", ["of another project"])
    assert report.gather(project)["warnings"] == ["ገበያ: over-fitting: …"]


def test_only_what_is_distinguishable_has_a_colour(page):
    assert '<p class="">' in page.read_text() and '<p class="better">' not in page.read_text()  # at n=4
    verdicts = [("a against b", "better in x.", "better"), ("b against c", "worse in x.", "worse"), ("c against d", "both.", "")]
    gathered = report.gather(
        Project(data=page.parent / "data", metrics=page.parent / "metrics", params=page.parent / "params.yaml")
    )
    text = report.html(gathered | {"verdicts": verdicts}, ROOT / "templates")
    assert '<p class="better"><strong>a against b' in text and '<p class=""><strong>c against d' in text
    assert re.search(r"\.verdicts p \{ border-left: .3rem solid var\(--line\)", text)
