"""The command `mbegu`, a module a subcommand."""
