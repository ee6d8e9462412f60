"""What an exploration found: counts, coverage, verdicts, runs.

Belongs here: from a finished search to plain data. Never here: searching, or how it is shown.

Nothing here is ever PROVED: what holds of every state within bounds is BOUND_REACHED.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any

from checkers.counterexamples.runs import FoundRun
from checkers.counterexamples.telling import tell
from checkers.explore.packing import Full
from checkers.explore.properties import Broken, Properties
from checkers.explore.runs import go, run_to
from checkers.explore.search import Interrupted, Limits, Search
from checkers.instances import Setting
from checkers.questions import DETERMINISM, STRUCTURAL
from checkers.story import ToldRun, run_data
from checkers.verdict import Verdict
from model.lang import Spec
from model.lang.spec import Statement

SCHEMA = 1
KEPT = 4_000_000
"""States whose levels are kept for telling runs; beyond, a run is found by searching again."""


@dataclass
class Asked:
    """The verdict on one statement, with the run that breaks it."""

    name: str
    title: str
    kind: str
    verdict: Verdict
    reason: str
    run: ToldRun | None = None


@dataclass
class Explored:
    """Everything that an exploration found.

    `cut`: by bound, how many steps it cut. `rules`: by label, how many steps each row took;
    `edges`: by leaf before and after. `ends`: how many states nothing but a crash leaves.
    """

    spec: str
    scope: str
    limits: str
    levels: list[int]
    generated: int
    complete: bool
    stopped: str
    cut: dict[str, int]
    ends: int
    rules: dict[str, int]
    edges: dict[tuple[str, str], int]
    unreached: list[str]
    unsent: list[str]
    ungiven: list[str]
    asked: list[Asked]
    seconds: float
    memory: int
    bytes_per_state: float
    parts: list[int]
    jobs: int
    symmetry: str = ""
    notes: list[str] = field(default_factory=list)
    in_files: bool = False
    """Whether the states seen were in files, and not in this process."""

    @property
    def distinct(self) -> int:
        """How many distinct states there are."""
        return sum(self.levels)

    @property
    def depth(self) -> int:
        """How many steps away the farthest state is."""
        return len(self.levels) - 1

    def bound(self) -> str:
        """Return what the result holds for, in words."""
        told = [self.scope, *([self.limits] if self.limits else [])]
        cut = [f"{n:,} steps cut at the bound of {what}" for what, n in sorted(self.cut.items())]
        return "; ".join([", ".join(told), *cut])

    def exit_status(self) -> int:
        """0: nothing asked for is broken; 1: something is; 3: something is not known."""
        verdicts = [a.verdict for a in self.asked if a.kind != "sometimes"]
        if Verdict.REFUTED in verdicts:
            return 1
        return 0 if self.complete and not any(v.undecided for v in verdicts) else 3

    def data(self) -> dict[str, Any]:
        """Return it as plain data, for JSON."""
        return {
            "schema": SCHEMA,
            "spec": self.spec,
            "scope": self.scope,
            "limits": self.limits,
            "bound": self.bound(),
            "distinct": self.distinct,
            "generated": self.generated,
            "depth": self.depth,
            "levels": self.levels,
            "complete": self.complete,
            "stopped": self.stopped,
            "cut": self.cut,
            "ends": self.ends,
            "rules": self.rules,
            "edges": [[a, b, n] for (a, b), n in self.edges.items()],
            "unreached_rules": self.unreached,
            "unsent_messages": self.unsent,
            "ungiven_replies": self.ungiven,
            "statements": [
                {
                    "name": a.name,
                    "title": a.title,
                    "kind": a.kind,
                    "verdict": a.verdict.value,
                    "reason": a.reason,
                    "run": None if a.run is None else run_data(a.run),
                }
                for a in self.asked
            ],
            "seconds": round(self.seconds, 3),
            "peak_memory_bytes": self.memory,
            "in_files": self.in_files,
            "bytes_per_state": round(self.bytes_per_state, 2),
            "parts": self.parts,
            "jobs": self.jobs,
            "symmetry": self.symmetry,
            "notes": self.notes,
        }


def peak_memory() -> int:
    """Return the most memory that this process has had, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def limits_in_words(limits: Limits) -> str:
    """Return the limits beside the scope."""
    told = []
    if limits.crashes is not None:
        told.append("no crashes" if not limits.crashes else f"crashes={limits.crashes}")
    if limits.messages is not None:
        told.append(f"messages={limits.messages}")
    if limits.depth is not None:
        told.append(f"depth={limits.depth}")
    return ", ".join(told)


@dataclass
class Asking:
    """What was searched: to tell its runs. `target` is what `load` takes for the spec.

    `ready` is told of a search that is made again, to look for a run.
    """

    spec: Spec
    setting: Setting
    search: Search
    properties: Properties
    target: str = ""
    ready: Callable[[Search], None] | None = None


