"""Sections of params.yaml for commands: typed, checked, named in messages."""

from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from root import ROOT

from mbegu.builds.values import check_filled, parse_section
from mbegu.errors import BadInput
from mbegu.text.settings import Locale


class Kinds(NamedTuple):
    text: str
    texts: list[str]
    paths: list[Path]
    whole: int
    number: float
    flag: bool


RIGHT = {"text": "ሰላም 🌱", "texts": ["a", "no"], "paths": ["data/a"], "whole": 3, "number": 1, "flag": False}


def test_every_kind_comes_back_as_it_is():
    found = parse_section({"kinds": RIGHT}, "kinds", Kinds, "params.yaml")
    assert found == Kinds("ሰላም 🌱", ["a", "no"], [Path("data/a")], 3, 1, False)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"text": False}, "kinds.text is False; expected a text (in quotes if YAML reads it as something else, such as no)."),
        ({"texts": "a"}, "kinds.texts is 'a'; expected a list of texts (in quotes"),
        ({"paths": [1]}, "kinds.paths is [1]; expected a list of paths."),
        ({"whole": 1.5}, "kinds.whole is 1.5; expected a whole number."),
        ({"whole": True}, "kinds.whole is True; expected a whole number."),
        ({"number": "1"}, "kinds.number is '1'; expected a number."),
        ({"flag": 1}, "kinds.flag is 1; expected true or false."),
        ({"ልዩ": 1}, "unknown key kinds.ልዩ; expected text, texts, paths, whole, number, flag."),
    ],
)
def test_a_value_of_another_kind_is_named(change, expected):
    with pytest.raises(BadInput) as caught:
        parse_section({"kinds": RIGHT | change}, "kinds", Kinds, "params.yaml")
    assert str(caught.value).startswith(f"params.yaml: {expected}")


def test_a_key_or_a_section_that_is_missing_is_named():
    with pytest.raises(BadInput, match=r"params.yaml: kinds.whole is None; expected a whole number."):
        parse_section({"kinds": {key: value for key, value in RIGHT.items() if key != "whole"}}, "kinds", Kinds, "params.yaml")
    with pytest.raises(BadInput, match=r"no section 'kinds'; write one with text, "):
        parse_section({}, "kinds", Kinds, "params.yaml")
    with pytest.raises(BadInput, match=r"params.yaml: kinds.text is empty; write one."):
        check_filled(Kinds("", [], [], 0, 0, False), "kinds", ("text",), "params.yaml")


@pytest.mark.parametrize("folder", [".", "examples/company_docs", "examples/finance_qa"])
def test_our_own_projects_have_a_locale(folder):
    params = yaml.safe_load((ROOT / folder / "params.yaml").read_text(encoding="utf-8"))
    assert len(parse_section(params, "locale", Locale, "params.yaml").currency) == 3
