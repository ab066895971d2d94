"""The command `mbegu`, a module a subcommand, loaded when it is called."""

from importlib import import_module

import click

from mbegu.command import Stage

COMMANDS = ("check", "new")


class Commands(Stage, click.Group):
    """A group that answers bad input in one line, as a stage does."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The subcommand, imported now, or None if there is none of this name."""
        return import_module(f"mbegu.cli.{cmd_name}").main if cmd_name in COMMANDS else None


@click.group(cls=Commands)
def main() -> None:
    """Build instruction datasets and the adapters trained on them."""
