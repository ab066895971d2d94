"""A seed typed into a form: what is refused, and what is written."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml

from mbegu.builds.project import Project, project_in
from mbegu.builds.seeding import add_seed
from mbegu.errors import BadInput

SEED = {"instruction": "What does a money market fund invest in, and who may hold it?", "output": "In deposits and bills."}
HELDOUT = {"instruction": "ለጡረታ ገንዘብ ለማስቀመጥ ከሁሉ የተሻለው መንገድ ምንድን ነው?", "output": "በየወሩ ትንሽ ትንሽ ማስቀመጥ።"}
CURATE = {
    "min_words": 3, "max_words": 90, "max_repetition": 0.3, "refusals": [], "heldout_similarity": 0.7, "heldout_overlap": 0.5,
    "leakage": "error",
}  # fmt: skip
PARAMS = {
    "versions": {"v1": {"extends": "none"}, "v2": {"extends": "v1"}}, "seeds": {"v1": {}, "v2": {}}, "curate": CURATE,
    "merge": {"near_duplicate": 0.85},
}  # fmt: skip


@pytest.fixture
def project(tmp_path, write_jsonl) -> Project:
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(PARAMS))
    write_jsonl("data/seeds/v1.jsonl", [SEED])
    write_jsonl("data/heldout.jsonl", [HELDOUT])
    return project_in(tmp_path)


@pytest.mark.parametrize(
    "typed",
    [
        {"instruction": "የአክሲዮን ገበያ እንዴት ይሠራል? 🌱", "input": "", "output": "ሰዎች ድርሻ ይገዛሉ።"},
        {"instruction": "ما معنى الادخار\u200f؟", "input": "نص", "output": "حفظ المال."},
        {"instruction": "Akiba ni nini?", "input": "", "output": " \n"},
        {"instruction": "Show <b>this</b>, zero\u200dwidth", "input": "<script>x</script>", "output": "Text."},
    ],
)
def test_a_good_seed_is_added_at_the_end(project, typed):
    assert add_seed(project, "v2", typed) == f"{project.seeds('v2')}:1"
    assert add_seed(project, "v2", {"instruction": "Another, wholly unlike?"}) == f"{project.seeds('v2')}:2"
    first = json.loads(project.seeds("v2").read_text(encoding="utf-8").splitlines()[0])
    assert first == {key: text for key, text in typed.items() if text.strip() or key == "input"}


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"instruction": " \n"}, r"The new row: 'instruction' is missing or empty"),
        ({"instruction": "?!🌱"}, r"Not added\. The instruction holds no word\."),
        ({"instruction": "What?", "output": "…!"}, r"The output holds no word"),
        ({"instruction": "What?", "output": "TODO"}, r"The output is 'TODO', a placeholder"),
        ({"instruction": "What \ufffd?"}, r"The instruction holds U\+FFFD"),
        ({"instruction": "What?", "output": "End.<|im_end|>"}, r"The output holds the control token"),
        (SEED, r"asks the same as .*seeds/v1\.jsonl:1; change that row"),
        (
            {"instruction": "What does a money market fund invest in, and who may hold it now?"},
            r"asks nearly the same as .*v1\.jsonl:1.*above 0\.85",
        ),
        ({**HELDOUT, "output": "ሌላ።"}, r"too like the held-out row .*heldout\.jsonl:1.*the same question 1\.00"),
        ({"instruction": HELDOUT["instruction"].replace("ነው", "ነበር")}, r"too like the held-out row .*ROUGE-L F1"),
    ],
)
def test_a_seed_that_a_build_would_refuse_or_drop_is_not_added(project, typed, message):
    before = project.seeds("v1").read_bytes()
    for version in ("v1", "v2"):
        with pytest.raises(BadInput, match=message):
            add_seed(project, version, typed)
    assert project.seeds("v1").read_bytes() == before and not project.seeds("v2").exists()


def test_seeds_that_no_build_reads_are_not_begun(project):
    with pytest.raises(BadInput, match=r"params\.yaml: seeds declares no '\.\./v9', .*it declares v1, v2"):
        add_seed(project, "../v9", {"instruction": "What?"})


def test_a_broken_file_of_seeds_is_left_as_it_is(project):
    text = project.seeds("v1").read_text() + "<<<<<<< HEAD\n"
    project.seeds("v1").write_text(text)
    with pytest.raises(BadInput, match=r"seeds/v1\.jsonl:2: a mark of a merge"):
        add_seed(project, "v1", {"instruction": "Something else entirely?"})
    assert project.seeds("v1").read_text() == text


def test_two_who_add_at_once_are_both_kept(project):
    texts = ["How is interest taxed at the source?", "Je, hisa ni nini hasa?", "ቁጠባ ለምን ይጠቅማል?", "Who licenses a broker?"]
    with ThreadPoolExecutor(4) as pool:
        places = list(pool.map(lambda text: add_seed(project, "v2", {"instruction": text}), texts))
    assert len(set(places)) == 4 and len(project.seeds("v2").read_text(encoding="utf-8").splitlines()) == 4
