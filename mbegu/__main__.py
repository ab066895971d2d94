"""`python -m mbegu`, where no script `mbegu` is on the PATH."""

from mbegu.cli import main

main(prog_name="mbegu")
