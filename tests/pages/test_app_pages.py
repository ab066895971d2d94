"""What the pages Compare, Review, Trace and Data answer to their events, on a small project, without a browser."""

import errno
import html
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from small import DRAFTS, HELDOUT, HIT, SEEDS, lines_of, make_project

from mbegu.builds.declared import read_params
from mbegu.builds.project import project_in
from mbegu.pages.app import compare, data, fragments, review, trace
from mbegu.pages.app.site import Site
from mbegu.rows import reviews
from mbegu.rows.row import row_id

gr = pytest.importorskip("gradio")


def open_site(folder: Path) -> Any:
    """A project none of whose models is built."""
    project = project_in(folder)
    return Site(folder, project, read_params(project.params), "Title", "", None, {}, [], {}, 50)


@pytest.fixture
def site(tmp_path) -> Any:
    return open_site(make_project(tmp_path / "project"))


def escaped(said: str) -> bool:
    """Whether nothing of a row became markup."""
    return "<script" not in said and "<img" not in said


def test_compare_shows_verdicts_and_the_answers_to_a_question(site):
    said, new, old, metric, group, _, first = compare._opened(site)
    assert "v2 against v1:" in said and compare._plots(site).count("<svg") == 2
    assert (new.value, old.value, metric.value, group.choices[-1][0]) == ("v2", "base", "rougeL", "banks")
    _, listed = compare._listed(site, "v2", "base", "rougeL", compare.ALL, compare.ALL, 1)
    assert first.choices == listed.choices and len(listed.choices) == 5 and listed.choices[0][0].startswith("1. +")
    shown = compare._beside(site, "v2", "base", row_id(HELDOUT[4][0], ""))
    assert escaped(shown) and "&lt;script&gt;" in shown and "Nearest training rows" in shown
    assert "Choose two models" in compare._listed(site, "v2", "v2", "rougeL", compare.ALL, compare.ALL, 1)[0]
    assert "No such question" in compare._listed(site, "v2", "base", "rougeL", compare.ALL, compare.ALL, 99)[0]
    site.project.compared().unlink()
    assert "not built yet" in compare._opened(site)[0]
    site.project.measures("v1").unlink()
    site.project.measures("v2").unlink()
    assert "two models are needed" in compare._opened(site)[0]


def test_compare_shows_what_the_report_compares_where_a_version_was_trained_again(tmp_path):
    models = {"base": "models/base", "v1": "models/adapters/v1", "v2": "models/noise/v2"}
    site = open_site(make_project(tmp_path / "project", models))
    site.params["noise"] = {"v2": {"version": "v1", "seed": 1}}
    said, new, old, *_ = compare._opened(site)
    assert "v1 against base:" in said and "v2" not in said.split("</ul>")[0] and (new.value, old.value) == ("v1", "base")
    assert [name for name, _ in new.choices] == ["base", "v1", "v2"]  # it may be looked at all the same
    shown = compare._beside(site, "v2", "base", row_id(HELDOUT[0][0], ""))
    assert "v1, row " in shown and "v2, row " not in shown


def test_review_goes_through_the_drafts_and_takes_back(site):
    path = site.project.reviews("v2")
    _, shown, sitting, answer, _ = review._begin(site, "v2", " Achieng ")
    assert DRAFTS[0][0] in shown and "0 of 5 decided" in shown and answer == DRAFTS[0][1]
    told, shown, sitting, answer, _ = review._decide(site, "accept", sitting, answer, "")
    assert "Accept is saved" in told and DRAFTS[1][0] in shown
    told = review._decide(site, "edit", sitting, answer, "")
    assert "Not changed" in told[0] and told[1:] == (gr.skip(),) * 4  # the draft, and what was typed in its box, stay
    _, shown, sitting, answer, _ = review._decide(site, "edit", sitting, f"{answer} ጨምር 🌱", "not for an edit")
    _, shown, sitting, answer, _ = review._skip(site, sitting)
    assert DRAFTS[3][0].split()[0] in shown and escaped(shown) and answer == DRAFTS[3][1]
    _, shown, sitting, *_ = review._decide(site, "reject", sitting, answer, "Markup")
    made = lines_of(path)
    assert [(line["decision"], line.get("reason")) for line in made] == [("accept", None), ("edit", None), ("reject", "Markup")]
    assert made[1]["draft"] == DRAFTS[1][1] and made[1]["output"].endswith("🌱") and made[2]["reviewer"] == "Achieng"
    told, shown, sitting, *_ = review._undo(site, sitting)
    assert "Undone: reject." in told and len(lines_of(path)) == 2
    _, shown, sitting, *_ = review._decide(site, "accept", sitting, "", "")
    _, shown, sitting, *_ = review._decide(site, "accept", sitting, "", "")
    assert "Nothing waits in v2, 1 skipped; begin again" in shown and sitting.id == ""
    assert "none is shown" in review._decide(site, "accept", sitting, "", "")[0]


