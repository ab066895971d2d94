"""What the README states is what the build prints."""

import csv
import re

import pytest
import yaml
from closure import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def between(name: str) -> str:
    return re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", README, re.DOTALL)[1]


def test_the_table_is_that_of_the_committed_build():
    assert between("table") == (ROOT / "metrics/compare.md").read_text(encoding="utf-8")


def test_the_stages_are_those_of_the_pipeline():
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    lines = [f"| `{name}` | {stage.get('do', stage)['desc']} |\n" for name, stage in stages.items()]
    assert between("stages") == "| stage | what it does |\n|---|---|\n" + "".join(lines)


def test_the_funnel_is_that_of_the_committed_build():
    with (ROOT / "metrics/funnel/v3.csv").open(encoding="utf-8", newline="") as file:
        lines = [f"| {row['filter']} | {row['dropped']} | {row['left']} |\n" for row in csv.DictReader(file)]
    assert between("funnel") == "| v3 | dropped | left |\n|---|---|---|\n" + "".join(lines)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_every_link_leads_to_a_file(link):
    assert (ROOT / link).is_file()
