"""`oathbound liveness`.

Belongs here: its options, progress, what it prints and writes. Never here: any check
(`checkers.liveness`).
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from checkers.cli.common import UNKNOWN, check_files, console, load_spec, write, wrong
from checkers.progress import Teller
from checkers.showing import run_lines, wrapped
from checkers.story import run_data
from checkers.verdict import Verdict
from checkers.writing import write_text
from model.evaluate.values import EvaluationError
from model.lang import Spec
from model.lang.errors import suggest
from model.lang.promises import EVENTUALLY

# Arrays take long to load, and a command line that is wrong needs none.
if TYPE_CHECKING:
    from checkers.liveness.check import Checked, Outcome

SCHEMA = 1
"""The version of the JSON form; it changes when a reader of it would have to."""
MOST_STATES = 50_000_000

STATUSES = """\b
Exit status:
  0  every promise asked for holds in the scope: a bounded result, no proof
  1  one is refuted by a run that goes on for ever, replayed by the evaluator
  2  the command line or the spec is wrong
  3  something is not known: the scope is too large, or a promise is never due in it
"""


@click.command(name="liveness", epilog=STATUSES)
@click.argument("spec", default="order")
@click.option("--only", multiple=True, metavar="NAME", help="Check just this promise (repeat).")
@click.option(
    "--scope",
    default="",
    metavar="NAME=N,...",
    help="Bounds, as in nodes=3,terms=2,keys=1; by a message's name how many may be sent.",
)
@click.option(
    "--crashes", default=0, show_default=True, help="How often nodes crash and come back, in all."
)
@click.option("--stops", default=0, show_default=True, help="How many nodes stop for ever.")
@click.option(
    "--request",
    "requests",
    multiple=True,
    metavar="NAME",
    help="Let clients make just this request (repeat); `none` for no requests. Default: all.",
)
@click.option("--states", default=600_000, show_default=True, help="Look at this many states.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write JSON there.")
@click.option(
    "--svg",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Draw each run that breaks a promise there, as NAME.svg.",
)
def liveness_command(
    spec: str,
    only: tuple[str, ...],
    scope: str,
    crashes: int,
    stops: int,
    requests: tuple[str, ...],
    states: int,
    json_file: Path | None,
    svg: Path | None,
) -> None:
    """Check what SPEC promises to happen, in a bounded scope, under the fairness it declares.

    SPEC is `order`, a path to a Python file, or `package.module:NAME`. Every reachable state of the
    scope is looked at. A promise is refuted by a run that goes on for ever and breaks it although
    everything fair gets its turn. What leads out of the bounds is not looked at, and said.
    """
    files = {"--json": json_file, "--svg": None if svg is None else svg / "run.svg"}
    check_files({option: path for option, path in files.items() if path is not None})
    loaded = load_spec(spec)
    _check_promises(loaded, spec, only)
    if not 1 <= states <= MOST_STATES:
        wrong(f"--states {states}: too few or too many", f"write 1 to {MOST_STATES}")
    from checkers.instances import ScopeError
    from checkers.liveness.check import check
    from checkers.liveness.setting import MOST_FAULTS, read_setting

    for option, count in (("--crashes", crashes), ("--stops", stops)):
        if not 0 <= count <= MOST_FAULTS:
            wrong(f"{option} {count}: it is no number of faults", f"write 0 to {MOST_FAULTS}")
    try:
        setting = read_setting(
            loaded, scope, crashes=crashes, stops=stops, requests=requests, states=states
        )
    except ScopeError as error:
        wrong(error.what, error.fix)
    teller = Teller()
    try:
        found = check(
            loaded,
            setting.config,
            setting.nodes,
            setting.bounds,
            only=frozenset(only),
            bound=setting.words,
            tell=teller,
        )
    except EvaluationError as error:
        wrong(f"{spec}: {error}", f"run `oathbound verify {spec}`, which tells more of it")
    except MemoryError:
        click.echo(
            "error: the memory does not hold the scope: nothing is decided\n"
            "  fix: write a smaller --scope, or fewer --states",
            err=True,
        )
        raise SystemExit(UNKNOWN) from None
    finally:
        teller.close()
    for line in lines(found, console().width):
        click.echo(line)
    if json_file is not None:
        text = json.dumps(as_json(found), indent=2)
        write(partial(write_text, json_file, text), json_file)
    if svg is not None:
        for one in found.checked:
            if one.run is not None:
                file = svg / f"{one.name}.svg"
                write(partial(write_text, file, one.run.svg), file)
    raise SystemExit(found.exit_status())


def _check_promises(spec: Spec, target: str, only: tuple[str, ...]) -> None:
    """Refuse a spec that promises nothing, and names that no promise has."""
    known = [s.name for s in spec.of_kind(EVENTUALLY)]
    if not known:
        fix = "write an @eventually, as docs/liveness.md shows"
        wrong(f"{target} promises nothing that is to happen", fix)
    for name in only:
        if name in spec.statements and name not in known:
            fix = f"run `oathbound verify {target} --only {name}`"
            wrong(f"--only {name}: it is no promise of something that happens", fix)
        if name not in known:
            wrong(f"--only {name}: the spec makes no such promise", suggest(name, known))


def lines(found: Outcome, width: int | None = None) -> list[str]:
    """Return what was found as lines, of runs the diagrams alone wider than `width`."""
    told: list[str] = []

    def say(*more: str) -> None:
        told.extend(part for line in more for part in wrapped(line, width))

    say(f"liveness of {found.spec} ({found.bound})", f"  fair: {', '.join(found.fairness)}")
    say(*(f"  assumed: {text}" for text in found.assumed))
    size = f"{found.states:,} states, {found.edges:,} steps"
    say(f"  {size}; from {found.cut:,} states something leads out of the scope")
    column = max(len(c.name) for c in found.checked)
    for one in found.checked:
        say("", f"{one.name:<{column}}  {one.verdict.value}  {one.title}")
        if one.reason:
            say(f"  {one.reason}")
        if one.run is not None:
            within = None if width is None else width - 2
            told += [f"  {line}" for line in run_lines(one.run, width=within)]
            say("  it is fair to everything that is declared fair:")
            say(*(f"    {line}" for line in one.fair))
        elif not one.reason:
            say(f"  it is due in {one.due:,} states, and no fair run breaks it in the scope")
    say("", _sums(found))
    return told


def _sums(found: Outcome) -> str:
    counts = [(v, sum(c.verdict is v for c in found.checked)) for v in Verdict]
    said = ", ".join(f"{n} {v.value}" for v, n in counts if n)
    bounded = "" if found.exit_status() else "; BOUND_REACHED is no proof: it holds in this scope"
    return f"{said}; {found.seconds:.1f} s of CPU time{bounded}"


def as_json(found: Outcome) -> dict[str, Any]:
    """Return what was found as plain data; `schema` is its version."""
    return {
        "schema": SCHEMA,
        "spec": found.spec,
        "bound": found.bound,
        "states": found.states,
        "steps": found.edges,
        "cut_states": found.cut,
        "unexplored": found.unexplored,
        "fair": list(found.fairness),
        "assumed": list(found.assumed),
        "seconds": round(found.seconds, 3),
        "exit_status": found.exit_status(),
        "promises": [_one(c) for c in found.checked],
    }


def _one(c: Checked) -> dict[str, Any]:
    return {
        "name": c.name,
        "title": c.title,
        "verdict": c.verdict.value,
        "reason": c.reason,
        "due": c.due,
        "run": None if c.run is None else run_data(c.run),
        "fair": list(c.fair),
    }