def test_two_who_decide_on_one_draft_are_both_kept_and_the_second_is_told(site):
    *_, one, _, _ = review._begin(site, "v2", "Achieng")
    *_, two, _, _ = review._begin(site, "v2", "Wanjiru")
    review._decide(site, "accept", one, "", "")
    told, *_ = review._decide(site, "reject", two, "", "Not so")
    assert "Achieng decided accept meanwhile; yours counts now, both are kept." in told
    assert [line["decision"] for line in lines_of(site.project.reviews("v2"))] == ["accept", "reject"]
    assert reviews.read_reviews(site.project.reviews("v2"))[row_id(DRAFTS[0][0], "")]["reviewer"] == "Wanjiru"
    *_, one, _, _ = review._undo(site, one)
    assert one.id == row_id(DRAFTS[0][0], "")
    assert [line["reviewer"] for line in lines_of(site.project.reviews("v2"))] == ["Wanjiru"]


def test_review_tells_what_is_wrong_and_loses_nothing(site, monkeypatch):
    assert "Write your name" in review._begin(site, "v2", " ")[0]
    assert "No version here has drafts" in review._begin(site, None, "A")[0]
    assert "holds half a character ('\\ud800')" in html.unescape(review._begin(site, "v2", "A\ud800")[0])
    *_, sitting, _, _ = review._begin(site, "v2", "Achieng")
    path = site.project.reviews("v2")
    review._decide(site, "accept", sitting, "", "")
    broken = path.read_text(encoding="utf-8") + "<<<<<<< HEAD\n"
    path.write_text(broken, encoding="utf-8")
    told = review._decide(site, "reject", sitting, "", "Typed with care")
    assert "reviews/v2.jsonl:2: a mark of a merge" in told[0] and told[1:] == (gr.skip(),) * 4
    assert path.read_text(encoding="utf-8") == broken
    path.write_text('{"decision": "accept"}\n', encoding="utf-8")
    assert "reviews/v2.jsonl:1: 'instruction' is missing" in html.unescape(review._undo(site, sitting)[0])
    path.write_text("", encoding="utf-8")
    told = review._decide(site, "reject", sitting, "", "Half \udc00")
    assert "'reason' holds half a character" in html.unescape(told[0]) and path.read_text() == ""

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", full)
    told = review._decide(site, "reject", sitting, "", "Typed with care")
    assert "No space left on device" in told[0] and told[4] == gr.skip() and path.read_text() == ""


@pytest.mark.parametrize("kind", ["accept", "reject", "edit"])
def test_nobody_decides_on_a_draft_that_was_built_anew_since_it_was_shown(site, kind):
    *_, sitting, answer, _ = review._begin(site, "v2", "Achieng")
    drafts = site.project.drafts("v2")
    new = "ሌላ ረቂቅ 🌱\u200d مسودة."
    drafts.write_text(drafts.read_text(encoding="utf-8").replace(DRAFTS[0][1], new, 1), encoding="utf-8")
    told, shown, now, box, _ = review._decide(site, kind, sitting, answer, "")
    assert "This draft was built anew; read it again." in told and new in shown and box == new
    assert lines_of(site.project.reviews("v2")) == []
    *_, box, reason = review._decide(site, kind, sitting, "Typed, ተጻፈ", "Why")
    assert (box, reason) == (gr.skip(), gr.skip())
    review._decide(site, "accept", now, new, "")
    assert [line["draft"] for line in lines_of(site.project.reviews("v2"))] == [new]


