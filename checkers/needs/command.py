"""`oathbound needs`.

Belongs here: reading the command line, printing, exit status. Never here: any search.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from checkers.cache.store import FOLDER
from checkers.progress import Teller
from checkers.showing import wrapped
from model.lang import Spec
from model.lang.errors import suggest

if TYPE_CHECKING:
    from checkers.needs.asking import GuardNeed, Needs

WRONG = 2


def needs_command(load: Callable[[str], Spec]) -> click.Command:
    """Return the command; `load` reads a spec or ends with its mistakes."""

    @click.command(name="needs")
    @click.argument("spec", default="order")
    @click.option("--jobs", default=os.cpu_count() or 1, show_default=True, help="Workers.")
    @click.option(
        "--timeout",
        default=40.0,
        show_default=True,
        help="Seconds for one obligation, all tries told.",
    )
    @click.option("--lemmas/--no-lemmas", default=True, help="Look at the lemmas.")
    @click.option("--guards/--no-guards", default=True, help="Look at the guards.")
    @click.option("--rule", multiple=True, metavar="NAME", help="Of just this rule (repeat).")
    @click.option("--no-cache", is_flag=True, help="Prove everything afresh, and keep nothing.")
    @click.option("--all", "everything", is_flag=True, help="Show the guards that are needed, too.")
    def command(
        spec: str,
        jobs: int,
        timeout: float,
        lemmas: bool,
        guards: bool,
        rule: tuple[str, ...],
        no_cache: bool,
        everything: bool,
    ) -> None:
        """Tell for each lemma and guard of SPEC what fails without it.

        Exit status: 0 all is needed; 1 something is not; 2 the command line or the spec is wrong;
        3 some obligation is not proved in any case.
        """
        from checkers.needs.asking import needs  # a solver takes long to load

        loaded = load(spec)
        for name in rule:
            if name not in loaded.by_label:
                close = suggest(name, loaded.by_label)
                click.echo(f"error: --rule {name}: there is no such rule\n  fix: {close}", err=True)
                raise SystemExit(WRONG)
        if not 1 <= jobs <= 8 * (os.cpu_count() or 1) or not 0.01 <= timeout <= 1e4:
            text = f"error: --jobs {jobs} --timeout {timeout}: too few or too many"
            click.echo(f"{text}\n  fix: a worker or two per core, and 0.01 to 10000 s", err=True)
            raise SystemExit(WRONG)
        teller = Teller()
        try:
            found = needs(
                spec,
                teller,
                timeout=timeout,
                jobs=jobs,
                lemmas=lemmas,
                guards=guards,
                rules=rule,
                cache=None if no_cache else Path(FOLDER),
            )
        except KeyboardInterrupt:
            teller.close()
            click.echo("interrupted: nothing is decided", err=True)
            raise SystemExit(3) from None
        teller.close()
        from checkers.cli.common import console  # the commands import this module

        for line in needs_lines(found, everything):
            for part in wrapped(line, console().width):
                click.echo(part)
        spare = any(not x.needed for x in found.lemmas) or any(not g.by for g in found.guards)
        raise SystemExit(3 if found.unproved else 1 if spare else 0)

    return command


# ---------------------------------------------------------------- wording


def needs_lines(found: Needs, everything: bool = False) -> list[str]:
    """Return the tables of what is needed."""
    lines: list[str] = []
    if found.lemmas:
        width = max(len(x.name) for x in found.lemmas)
        lines.append(f"{'lemma':<{width}}  proofs  fails without it")
        for x in found.lemmas:
            what = x.noticed or "NOT NEEDED: nothing fails without it"
            if x.first is not None:
                what = f"{x.how} {x.first[0]} at {x.first[1]}"
            if x.through:
                what += f"; NOT NEEDED: only by {', '.join(x.through)}, which nothing needs"
            lines.append(f"{x.name:<{width}}  {x.used:>6}  {what}")
        spare = [x.name for x in found.lemmas if not x.needed]
        lines.append(f"{len(found.lemmas) - len(spare)} of {len(found.lemmas)} lemmas are needed")
        if len(found.together) > 1:
            lines.append(f"these can go at once: {', '.join(found.together)}")
        lines.append("")
    if found.guards:
        lines += [guard_line(g) for g in found.guards if everything or g.by != "proof"]
        lines.append(guard_sum(found.guards))
        lines.append("")
    lines += [f"NOT PROVED in any case: {p} at {t}" for p, t in found.unproved[:20]]
    lines.append(f"{found.asked:,} questions, {found.seconds:.1f} s")
    return lines


def guard_line(g: GuardNeed) -> str:
    """Return what a clause is needed for, in a line."""
    return f"{g.rule}: {g.text}: {g.told}"


def guard_sum(guards: list[GuardNeed]) -> str:
    """Return how many clauses are needed, and by what."""
    kinds = {"proof": "a proof", "scenario": "a scenario", "figure": "the figure"}
    kinds |= {"matrix": "the permission matrix"}
    counts = {kind: sum(g.by == kind for g in guards) for kind in (*kinds, "declaration", "")}
    parts = [f"{counts[kind]} by {what}" for kind, what in kinds.items() if counts[kind]]
    told = [f"{len(guards)} guard clauses: needed {', '.join(parts) or 'is none'}"]
    if counts["declaration"]:
        told.append(f"{counts['declaration']} declared roles that the rule's own clauses imply")
    told.append(f"{counts['']} that no proof and no test needs")
    return "; ".join(told)
