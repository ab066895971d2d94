"""`mbegu check`: one factual line a file, or the first problem in one line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mbegu.builds.scaffold import make
from mbegu.cli.check import main

LEAK = {"instruction": "How do we keep the slugs from eating the lettuce?", "input": "", "output": "Collect them."}


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("check") / "garden"
    make(path, "seeds", ["en", "sw"], "none")
    return path


@pytest.fixture
def project(sample, tmp_path, monkeypatch) -> Path:
    """A copy of the sample's text, in which the command is run."""
    for name in ("params.yaml", "data/heldout.jsonl", "data/seeds/v1.jsonl", "data/versions/none.jsonl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((sample / name).read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def add(path: Path, *rows: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def check() -> list[str]:
    done = CliRunner().invoke(main, [])
    assert done.exit_code == 0, done.output
    assert done.stderr == "Note: not built yet; `dvc repro` builds it.\n"
    return done.stdout.splitlines()


def refused() -> str:
    done = CliRunner().invoke(main, [])
    assert done.exit_code == 1 and done.stderr.count("\n") == 1 and done.stderr.startswith("Error: "), done.output
    return done.stderr.removeprefix("Error: ").rstrip("\n")


def test_the_sample_is_a_line_a_file(project):
    assert check() == [
        "params.yaml: 1 version (v1)",
        "data/heldout.jsonl: 6 held-out rows, no two ask the same",
        "data/seeds/v1.jsonl: 12 rows, 0 without an answer, 0 near-duplicates, 0 too like a held-out row",
    ]


def test_facts_and_briefs_are_counted_and_a_problem_in_them_names_file_and_line(tmp_path, monkeypatch):
    make(tmp_path / "market", "telegram", ["am"], "ETB")
    monkeypatch.chdir(tmp_path / "market")
    counted = [line for line in check() if line.startswith(("data/products", "data/briefs"))]
    assert [line.split(": ")[0] for line in counted] == ["data/products.jsonl", "data/briefs.jsonl"] and "held out" in counted[1]
    written = Path("data/briefs.jsonl").read_text(encoding="utf-8")
    brief = json.loads(written.splitlines()[0])
    number = len(written.splitlines()) + 1
    add(Path("data/briefs.jsonl"), {**brief, "id": "አዲስ", "product": "የለም"})
    assert refused().startswith(f"data/briefs.jsonl:{number}: unknown product 'የለም' of {brief['channel']}.")
    Path("data/briefs.jsonl").write_text(written, encoding="utf-8")
    facts = Path("data/products.jsonl").read_text(encoding="utf-8")
    fact = json.loads(facts.splitlines()[0])
    add(Path("data/products.jsonl"), fact)
    assert f"product {fact['id']!r} stands there twice" in refused()
    Path("data/products.jsonl").write_text(facts, encoding="utf-8")
    replace(Path("params.yaml"), "facts: data/products.jsonl", "fact: data/products.jsonl")
    assert "params.yaml: indexed." in (said := refused()) and "expected keys, as in a project of `mbegu new`." in said
    replace(Path("params.yaml"), "fact: data/products.jsonl", "facts: data/products.jsonl")
    replace(Path("params.yaml"), "briefs: data/briefs.jsonl", "brief: data/briefs.jsonl")
    assert "params.yaml: campaigns.v1 is " in (said := refused()) and "expected keys, as in a project of `mbegu new`." in said
    replace(Path("params.yaml"), "brief: data/briefs.jsonl", "briefs: data/briefs.jsonl")
    replace(Path("params.yaml"), "index: ", "index: x")
    assert "index names 'x" in refused() and "which indexed does not" in refused()


@pytest.mark.parametrize("source", ["documents", "set"])
def test_the_other_samples_pass(source, tmp_path, monkeypatch):
    make(tmp_path / "garden", source, ["en"], "none")
    monkeypatch.chdir(tmp_path / "garden")
    heldout = "data/heldout.jsonl: 8" if source == "documents" else "data/questions.jsonl: 6"
    recorded = ["data/recordings: 65 replies, 65 written by people"] if source == "documents" else []
    assert check() == ["params.yaml: 1 version (v1)", f"{heldout} held-out rows, no two ask the same", *recorded]


def test_rows_of_any_script_reviews_and_built_versions_are_counted(project):
    add(
        project / "data/seeds/v1.jsonl",
        {"instruction": "ቲማቲም መቼ ይተከላል?"},
        {"instruction": "متى نسقي الحديقة؟ 🌱\u200d", "output": "في الصباح الباكر."},
        {"instruction": "Kwa nini tunazungusha mazao katika kila msimu?", "output": "Udongo hupumzika."},
    )
    add(
        project / "data/reviews/v1.jsonl",
        {"instruction": "ቲማቲም መቼ ይተከላል?", "decision": "edit", "output": "ከዝናብ በኋላ።"},
        {"instruction": "Nini?", "decision": "reject", "reason": "empty"},
    )
    add(project / "data/versions/v1.jsonl", {"instruction": "Nini hii?", "output": "Mbegu."})
    add(project / "data/versions/v1.ledger.jsonl", {"stage": "merge"})
    assert check()[2:] == [
        "data/seeds/v1.jsonl: 15 rows, 1 without an answer, 1 near-duplicate, 0 too like a held-out row",
        "data/versions/v1.jsonl: 1 row, 0 too like a held-out row",
        "data/reviews/v1.jsonl: 0 accept, 1 edit, 1 reject",
    ]


def test_verdicts_of_people_are_counted_and_a_bad_one_names_file_and_line(project):
    replace(project / "params.yaml", "judged: {}", "judged: {v1-base: {new: v1, old: base}}")
    verdict = {
        "id": "0",
        "left": {"model": "v1", "answer": "ሰላም"},
        "right": {"model": "base", "answer": "سلام"},
        "verdict": "left",
    }
    path = project / "data/judgements/v1-base.jsonl"
    add(path, verdict, verdict | {"verdict": "right"}, verdict | {"reviewer": "ዓለሙ"})
    assert check()[-1] == "data/judgements/v1-base.jsonl: 2 verdicts of 2 reviewers"
    add(path, verdict | {"verdict": "A"})
    assert refused() == "data/judgements/v1-base.jsonl:4: verdict 'A'; expected one of left, right, neither."


def of_messages(project) -> None:
    """The project's rows are the ads of a corpus, of which somebody labelled a few messages."""
    replace(project / "params.yaml", "telegram: {}", "telegram: {ገበያ: exports}")
    replace(project / "params.yaml", "campaigns: {}", "campaigns:\n  v1: {briefs: data/briefs.jsonl, messages: ገበያ, index: ገበያ}")
    replace(project / "params.yaml", "indexed: {}", "indexed: {ገበያ: {messages: ገበያ, facts: data/products.jsonl}}")
    replace(project / "params.yaml", "seeds:\n  v1: {extends: none, teacher: models/base, bootstrap: 0}", "seeds: {}")
    add(project / "data/products.jsonl")
    add(project / "data/briefs.jsonl")
    (project / "data/heldout.jsonl").unlink()  # which is built of the briefs
    (project / "data/seeds/v1.jsonl").unlink()
    labels = [{"channel": "ሱቅ", "id": number, "label": "ad" if number % 3 else "other"} for number in range(9)]
    add(project / "data/labels/ገበያ.jsonl", *labels)


def test_labels_and_their_reviews_are_counted(project):
    of_messages(project)
    written = ["data/products.jsonl: 0 facts", "data/briefs.jsonl: 0 briefs, 0 held out"]
    assert check()[1:] == ["data/labels/ገበያ.jsonl: 6 ad, 3 other", *written]
    add(project / "data/labels/ገበያ.reviews.jsonl", {"channel": "ሱቅ", "id": 0, "label": "ad", "reviewer": "ሕይወት"})
    reviews = "data/labels/ገበያ.reviews.jsonl: 1 ad, 0 other"
    assert check()[1:] == ["data/labels/ገበያ.jsonl: 6 ad, 3 other", reviews, *written]


def test_a_problem_in_labels_names_file_and_line(project):
    of_messages(project)
    add(project / "data/labels/ገበያ.jsonl", {"channel": "ሱቅ", "id": 4, "label": "other"})
    assert refused() == (
        "data/labels/ገበያ.jsonl:10: calls message ሱቅ/4 'other', which data/labels/ገበያ.jsonl:5 calls 'ad'; keep one of them."
    )
    (project / "data/labels/ገበያ.jsonl").unlink()
    assert refused().startswith("data/labels/ገበያ.jsonl: no such file; call some messages ad")


@pytest.mark.parametrize("name", ["data/seeds/v1.jsonl", "data/versions/v1.jsonl"])
def test_a_row_that_gives_a_held_out_one_away_is_shown_with_it(project, name):
    add(project / name, LEAK)
    line = len((project / name).read_text(encoding="utf-8").splitlines())
    message = refused()
    assert (
        message.startswith(f"{name}:{line}: 'How do we keep the slugs")
        and "data/heldout.jsonl:2: 'How do we keep slugs" in message
    )


def test_where_the_build_drops_leaking_rows_they_are_counted(project):
    add(project / "data/seeds/v1.jsonl", LEAK)
    replace(project / "params.yaml", "leakage: error", "leakage: drop ")
    assert check()[2].endswith("13 rows, 0 without an answer, 0 near-duplicates, 1 too like a held-out row")


def test_the_thresholds_are_those_of_the_build(project):
    add(project / "data/seeds/v1.jsonl", LEAK)
    replace(project / "params.yaml", "heldout_similarity: 0.7", "heldout_similarity: 1.0")
    assert len(check()) == 3


def test_a_second_version_extends_the_first(project):
    replace(project / "params.yaml", "  v1: {extends: none, unreviewed: wait}", "  v1: {extends: none}\n  v2: {extends: v1}")
    replace(project / "params.yaml", "bootstrap: 0}", "bootstrap: 0}\n  v2: {extends: v1, teacher: models/base, bootstrap: 0}")
    assert refused() == "data/seeds/v2.jsonl: No such file or directory; expected a JSON Lines file."
    (project / "data/seeds/v2.jsonl").write_text("")
    assert check()[::3] == [
        "params.yaml: 2 versions (v1, v2)",
        "data/seeds/v2.jsonl: 0 rows, 0 without an answer, 0 near-duplicates, 0 too like a held-out row",
    ]


PROBLEMS = {
    "the same question twice": (
        "data/seeds/v1.jsonl",
        {"instruction": "What does  mulch do?", "output": "Much."},
        ":13: asks the same as",
    ),
    "an unknown field": ("data/seeds/v1.jsonl", {"instructions": "What?"}, ":13: unknown field 'instructions'. Did you mean"),
    "a held-out row again": (
        "data/heldout.jsonl",
        {"instruction": LEAK["instruction"], "output": "By hand."},
        ":7: 'How do we keep the slugs",
    ),
    "a held-out row without an answer": ("data/heldout.jsonl", {"instruction": "What?"}, ":7: 'output' is missing or empty"),
    "a decision that is none": ("data/reviews/v1.jsonl", {"instruction": "What?", "decision": "yes"}, ":1: decision 'yes'"),
    "a version's row without an answer": ("data/versions/v1.jsonl", {"instruction": "What?"}, ":1: 'output' is missing or empty"),
}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_problem_in_a_row_names_file_and_line(project, problem):
    name, row, message = PROBLEMS[problem]
    add(project / name, row)
    assert refused().startswith(name + message)


NAMES = "DVC allows neither a number nor a dot, begin with a letter, as in v1."
SOURCES = "versions.v1 gets its rows in one of seeds, questioned, sets, campaigns, raft, quizzed; it is named in"
PARAMS = {
    "seeds:\n  v1": ("seeds:\n  v2", f"{SOURCES} none."),
    "sets: {}": ("sets:\n  v1: {always: data/heldout.jsonl}", f"{SOURCES} seeds and in sets."),
    "v1: {extends: none, unr": ("v1: {extends: v0, unr", "versions.v1 extends 'v0'; expected none or one of v1."),
    "v1: {extends: none, unreviewed": ("2024: {extends: none, unreviewed", f"a version is named 2024; {NAMES}"),
    "  v1: {extends: none, unre": ("  v1.5: {extends: none, unre", f"a version is named 'v1.5'; {NAMES}"),
    "  v1: {extends: none, teacher": (
        "  v1: {extends: v1, teacher",
        "seeds.v1 extends 'v1' and versions.v1 'none'; make them the same.",
    ),
    "v1: {extends: none, teacher: models/base, bootstrap: 0}": (
        "v1: data/seeds/v1.jsonl",
        "seeds.v1 is 'data/seeds/v1.jsonl'; expected keys, as in a project of `mbegu new`.",
    ),
    "questioned: {}": ("questioned:", "questioned is None; expected a section, or `questioned: {}` for none."),
    "heldout_overlap: 0.5": ("heldout_overlap: half", "curate.heldout_overlap is 'half'; expected a number."),
    "leakage: error": ("leakage: 1", "curate.leakage is 1; expected error or drop."),
    "release: v1": ("release: v2", "release names 'v2', which versions does not; there is v1."),
    "v1: models/adapters/v1": (
        "v1: models/adapters/v2",
        "models.v1 names 'v2', which versions does not; there is v1.",
    ),
    "teacher: models/base": (
        "teacher: models/adapters/ሁለት",
        "seeds.v1.teacher names 'ሁለት', which versions does not; there is v1.",
    ),
    "judged: {}": (
        "judged: {a: {new: v1, old: old}}",
        "judged.a.old names 'old', which models does not; there are base, v1.",
    ),
    "models: [base, v1]": (
        "models: [base, v3]",
        "conversations.conversations.models names 'v3', which models does not; there are base, v1.",
    ),
    "exported: {}": ("exported: {v0: {}}", "exported.v0 names 'v0', which versions does not; there is v1."),
    "start: models/base": (
        "start: models/pretrained/ገበያ",
        "train.start names 'ገበያ', which pretrained does not; there are none.",
    ),
    "base_model: models/base": (
        "base_model: models/extended/a",
        "base_model names 'a', which extended does not; there are none.",
    ),
    "without_context: []": (
        "without_context: [v1, bare]",
        "predict.without_context names 'bare', which models does not; there are base, v1.",
    ),
    "pretrained: {}": (
        "pretrained: {a: {messages: b}}",
        "pretrained.a.messages names 'b', which telegram does not; there are none.",
    ),
    "studied: {}": (
        "studied: {a: {documents: ሰነድ}}",
        "studied.a.documents names 'ሰነድ', which documents does not; there are none.",
    ),
    "learned: {}": ("learned: {a: {study: b}}", "learned.a.study names 'b', which studied does not; there are none."),
    "continued: {}": (
        "continued: {a: {version: v1, start: models/learned/b}}",
        "continued.a.start names 'b', which learned does not; there are none.",
    ),
    '# system: ""': (
        'system: "አጭር ይሁን።\\u2028🙂"',
        "prompt.system has a line break, and DVC runs a command line by line; write it as one line.",
    ),
    '  # system: "" ': (
        "  system: # ",
        'prompt.system is None; write a text, "" for an empty message, or leave the key out.',
    ),
    "near_duplicate: 0.85": ("near_dupes: 0.85", "merge.near_duplicate is None; expected a number."),
}  # fmt: skip


@pytest.mark.parametrize("old", PARAMS)
def test_a_problem_in_the_parameters_names_the_key(project, old):
    new, message = PARAMS[old]
    replace(project / "params.yaml", old, new)
    assert refused() == f"params.yaml: {message}"


def test_parameters_that_are_none(project):
    (project / "params.yaml").write_text("versions: [\n")
    assert refused().startswith("params.yaml: not YAML (while parsing")
    (project / "params.yaml").write_text("- versions\n")
    assert refused() == "params.yaml: versions is None; expected a section, or `versions: {}` for none."
    (project / "params.yaml").unlink()
    assert refused() == "params.yaml: No such file or directory; run this in a project's folder, or name one by --project."


def test_a_version_of_documents_names_one_of_them(tmp_path, monkeypatch):
    make(tmp_path / "garden", "documents", ["en"], "none")
    monkeypatch.chdir(tmp_path / "garden")
    replace(Path("params.yaml"), "documents: {garden: documents}", "documents: {}")
    assert refused() == "params.yaml: questioned.v1.documents names 'garden', which documents does not; there are none."


def test_what_is_left_over_is_named_once_and_not_read(project):
    add(project / "data/versions/v2.jsonl", LEAK)
    add(project / "data/reviews/v2.jsonl", {"instruction": "What?", "decision": "yes"})
    done = CliRunner().invoke(main, [])
    assert done.exit_code == 0 and len(done.stdout.splitlines()) == 3
    first = "Note: 2 files and folders are left over of what params.yaml does not declare (v2); nothing reads them."
    assert done.stderr.splitlines()[0].startswith(first)


def test_a_build_can_be_asked_for(project):
    done = CliRunner().invoke(main, ["--current"])
    assert done.exit_code == 1 and done.stderr == "Error: dvc.lock: not built yet; `dvc repro` builds it.\n"


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("indexed: [ገበያ]", "params.yaml: indexed is ['ገበያ']; expected a section, or `indexed: {}` for none."),
        ("sets: {other: text}", "params.yaml: sets.other is 'text'; expected keys, as in a project of `mbegu new`."),
    ],
)
def test_a_section_of_another_shape_is_one_line(project, section, said):
    name = section.partition(":")[0]
    replace(Path("params.yaml"), f"{name}: {{}}", section)
    assert refused().strip().endswith(said)