def conclude(asking: Asking, ambiguous: Broken | None = None) -> Explored:
    """Return what a search found, its runs told; `ambiguous`: where it could not go on."""
    spec, setting, search = asking.spec, asking.setting, asking.search
    world = search.world
    rules: dict[str, int] = {}
    edges: dict[tuple[str, str], int] = {}
    figure = spec.edges[0].variable if spec.edges else None
    leaves = spec.variables[figure].sort.leaves if figure is not None else ()  # type: ignore[attr-defined]
    for kind, count in sorted(search.tally.kinds.items()):
        row, before, after = world.kinds[kind]
        label = world.labels[row]
        rules[label] = rules.get(label, 0) + count
        if before != after:
            edge = (leaves[before], leaves[after])
            edges[edge] = edges.get(edge, 0) + count
    rows = [t for t in spec.transitions if t.kind == "rule"]
    given = {
        t.reply.decl.__name__
        for t in spec.transitions
        if t.reply is not None and rules.get(t.label)
    }
    given |= {r for r in spec.replies if r not in world.replies_wanted} & _by_refusals(spec)
    told = {world.rows.message_names[key[0]] for node in world.nodes for key in node.sent}
    found = Explored(
        spec.name,
        setting.text,
        limits_in_words(search.limits),
        list(search.levels),
        search.generated,
        search.complete,
        search.stopped,
        dict(search.tally.cut),
        search.tally.ends,
        rules,
        edges,
        [t.label for t in rows if not rules.get(t.label)],
        [name for name in spec.messages if name not in told],
        [name for name in spec.replies if name not in given],
        [],
        search.seconds,
        peak_memory(),
        search.seen.nbytes / max(1, search.distinct),
        world.counts(),
        search.jobs,
        search.symmetry_told,
        in_files=search.partitions is not None,
    )
    if ambiguous is not None:
        title = STRUCTURAL[DETERMINISM]
        made = Asked(DETERMINISM, title, "structural", Verdict.UNKNOWN, "")
        made.run, made.reason = told_run(asking, ambiguous)
        made.verdict = Verdict.REFUTED if made.run is not None else Verdict.UNKNOWN
        found.asked.append(made)
    for statement in asking.properties.statements:
        found.asked.append(_asked(asking, statement))
    return found


def _by_refusals(spec: Spec) -> set[str]:
    return {
        t.reply.decl.__name__
        for t in spec.transitions
        if t.kind == "refusal" and t.reply is not None
    }


def _asked(asking: Asking, statement: Statement) -> Asked:
    search, properties = asking.search, asking.properties
    made = Asked(
        statement.name, statement.prop.title, statement.prop.kind, Verdict.BOUND_REACHED, ""
    )
    name = statement.name
    if name in properties.not_asked:
        made.verdict, made.reason = Verdict.UNKNOWN, f"not asked: {properties.not_asked[name]}"
    elif name in properties.shown:
        made.verdict, made.reason = Verdict.SHOWN, f"after {properties.shown[name]} steps"
    elif name in properties.broken:
        made.run, made.reason = told_run(asking, properties.broken[name])
        made.verdict = Verdict.REFUTED if made.run is not None else Verdict.UNKNOWN
    elif not search.complete:
        made.verdict, made.reason = Verdict.UNKNOWN, f"the search ended early: {search.stopped}"
    elif name in properties.doubtful:
        told = f"{properties.doubtful[name]}, which changes nothing, may break it"
        made.verdict, made.reason = Verdict.UNKNOWN, f"{told}: `oathbound verify` tells"
    elif made.kind == "sometimes":
        made.verdict, made.reason = Verdict.UNKNOWN, "no state within the bounds shows it"
    return made


def told_run(asking: Asking, broken: Broken) -> tuple[ToldRun | None, str]:
    """Return a shortest run that breaks something, or why it cannot be told."""
    run: FoundRun | str = ""
    if asking.search.level_words is not None:
        with suppress(Full):
            run = run_to(asking.search, broken)
    if not run:
        with closing(_again(asking)) as again:
            run = _found_again(asking, again, broken)
    if isinstance(run, str):
        return None, run
    made = tell(asking.spec, run, asking.target, shortest=True)
    if isinstance(made, str):
        return None, f"the evaluator does not confirm the run ({made}): please report this"
    return made, f"a run of {len(made.steps)} steps breaks it; no shorter one does"


def _found_again(asking: Asking, again: Search, broken: Broken) -> FoundRun | str:
    """Return the run that a search made again finds, or why it finds none."""
    statements = [s for s in asking.properties.statements if s.name == broken.name]
    properties = Properties(again.world, statements)
    properties.attach(again)
    found = None
    try:
        found = go(again)
        if found is not None:
            properties.place(again)
    except Interrupted:
        again.stopped = "interrupted"
    if broken.name != DETERMINISM:
        found = properties.broken.get(broken.name)
    if found is None or found.depth < 0:
        early = f"the search for its run ended early: {again.stopped}"
        return early if again.stopped else "it is not found again: please report this"
    return run_to(again, found)


def _again(asking: Asking) -> Search:
    """Return the same search, as new, which keeps all its levels."""
    old, setting = asking.search, asking.setting
    again = Search(
        asking.spec,
        setting.config,
        setting.bounds,
        old.limits,
        old.jobs,
        old.ghosts_held,
        old.symmetry is not None,
        old.backend,
        old.xp,
        old.folder,
    )
    again.level_words, again.memory, again.progress = [], old.memory, old.progress
    if asking.ready is not None:
        asking.ready(again)
    return again


__all__ = ["Asked", "Asking", "Explored", "conclude", "limits_in_words", "peak_memory"]
