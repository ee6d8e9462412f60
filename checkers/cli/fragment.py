"""`oathbound fragment`.

Belongs here: its options, and what it writes. Never here: the graph (`checkers.alternation`).
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import click

from checkers import report
from checkers.cli.common import Progress, check_files, check_names, load_spec, write
from checkers.writing import write_text


@click.command(name="fragment")
@click.argument("spec", default="order")
@click.option("--only", multiple=True, metavar="NAME", help="Look at just this property (repeat).")
@click.option("--names", is_flag=True, help="Name every transition of what is outside.")
@click.option("--dot", "dot_file", type=click.Path(path_type=Path), help="Write the graph there.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write JSON there.")
def fragment_command(
    spec: str, only: tuple[str, ...], names: bool, dot_file: Path | None, json_file: Path | None
) -> None:
    """Show the quantifier alternations of SPEC's obligations, and which leave the fragment.

    Nothing is proved. An obligation without a cycle is in a decidable fragment; one with a cycle
    may be decided all the same, or the solver may give up. `verify` also tells which are in the
    fragment with just those hypotheses that their proofs used.
    """
    files = {"--dot": dot_file, "--json": json_file}
    check_files({option: path for option, path in files.items() if path is not None})
    from checkers import alternation, alternation_text

    loaded = load_spec(spec)
    check_names(loaded, only)
    asked, seen = [], alternation.Alternations()
    with Progress() as progress:
        for done, found in enumerate(alternation.of_spec(loaded, seen, frozenset(only) or None)):
            progress.update("transitions", done, len(loaded.transitions) + 2)
            asked += found
    data = alternation.as_data(asked)
    data["hypotheses"] = seen.hypotheses()
    for told in alternation_text.lines(data, names=names):
        click.echo(told)
    for path, text in (
        (dot_file, alternation_text.dot(data, loaded.name)),
        (json_file, json.dumps({"schema": report.SCHEMA, "spec": loaded.name, **data}, indent=2)),
    ):
        if path is not None:
            write(partial(write_text, path, text), path)
