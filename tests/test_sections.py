from pathlib import Path
from typing import Annotated, NamedTuple

import click
import pytest
from click.testing import CliRunner

from mbegu.command import Stage
from mbegu.sections import NONEMPTY, path, section


class Endpoint(NamedTuple):
    url: Annotated[str, "Where it listens."]
    retries: Annotated[int, click.IntRange(0), "Tries after a failed one."]


class Teacher(NamedTuple):
    kind: Annotated[str, click.Choice(["local", "openai"]), "Which is asked."]
    chat: Annotated[bool, "As a user's turn."]
    names: Annotated[list[str], "Names; repeat."]
    targets: Annotated[list[str], NONEMPTY, "Layers; repeat."]
    template: Annotated[Path, "File of the prompt."]
    openai: Endpoint


@click.command(cls=Stage)
@path("--out", "File.")
@section(Teacher, "teacher", "teacher.")
def main(out: Path, teacher: Teacher) -> None:
    """Say what came in."""
    click.echo(f"{out!r} {teacher!r}")


class Build(NamedTuple):
    base: Annotated[Path, "Folder of the base model."] = Path("models/base")
    tries: Annotated[int, click.IntRange(0), "Tries."] = 2


@click.command(cls=Stage)
@path("--data", "Folder of the rows.", "data")
@section(Build, "build")
def tool(data: Path, build: Build) -> None:
    """Say what came in."""
    click.echo(f"{data!r} {build!r}")


GIVEN = [
    "--out", "o", "--teacher.kind", "openai", "--no-teacher.chat", "--teacher.names", "ሰላም", "--teacher.names", "b 🌱",
    "--teacher.targets", "q",
    "--teacher.template", "t.jinja", "--teacher.openai.url", "http://x", "--teacher.openai.retries", "2",
]  # fmt: skip


def without(option: str) -> list[str]:
    place = GIVEN.index(option)
    return GIVEN[:place] + GIVEN[place + 2 :]


def test_a_section_is_one_value_and_a_section_within_it_another():
    found = CliRunner().invoke(main, GIVEN)
    value = Teacher("openai", False, ["ሰላም", "b 🌱"], ["q"], Path("t.jinja"), Endpoint("http://x", 2))
    assert found.stdout == f"{Path('o')!r} {value!r}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (without("--teacher.openai.retries"), "Missing option '--teacher.openai.retries'"),
        (without("--teacher.targets"), "Missing option '--teacher.targets'"),
        ([*GIVEN, "--teacher.openai.retries", "-1"], "Invalid value for '--teacher.openai.retries': -1 is not in the range x>=0"),
        ([*GIVEN, "--teacher.kind", "remote"], "'remote' is not one of 'local', 'openai'"),
        (
            [*GIVEN, "--teacher.openai.retires", "1"],
            "No such option '--teacher.openai.retires'. (Did you mean one of: '--teacher.openai.retries'",
        ),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_option(arguments, said):
    found = CliRunner().invoke(main, arguments)
    assert found.exit_code == 1
    assert found.stderr.startswith("Error: ") and found.stderr.count("\n") == 1
    assert said in found.stderr


def test_a_list_without_an_entry_is_empty():
    names = [argument for argument in GIVEN if argument not in ("--teacher.names", "ሰላም", "b 🌱")]
    assert "names=[]" in CliRunner().invoke(main, names).stdout


def test_help_says_ranges_choices_and_what_each_is():
    said = " ".join(CliRunner().invoke(main, ["--help"]).stdout.split())
    for part in (
        "--teacher.kind [local|openai]",
        "Which is asked. [required]",
        "--teacher.chat / --no-teacher.chat",
        "[x>=0; required]",
    ):
        assert part in said


def test_a_command_for_people_has_defaults_which_its_help_shows():
    assert CliRunner().invoke(tool).stdout == f"{Path('data')!r} {Build()!r}\n"
    given = CliRunner().invoke(tool, ["--base", "ሰላም", "--tries", "0", "--data", "d"])
    assert given.stdout == f"{Path('d')!r} {Build(Path('ሰላም'), 0)!r}\n"
    said = " ".join(CliRunner().invoke(tool, ["--help"]).stdout.split())
    assert "Folder of the base model. [default: models/base]" in said and "[default: 2; x>=0]" in said
    assert "Invalid value for '--tries'" in CliRunner().invoke(tool, ["--tries", "-1"]).stderr
