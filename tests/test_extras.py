"""A package of an extra that is not installed is one line, wherever it is missed; imports are really blocked."""

import subprocess
import sys

import pytest
from root import ROOT

from mbegu.errors import BadInput
from mbegu.extras import needs


def python(blocked: str, program: str, *arguments: str) -> subprocess.CompletedProcess:
    code = f"import runpy, sys; sys.modules[{blocked!r}] = None; {program}"
    return subprocess.run([sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("module", "package"), [("pdf", "pypdf"), ("docx", "docx"), ("docx", "lxml"), ("html", "bs4"), ("readers", "pypdf")]
)
def test_importing_a_reader_says_which_extra_it_needs(module, package):
    said = f"{package} is not installed; it comes with the extra `documents`: pip install 'mbegu[documents]'."
    run = python(package, f"import mbegu.sources.documents.{module}")
    assert run.returncode == 1 and run.stderr.splitlines()[-1] == f"mbegu.extras.MissingExtra: {said}"
    caught = f"try:\n    import mbegu.sources.documents.{module}\nexcept ImportError as error:\n    print(error)"
    assert python(package, f"exec({caught!r})").stdout == f"{said}\n"


def test_a_stage_says_it_in_one_line_and_writes_nothing(tmp_path):
    (tmp_path / "a.md").write_text("ሰላም 🙂", encoding="utf-8")
    given = [
        "--folder",
        str(tmp_path),
        "--out",
        str(tmp_path / "o"),
        "--ledger",
        str(tmp_path / "l"),
        "--include",
        "*",
        "--ocr",
        "",
    ]
    run = python("bs4", "sys.argv[0] = 'ingest.py'; runpy.run_path('stages/ingest.py', run_name='__main__')", *given)
    said = "Error: bs4 is not installed; it comes with the extra `documents`: pip install 'mbegu[documents]'.\n"
    assert (run.returncode, run.stdout, run.stderr) == (1, "", said)
    assert [path.name for path in tmp_path.iterdir()] == ["a.md"]


def test_other_errors_pass_through():
    with pytest.raises(ImportError, match="cannot import name") as error, needs("app"):
        from json import no_such_name  # noqa: F401
    assert not isinstance(error.value, BadInput)
