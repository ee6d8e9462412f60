"""Run the command as `python -m checkers`."""

from checkers.cli import main

main(prog_name="oathbound")