def test_closed_book_questions_ask_about_sections_that_are_there_and_trained_and_no_row_asks_them(project):
    """Without a build: the documents are read for it."""
    replace(project / "params.yaml", "documents: {}", "documents: {ጤና: docs}")
    (project / "docs").mkdir()
    (project / "docs/ጤና.md").write_text("# ጤና ጣቢያ\n\nበ2:30 ይከፈታል።\n\n## ክፍያ\n\nአምስት ብር።\n", encoding="utf-8")
    exam = project / "data/exams/ጤና/closed.jsonl"
    asked = {"instruction": "ጤና ጣቢያው መቼ ይከፈታል? 🌱", "output": "በ2:30", "source": "ጤና.md#ጤና ጣቢያ"}
    add(exam, asked, {"instruction": "Who built it?", "output": "Sijui", "unanswerable": True})
    add(exam.with_name("control.jsonl"), {"instruction": "ما هي عاصمة فرنسا؟", "output": "باريس"})
    assert check()[2] == "data/exams/ጤና: 2 closed-book and 1 general questions"
    add(project / "data/exams/ጤና.jsonl", asked)
    assert refused().startswith("data/exams/ጤና.jsonl: belongs to no exam, and nobody would be asked it; move it into data/exams/")
    (project / "data/exams/ጤና.jsonl").unlink()
    add(exam, {**asked, "instruction": "ክፍያው ስንት ነው?", "source": "ጤና.md#ዋጋ"})
    assert refused() == "data/exams/ጤና/closed.jsonl:3: its source 'ጤና.md#ዋጋ' fits no heading; ጤና.md has 'ጤና ጣቢያ', 'ክፍያ'."
    replace(exam, "ጤና.md#ዋጋ", "ጤና.md#ክፍያ")
    add(project / "data/seeds/v1.jsonl", {"instruction": "ክፍያው ስንት ነው", "output": "አስር ብር።"})
    assert "is too like the held-out row data/exams/ጤና/closed.jsonl:3: 'ክፍያው ስንት ነው?" in refused()
    replace(project / "params.yaml", "documents: {ጤና: docs}", "documents: {}")
    assert "closed.jsonl:1: asks about documents that params.yaml calls 'ጤና'; its section documents declares none" in refused()
