"""What every stage's command line has in common; the one module of the library that knows click."""

import sys
from typing import Any

import click

from mbegu.errors import BadInput, disk_problem
from mbegu.outputs import die_with_dvc


class Stage(click.Command):
    """A click command that dies with the `dvc` that started it and answers bad input in one line, exit code 1."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        die_with_dvc()
        kwargs["standalone_mode"] = False  # click's own handler prints three lines and exits with 2
        try:
            sys.exit(super().main(*args, **kwargs))
        except click.Abort:
            message = "interrupted; what was done so far is kept, run it again to continue."
        except click.ClickException as error:
            message = " ".join(error.format_message().split())
        except BadInput as error:
            message = str(error)
        except Exception as error:
            problem = disk_problem(error)
            if problem is None:
                raise
            message = problem
        click.echo(f"Error: {message}", err=True)
        sys.exit(1)


def warn(*warnings: str | None) -> list[str]:
    """Says on stderr what is not None, a line each, and returns it."""
    said = [warning for warning in warnings if warning]
    for warning in said:
        click.echo(f"Warning: {warning}", err=True)
    return said
