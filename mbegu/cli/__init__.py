"""The command `mbegu`: a module a subcommand, imported when it is called."""

from importlib import import_module
from typing import Any

import click

from mbegu.command import Stage

COMMANDS = {  # what `mbegu --help` says, which imports none of them
    "app": "Serve a project's pages and its API.",
    "ask": "Ask an adapter a QUESTION and stream its answer.",
    "check": "Check what people wrote, without a model.",
    "compare": "Compare the scores of two git revisions.",
    "diff": "Show what became of the rows and answers of OLD in version NEW.",
    "import": "Add the rows of SHEET, a CSV or TSV file, to SEEDS.",
    "label": "Say which doubtful messages of NAME are ads, one by one.",
    "memo": "Write the memo's answers to FILE, or add those of FILE to it.",
    "new": "Make a new project in DIR, with a sample that is to be replaced.",
    "plan": "Forecast what VERSIONS or studies would ask; nobody is asked.",
    "publish": "Publish an adapter with a model card.",
    "record": "Record replies to what VERSIONS ask a teacher.",
    "review": "Decide on the pending rows of VERSION, one by one.",
    "sweep": "Compare configurations of a build.",
    "tidy": "Remove what is left of names no longer declared.",
    "why": "Explain row ROW_ID (or the beginning of an id), kept or dropped.",
}
EPILOG = 'Completion: eval "$(_MBEGU_COMPLETE=bash_source mbegu)"; zsh: zsh_source.'


class Commands(Stage, click.Group):
    """The subcommands by name; each answers bad input in one line, as a stage does."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The subcommand, imported now, or None if there is none of this name."""
        return import_module(f"mbegu.cli.{cmd_name}").main if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; a wrong name gets a suggestion, which click offers only of what is imported."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            raise click.NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """A line a subcommand, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """The names that begin so, importing none, and the options of `mbegu` itself."""
        from click.shell_completion import CompletionItem

        names = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        return names + click.Command.shell_complete(self, ctx, incomplete)


@click.group(cls=Commands, invoke_without_command=True, epilog=EPILOG)
@click.version_option(package_name="mbegu", message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Build instruction datasets and the adapters trained on them.

    `make repro` or `dvc repro` builds; these commands ask, review and explain what was built. Run them in a project's folder.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