def test_what_was_typed_over_a_draft_is_not_lost_by_another_button(site):
    *_, sitting, answer, _ = review._begin(site, "v2", "Achieng")
    typed = f"{answer} ጨምር \u200fوأكثر"
    for attempt in (
        lambda: review._decide(site, "accept", sitting, typed, ""),
        lambda: review._decide(site, "reject", sitting, typed, "Not so"),
        lambda: review._skip(site, sitting, typed),
        lambda: review._undo(site, sitting, typed),
        lambda: review._begin(site, "v2", "Achieng", sitting, typed),
    ):
        told, *others = attempt()
        assert "The answer was changed: save the edit, or put it back" in told and others == [gr.skip()] * 4
    assert lines_of(site.project.reviews("v2")) == []
    *_, sitting, _, _ = review._skip(site, sitting, f" {answer}\n")  # as it was, but for blanks
    assert sitting.id == row_id(DRAFTS[1][0], "")


def test_line_ends_of_a_browser_are_no_edit(site):
    drafts = site.project.drafts("v2")
    drafts.write_text(drafts.read_text(encoding="utf-8").replace(DRAFTS[0][1], r"One\r\ntwo", 1), encoding="utf-8")
    *_, sitting, _, _ = review._begin(site, "v2", "Achieng")
    assert "Accept is saved" in review._decide(site, "accept", sitting, "One\ntwo", "")[0]


def test_undo_shows_what_was_typed_again(site):
    *_, sitting, answer, _ = review._begin(site, "v2", "Achieng")
    *_, sitting, other, _ = review._decide(site, "edit", sitting, f"{answer} ጨምር 🌱", "")
    *_, sitting, _, _ = review._decide(site, "reject", sitting, other, "لا \u200d🌱")
    *_, sitting, box, reason = review._undo(site, sitting)
    assert (box, reason) == (other, "لا \u200d🌱")
    told, shown, sitting, box, reason = review._undo(site, sitting)
    assert "Undone: edit." in told and (box, reason) == (f"{answer} ጨምር 🌱", "") and answer in shown


def test_undo_takes_the_lines_of_its_own_sitting_before_those_of_a_namesake(site):
    path = site.project.reviews("v2")
    *_, one, _, _ = review._begin(site, "v2", "Achieng")
    *_, one, _, _ = review._decide(site, "accept", one, "", "")
    *_, two, _, _ = review._begin(site, "v2", "Achieng")
    *_, two, _, _ = review._decide(site, "reject", two, "", "By the other")
    *_, one, _, _ = review._begin(site, "v2", "Achieng", one)  # the same sitting goes on
    *_, one, _, _ = review._undo(site, one)
    assert [line["decision"] for line in lines_of(path)] == ["reject"] and one.id == row_id(DRAFTS[0][0], "")
    *_, one, _, _ = review._undo(site, one)  # then those of whatever session
    assert lines_of(path) == [] and one.id == row_id(DRAFTS[1][0], "")


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True), ("192.168.1.7", False), ("fe80::1", False), ("", False)],
)
def test_the_name_that_git_knows_is_only_for_who_sits_here(site, monkeypatch, host, here):
    monkeypatch.setattr(review, "git", lambda *_, folder: "አበበ")
    assert review._name(site, SimpleNamespace(host=host)) == ("አበበ" if here else "")
    assert review._name(site, None) == ""


def test_trace_draws_the_way_and_the_difference_and_finds_near_rows(site):
    id_ = row_id(DRAFTS[0][0], "")
    shown = trace._way(site, id_[:12])
    assert shown.count("<foreignObject") >= 7 and "review data/reviews/v2.jsonl:1" in shown and "version v2" in shown
    assert "no row has this id" in trace._way(site, "ffff") and "Write the id" in trace._way(site, " ")
    shown = trace._difference(site, "v1", "v2")
    assert "0 edited" in shown and "1 dropped" in shown and "1 added" in shown and escaped(shown)
    assert "Choose two versions" in trace._difference(site, "v1", "v1")
    assert "መታወቂያ" in trace._near(site, "መታወቂያ እና ገቢ", "v2", "answers")
    assert "No row has a word" in trace._near(site, "🌱", "v2", "questions")
    assert trace._last({"answers": {"base": "A", "v1": "B"}}) == "B" and trace._last(None) == gr.skip()


