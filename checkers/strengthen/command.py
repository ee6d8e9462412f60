"""`oathbound strengthen`.

Belongs here: reading the command line, progress, printing, exit status. Never here: any search.

Exit status of `strengthen`: 0 an inductive strengthening was found and confirmed by the prover; 1
a goal is refuted by a run; 2 the command line or the spec is wrong; 3 nothing was found, or not
in time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from checkers.progress import Teller
from checkers.showing import counterexample_lines
from checkers.story import Counterexample
from checkers.strengthen.source import Unwritable, Writer
from checkers.verdict import Result, Verdict
from model.lang import Spec

if TYPE_CHECKING:
    from checkers.strengthen.search import Found

WRONG = 2
MOST_FAILURES = 8
"""How many obligations that fail are shown."""


def strengthen_command(load: Callable[[str], Spec]) -> click.Command:
    """Return the command; `load` reads a spec or ends with its mistakes."""

    @click.command(name="strengthen")
    @click.argument("spec", default="order")
    @click.option(
        "--only", multiple=True, metavar="NAME", help="Make just this inductive (repeat)."
    )
    @click.option(
        "--alone", is_flag=True, help="Forget every other property and lemma that SPEC states."
    )
    @click.option("--timeout", default=300.0, show_default=True, help="Seconds for all of it.")
    @click.option(
        "--question",
        default=1.0,
        show_default=True,
        help="Seconds for one question.",
    )
    @click.option("--no-pdr", is_flag=True, help="Candidates alone, no clauses from failed steps.")
    @click.option("--seed", default=1, show_default=True, help="Of the runs.")
    def command(
        spec: str,
        only: tuple[str, ...],
        alone: bool,
        timeout: float,
        question: float,
        no_pdr: bool,
        seed: int,
    ) -> None:
        """Look for lemmas that make the properties of SPEC inductive, and prove what is found.

        SPEC is `order`, a path to a Python file, or `package.module:NAME`.
        """
        from checkers.strengthen.search import Options, Search  # a solver takes long to load

        loaded = load(spec)
        known = [s.name for s in loaded.of_kind("safety", "step", "lemma")]
        for name in only:
            if name not in known:
                close = [n for n in known if n.lower().startswith(name.lower()[:2])]
                click.echo(
                    f"error: --only {name}: the spec states no such property\n"
                    f"  fix: use one of: {', '.join(close or known)}",
                    err=True,
                )
                raise SystemExit(WRONG)
        if not 0.1 <= timeout <= 1e6 or not 0.01 <= question <= 1e4:
            click.echo(
                f"error: --timeout {timeout} --question {question}: too few or too many seconds\n"
                "  fix: write 0.1 to 1000000 for all of it, and 0.01 to 10000 for one question",
                err=True,
            )
            raise SystemExit(WRONG)
        teller = Teller()
        options = Options(only, alone, timeout, question, not no_pdr, seed)
        try:
            found = Search(loaded, options, teller).run()
        except KeyboardInterrupt:
            teller.close()
            click.echo("interrupted before anything was found", err=True)
            raise SystemExit(3) from None
        teller.close()
        for line in told(found):
            click.echo(line)
        raise SystemExit(found.exit_status())

    return command


# ---------------------------------------------------------------- wording


def told(found: Found) -> list[str]:
    """Return the lines that tell what was found."""
    goals = ", ".join(found.goals if len(found.goals) <= 6 else [*found.goals[:5], "..."])
    lines: list[str] = []
    if found.verdict is Verdict.REFUTED:
        for name, run in found.runs.items():
            lines += [f"REFUTED {name}: a run from the first state breaks it", *run, ""]
        return [*lines, *_summary(found)]
    lines += _source(found)
    if found.verdict is Verdict.PROVED:
        count = len(found.lemmas)
        how = f"with {count} new lemma{'s' if count != 1 else ''}" if count else "as it is"
        lines.append(f"INDUCTIVE {goals}: {how}")
        lines.append(f"  confirmed by the prover: {found.confirmed} obligations, all proved")
        if found.declared:
            lines.append(f"  rests on what the spec states: {', '.join(sorted(found.declared))}")
        for name, (what, step) in found.needed.items():
            lines.append(f"  {name}: without it, {what} fails at {step}")
    else:
        lines.append(f"NOT FOUND {goals}{': ' + found.interrupted if found.interrupted else ''}")
        if found.lemmas:
            lines.append("  what is above holds, and is not enough; it is confirmed by the prover:")
            lines.append(f"  {found.confirmed} obligations, all proved")
        for r in found.failed[:MOST_FAILURES]:
            lines += _failure(r)
        if len(found.failed) > MOST_FAILURES:
            lines.append(f"  and {len(found.failed) - MOST_FAILURES} more obligations")
    return [*lines, *_summary(found)]


def _source(found: Found) -> list[str]:
    writer, lines = Writer(found.spec), []
    written = []
    for lemma in found.lemmas:
        try:
            lines += [writer.lemma(lemma), "", ""]
            written.append(lemma)
        except Unwritable as error:
            lines += [f"# {lemma.name}: {lemma.formula!r}  ({error})", "", ""]
    return [*(writer.names(written) if written else []), *([""] * 2 if written else []), *lines]


def _failure(result: Result) -> list[str]:
    lines = [f"  still fails: {result.property} at {result.transition}"]
    if result.counterexample is not None:
        lines += [f"    {line}" for line in step_lines(result.counterexample)]
    elif result.reason:
        lines.append(f"    {result.reason}")
    return lines


def step_lines(told: Counterexample) -> list[str]:
    """Return a counterexample to induction as `verify` tells it."""
    return counterexample_lines(told)


def _summary(found: Found) -> list[str]:
    return [f"  tried: {'; '.join(found.tried)}; {found.seconds:.1f} s"]
