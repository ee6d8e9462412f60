"""`oathbound mutate`.

Belongs here: its options, their mistakes, what it prints and writes. Never here: any mutant.
"""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path

import click

from checkers.cache.store import FOLDER
from checkers.cli.common import REFUTED, UNKNOWN, Progress, check_files, load_spec, write, wrong
from checkers.writing import write_text
from model.lang import Spec

EPILOG = """\b
Exit status:
  0  every mutant is killed, or proved to do what the original does
  1  a mutant survives; with --check: the page is not current
  2  the command line or the spec is wrong
  3  of some mutant nothing is known, not all were judged, or the original is not proved;
     what was judged is kept, for the next run
"""


@click.command(name="mutate", epilog=EPILOG)
@click.argument("spec", default="order")
@click.option(
    "--of",
    "kind",
    type=click.Choice(["spec", "node"]),
    default="spec",
    show_default=True,
    help="Mutants of the spec, or of the node that was generated from it.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    help="Just the mutants of this operator, rule, method or name (repeat).",
)
@click.option("--sample", type=int, default=0, metavar="N", help="About N mutants, evenly spread.")
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, help="Parallel workers.")
@click.option(
    "--backend",
    type=click.Choice(["fork", "loky", "sequential"]),
    default="fork",
    show_default=True,
    help="Workers that are copies of this process, or that start from nothing; or none.",
)
@click.option("--timeout", default=40.0, show_default=True, help="Seconds to prove an obligation.")
@click.option("--budget", default=0.0, metavar="S", help="Begin no mutant after so long; 0: none.")
@click.option(
    "--promises",
    metavar="SCOPE",
    help="Ask the promises in SCOPE, as in nodes=2, of what nothing cheaper kills.",
)
@click.option("--request", multiple=True, metavar="NAME", help="With --promises: this request.")
@click.option("--no-cache", is_flag=True, help="Judge every mutant afresh, and keep nothing.")
@click.option("--all", "everything", is_flag=True, help="Show the killed mutants, too.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write JSON there.")
@click.option("--write", "write_page", is_flag=True, help="Write the page: docs/mutation.md.")
@click.option("--check", is_flag=True, help="Judge nothing: exit 1 if the page is not current.")
def mutate_command(
    spec: str,
    kind: str,
    only: tuple[str, ...],
    sample: int,
    jobs: int,
    backend: str,
    timeout: float,
    budget: float,
    promises: str | None,
    request: tuple[str, ...],
    no_cache: bool,
    everything: bool,
    json_file: Path | None,
    write_page: bool,
    check: bool,
) -> None:
    """Make faults in SPEC, one at a time, and tell which check notices each.

    What it finds is kept as it goes: an interrupted run goes on where it was.
    """
    from checkers.mutation import page

    loaded = load_spec(spec)
    if kind == "node" and spec != "order":
        wrong(
            f"--of node: the node of {spec} is not checked in", "leave out the spec, or --of node"
        )
    ours = spec == "order"
    path = page.place(loaded, spec)
    shown = page.SHOWN if ours else str(path)
    if check:
        stale = page.stale(loaded, path, page.KINDS if ours else page.KINDS[:1])
        for why in stale:
            click.echo(f"{shown}: {why}")
        if stale:
            told = "oathbound mutate --write`, and with `--of node`"
            told = told if ours else f"oathbound mutate {spec} --write`"
            click.echo(f"fix: run `{told}", err=True)
        raise SystemExit(REFUTED if stale else 0)
    if json_file is not None:
        check_files({"--json": json_file})
    most = 8 * (os.cpu_count() or 1)
    if not 1 <= jobs <= most:
        wrong(f"--jobs {jobs}: too few or too many", f"write 1 to {most}")
    if promises is None and request:
        wrong("--request without --promises: no promise is asked", "give --promises SCOPE, too")
    if sample < 0 or not 0 <= budget <= 1e9 or not 0.01 <= timeout <= 1e4:
        what = f"--sample {sample} --budget {budget:g} --timeout {timeout:g}: out of range"
        wrong(what, "numbers from 0, and 0.01 to 10000 s for an obligation")
    if write_page and only:
        wrong("--write with --only: the page tells of all mutants", "leave one of them out")

    if promises is not None:
        _check_scope(loaded, promises, request)
    from checkers.mutation import node, showing
    from checkers.mutation.running import NotProved, Options, mutate

    options = Options(
        only=only,
        sample=sample,
        jobs=jobs,
        backend=backend,
        timeout=timeout,
        budget=budget,
        scope=promises,
        requests=request,
        cache=None if no_cache else Path(FOLDER),
    )
    try:
        names = node.names(loaded) if kind == "node" else names_of_spec(loaded)
    except (ModuleNotFoundError, KeyError):
        fix = "leave out --of node: the order has one, and values to try it with"
        wrong(f"--of node: {spec} has no generated node in impl/", fix)
    for name in only:
        if not any(name == n or n.startswith(f"{name}/") for n in names):
            close = sorted({n for n in names if n.startswith(name[:3]) and "/" not in n})
            fix = f"use one of: {', '.join(close[:12])}" if close else "see docs/mutation.md"
            wrong(f"--only {name}: no mutant has this operator, rule or name", fix)
    with Progress() as progress:
        try:
            run = node.mutate_node if kind == "node" else mutate
            found = run(spec, options, progress.update)
        except NotProved as error:
            click.echo(f"error: {error}\n  fix: see `oathbound verify {spec}`", err=True)
            raise SystemExit(UNKNOWN) from None
    for line in showing.lines(found, everything=everything):
        click.echo(line)
    if json_file is not None:
        text = json.dumps(showing.data(found), indent=1) + "\n"
        write(partial(write_text, json_file, text), json_file)
    if write_page and not found.broken:
        write(partial(page.write, loaded, kind, found, path), path)
        click.echo(f"wrote {shown}")
    if found.broken:
        kept = "nothing is kept" if no_cache else "what was judged until then is kept"
        fix = "run again, with a smaller --jobs if it was for its memory"
        click.echo(f"error: {found.cut}; {kept}\n  fix: {fix}", err=True)
    raise SystemExit(found.exit_status())


def _check_scope(spec: Spec, promises: str, requests: tuple[str, ...]) -> None:
    """Refuse, before anything is judged, a scope that cannot be read."""
    from checkers.instances import ScopeError
    from checkers.liveness.setting import read_setting

    try:
        read_setting(spec, promises, requests=requests)
    except ScopeError as error:
        wrong(error.what.replace("--scope", "--promises", 1), error.fix)


def names_of_spec(spec: object) -> set[str]:
    """Return what `--only` may name."""
    from checkers.mutation.mutants import mutants_of

    found: set[str] = set()
    for m in mutants_of(spec):  # type: ignore[arg-type]
        found |= {m.operator, m.at, m.name}
    return found
