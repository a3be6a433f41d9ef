"""`python -m cdisc_kit`: the command line."""

from cdisc_kit.cli import main

main(prog_name="cdisc-kit")
