"""Names that can't be built are refused where a project's parameters are read, with the rule."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from root import ROOT

from mbegu.builds.declared import NAMED, RULE, read_params
from mbegu.errors import BadInput


@pytest.mark.parametrize("section", NAMED)
@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("2024", "2024, which YAML reads as int"), ("7", "7, which YAML reads as int"), ("1.5", "1.5, which YAML reads as"),
        ("1e3", "1000.0, which YAML reads as"), ("true", "True, which YAML reads as bool"),
        ("null", "None, which YAML reads as nothing"),
        ("2024-01-01", "which YAML reads as date"), ('""', "'', which begins with"), ("a b", "'a b', in which ' '"),
        ("a@b", "'a@b', in which '@'"), ("a/b", "'a/b', in which '/'"), ('"a:b"', "'a:b', in which ':'"),
        ("-a", "'-a', which begins with"),
        (".a", "'.a', which begins with"), ('"a;b"', "in which ';'"), ('"$a"', "which begins with"),
        ("a\u200bb", r"in which '\u200b'"),
        ("'\u202ba'", "which begins with"), ("a🙂", "in which '🙂'"), ("ቅ" * 60, "more than 150 bytes"),
    ],
)  # fmt: skip
def test_a_name_that_can_not_be_built_is_refused_with_the_rule(tmp_path, section, key, told):
    path = tmp_path / "params.yaml"
    path.write_text(f"{section}:\n  {key}: {{}}\n", encoding="utf-8")
    with pytest.raises(BadInput) as error:
        read_params(path)
    assert str(error.value).startswith(f"{path}: {section} declares ") and told in str(error.value) and RULE in str(error.value)


@pytest.mark.parametrize("key", ["v1", '"2024"', "7b", "v1.1", "ቅጂ", "نسخة", "toleo_2", "गार्डन", "no", "a-b"])
def test_other_names_are_taken_in_every_script(tmp_path, key):
    (tmp_path / "params.yaml").write_text(f"versions:\n  {key}: {{}}\n", encoding="utf-8")
    assert list(read_params(tmp_path / "params.yaml")["versions"]) == [key.strip('"')]


def test_the_version_without_rows_is_no_name(tmp_path):
    (tmp_path / "params.yaml").write_text("versions:\n  none: {}\n")
    with pytest.raises(BadInput, match="stands for the version without rows"):
        read_params(tmp_path / "params.yaml")


def test_a_build_stops_at_its_first_stage(tmp_path):
    """DVC makes no stage for a number and says nothing."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("fingerprint_script", ROOT / "stages/fingerprint.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    (tmp_path / "params.yaml").write_text("versions: {v1: {}, 2024: {extends: v1}}\n")
    out = tmp_path / "out"
    done = CliRunner().invoke(
        script.main, ["--stages", str(ROOT / "stages"), "--out", str(out), "--params", str(tmp_path / "params.yaml")]
    )
    assert done.exit_code == 1 and "params.yaml: versions declares 2024, which YAML reads as int" in done.stderr
    assert not Path(out).exists()