def test_data_shows_rows_and_what_was_dropped(site):
    _, source = data._opened(site)
    assert source.value == "version v2" and len(source.choices) == 4
    shown = data._rows(site, "version v1", "", "all", "all", None, None, 1)
    assert "4 rows, 1 to 4 shown" in shown and escaped(shown) and SEEDS[2][0] in shown
    assert "1 rows, 1 to 1" in data._rows(site, "version v1", "ብድር", "seed", "all", 1, 5, 1)
    assert "none from row 50 on" in data._rows(site, "version v1", "", "all", "all", None, None, 50)
    lost = f"{data.DROPPED}v2"
    _, reason = data._reasons(site, lost)
    assert [name for name, _ in reason.choices] == ["all", "refusal", "not reviewed"] and reason.visible
    assert "dropped by curate: refusal: as an ai" in data._rows(site, lost, "", "all", "refusal", None, None, 1)
    assert "not there any more" in data._rows(site, "version v9", "", "all", "all", None, None, 1)


def test_a_seed_is_checked_and_added(site):
    told, *boxes = data._add(site, "v2", "ዋስትና ምንድን ነው?", "", "ማረጋገጫ። <script>x</script>")
    assert "Added: " in told and "seeds/v2.jsonl:1" in told and boxes == ["", "", ""]
    told, *boxes = data._add(site, "v2", SEEDS[0][0], "", "Other.")
    assert "asks the same as" in told and boxes == [gr.skip()] * 3
    assert len(lines_of(site.project.seeds("v2"))) == 1


def test_a_full_disk_while_a_seed_is_added_is_told_and_nothing_is_lost(site, monkeypatch):
    told, *_ = data._add(site, "v2", "ዋስትና ምንድን ነው?", "", "ማረጋገጫ። 🌱\u200d")
    path = site.project.seeds("v2")
    before, real = path.read_bytes(), Path.write_bytes

    def full(self: Path, content: bytes) -> int:
        real(self, content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    told, *boxes = data._add(site, "v2", "ما هو التأمين؟", "", "عقد.")
    assert "No space left on device; nothing was published. Free the disk" in told and boxes == [gr.skip()] * 3
    assert path.read_bytes() == before and [one.name for one in path.parent.iterdir() if one.name.startswith(".")] == []
    monkeypatch.undo()
    assert "seeds/v2.jsonl:2" in data._add(site, "v2", "ما هو التأمين؟", "", "عقد.")[0]  # and the folder is not locked for ever


def test_half_a_character_in_a_seed_is_told(site):
    told, *boxes = data._add(site, "v2", "ዋስትና \ud83c?", "", "A.")
    assert "'instruction' holds half a character ('\\ud83c')" in html.unescape(told) and boxes == [gr.skip()] * 3
    assert not site.project.seeds("v2").exists()


def test_nothing_built_yet_is_said_by_every_page(tmp_path):
    folder = make_project(tmp_path / "project")
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in ("params.yaml", "dvc.yaml") and "seeds" not in path.parts:
            path.unlink()
    site = open_site(folder)
    assert "two models are needed" in compare._opened(site)[0]
    assert data._opened(site)[1].value == "seeds v1"
    assert "no row has this id" in trace._way(site, "0123")
    assert "No such file" in review._begin(site, "v2", "A")[0]
    assert "No such file" in trace._near(site, "a", "v1", "answers")


def test_marks_and_differences_are_escaped():
    assert escaped(fragments.marked([(HIT, "wrong"), (HIT, "")]) + fragments.different([("added", HIT), ("same", HIT)]))
    assert escaped(fragments.table([[HIT, HIT], [HIT, HIT]], HIT) + fragments.titled(HIT, HIT) + fragments.fault(HIT))
