"""What the pages state is what the build prints."""

import csv
import json
import re
import runpy

import pytest
import yaml
from root import ROOT, ours

PAGES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LOG.md")}
PAGES |= {f"docs/{path.name}": path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")}
WRITTEN = runpy.run_path(str(ROOT / "docs/readme.py"))  # what writes the pages
SHOWN = ROOT / "docs/shown"
EXAMPLES = {path.parent.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "examples").glob("*/README.md"))}


def between(name: str, text: str) -> str:
    return re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", text, re.DOTALL)[1]


@ours
def test_the_table_is_that_of_the_committed_build():
    assert between("table", PAGES["README.md"]) == (ROOT / "metrics/compare.md").read_text(encoding="utf-8")


def test_the_stages_are_those_of_the_pipeline():
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    lines = [f"| `{name}` | {stage.get('do', stage)['desc']} |\n" for name, stage in stages.items()]
    assert between("stages", PAGES["docs/how-it-works.md"]) == "| stage | what it does |\n|---|---|\n" + "".join(lines)


@ours
def test_the_funnel_is_that_of_the_committed_build():
    with (ROOT / "metrics/funnel/v3.csv").open(encoding="utf-8", newline="") as file:
        lines = [f"| {row['filter']} | {row['dropped']} | {row['left']} |\n" for row in csv.DictReader(file)]
    assert between("funnel", PAGES["docs/growing.md"]) == "| v3 | dropped | left |\n|---|---|---|\n" + "".join(lines)


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_to_a_file(name):
    links = re.findall(r"\]\(([^)#:]+)\)", PAGES[name])
    assert [link for link in links if not ((ROOT / name).parent / link).is_file()] == []


@pytest.mark.parametrize("name", sorted(set(PAGES) - {"docs/stage.md"}))  # which invents some
def test_every_file_that_a_page_names_is_there(name):
    files = re.findall(r"`((?:mbegu|tests|benchmarks|docs|examples|templates)/[\w./-]+)`", PAGES[name])
    assert [file for file in files if not (ROOT / file).exists()] == []


@pytest.mark.parametrize("name", PAGES)
def test_no_place_for_what_is_printed_is_empty(name):
    assert not re.search(r"<!-- (\w+) -->\n<!-- /\1 -->", PAGES[name])


def stated(example: str) -> dict[str, str]:
    """What stands between the markers of an example's page."""
    return {name: between(name, EXAMPLES[example]) for name in re.findall(r"<!-- (\w+) -->", EXAMPLES[example])}


def printed(example: str) -> dict[str, str]:
    """The same from the committed files: what the build wrote, what the page's writer makes of it, and what it kept."""
    folder = ROOT / "examples" / example
    made = {"table": (folder / "metrics/compare.md").read_text(encoding="utf-8")}
    kept = {path.stem: path.read_text(encoding="utf-8") for path in (SHOWN / example).glob("*.md")}
    match example:
        case "finance_qa":
            made |= {"clean": WRITTEN["cleaned"](folder), "sweep": (folder / "metrics/sweep.md").read_text(encoding="utf-8")}
        case "company_docs":
            made |= {"teachers": WRITTEN["teachers"](folder), "exam": WRITTEN["exam"](folder)}
        case "amharic_ads":
            made |= WRITTEN["amharic_ads"]()
    return made | kept


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_states_what_its_committed_build_printed(name):
    folder = ROOT / "examples" / name
    assert between("table", EXAMPLES[name]) == (folder / "metrics/compare.md").read_text(encoding="utf-8")
    assert not re.search(r"<!-- (\w+) -->\n<!-- /\1 -->", EXAMPLES[name])
    assert all((folder / link).is_file() for link in re.findall(r"\]\(([^)#:]+)\)", EXAMPLES[name]))
    assert stated(name) == printed(name), "run python docs/readme.py"


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_table_of_an_example_stands_between_markers(name):
    rest = re.sub(r"(?s)<!-- (\w+) -->.*?<!-- /\1 -->", "", EXAMPLES[name])
    assert [line for line in rest.splitlines() if line.startswith("|") and re.search(r"\d", line)] == []


def test_the_rows_shown_are_those_that_were_kept():
    assert between("grown", PAGES["README.md"]) == (SHOWN / "main/grown.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("example", "part"), [(name, part) for name, parts in WRITTEN["BUILT"].items() for part in parts])
def test_what_is_made_of_files_that_git_does_not_hold_is_of_the_build_that_is_locked(example, part):
    made_of = json.loads((SHOWN / example / f"{part}.json").read_text(encoding="utf-8"))
    assert made_of == WRITTEN["hashes"](example, WRITTEN["BUILT"][example][part]), "run python docs/readme.py"


def test_the_table_of_speeds_adds_up():
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in stated("finance_qa")["speed"].splitlines()[2:]]
    speeds = {name: float(speed) for name, _, _, speed, _ in lines}
    for _, first, answer, speed, ratio in lines:
        assert float(first) < float(answer)
        assert float(ratio.removesuffix(" times as fast")) == pytest.approx(float(speed) / speeds["adapter, 4 bits"], abs=0.01)


def test_the_table_of_teachers_is_that_of_the_committed_counts():
    table = between("teachers", EXAMPLES["company_docs"]).splitlines()[2:]
    counts = {
        path.stem: json.loads(path.read_text()) for path in (ROOT / "examples/company_docs/metrics/teachers").glob("*.json")
    }
    assert [line.split(" | ")[:3] for line in table] == [
        [f"| {name}", str(counts[name]["asked"]), str(counts[name]["accepted"])] for name in sorted(counts)
    ]
    assert all(one["asked"] == one["accepted"] + sum(one["rejected"].values()) for one in counts.values())


def test_the_sweep_is_that_of_the_committed_files():
    table = (ROOT / "examples/finance_qa/metrics/sweep.md").read_text(encoding="utf-8")
    assert between("sweep", EXAMPLES["finance_qa"]) == table


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_command_of_an_example_is_the_one_that_a_test_or_the_build_runs(name):
    known = {
        f"dvc repro examples/{name}/dvc.yaml",
        "cd examples/amharic_ads",
        "mbegu ask --brief brief.yaml --channel zemen_electro",  # tests/e2e/test_telegram.py asks like this
        "mbegu plan study",  # as tests/stages/test_studying.py
        "mbegu record study",
        "mbegu sweep --grid sweep.yaml --version v1",
        "mbegu sweep --grid sweep.yaml --version v1 --promote",
        "mbegu publish --version v1 --out published/v1 --base ../../models/base --base_model HuggingFaceTB/SmolLM2-135M-Instruct",
        "python ../../benchmarks/inference.py --version v1 --base ../../models/base",  # by hand, on an idle machine
    }
    blocks = re.findall(r"```bash\n(.*?)```", EXAMPLES[name], re.DOTALL)
    assert {line for block in blocks for line in block.splitlines()} <= known
