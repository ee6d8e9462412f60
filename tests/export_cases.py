"""Instances of the specs, the counts that every search must find in them, and peers that search.

The counts (distinct, generated, depth) were found by `tests/plain_search.py`, by TLC and, but for
the depth, by Spin. A peer is found as users have it: the jar of TLA+'s tools by the environment
variable TLA2TOOLS, with `java` on the path; `spin` and a C compiler on the path.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from checkers.instances import read_instance
from model.instance import Instance
from model.lang import Spec
from model.lang.expr import Kind, walk
from model.lang.load import load
from model.lang.spec import Statement
from tests.plain_search import Search, search
from tests.protocol_faults import FAULTS

ROOT = Path(__file__).resolve().parent.parent
PROTOCOLS = "docs/protocols"


@functools.cache
def spec_of(source: str) -> Spec:
    return load(source if source == "order" else str(ROOT / source))


@functools.cache
def searched(case: Case) -> Search:
    """Return what the plain search finds."""
    spec = case.spec()
    return search(spec, case.instance(spec))


@dataclass(frozen=True)
class Case:
    """A spec in an instance; `spelled_out` where each message has alternatives of its own."""

    source: str
    scope: str
    counts: tuple[int, int, int]
    crashes: int | None = 0
    messages: int | None = None
    constants: tuple[str, ...] = ()
    ghosts: bool = False
    spelled_out: bool = True

    def __str__(self) -> str:
        more = "".join(
            text
            for text, given in (
                (f",crashes={self.crashes}", self.crashes != 0),
                (f",messages={self.messages}", self.messages is not None),
                (",ghosts", self.ghosts),
            )
            if given
        )
        return f"{Path(self.source).stem}:{self.scope}{more}"

    def spec(self) -> Spec:
        return spec_of(self.source)

    def instance(self, spec: Spec) -> Instance:
        return read_instance(
            spec,
            self.scope,
            self.constants,
            messages=self.messages,
            crashes=self.crashes,
            ghosts=self.ghosts,
        )


LOCK = Case("docs/tutorial_lock.py", "peers=2,tickets=2", (221, 1403, 13), crashes=1)
TWO_PHASE = Case(f"{PROTOCOLS}/two_phase_commit.py", "peers=2", (106, 570, 10), crashes=1)
RAFT = Case(f"{PROTOCOLS}/raft_election.py", "servers=2,terms=2", (53, 141, 8))
CASES = (
    LOCK,
    TWO_PHASE,
    RAFT,
    Case(f"{PROTOCOLS}/two_phase_commit.py", "peers=3", (303, 2685, 12), crashes=None),
    Case(f"{PROTOCOLS}/raft_election.py", "servers=2,terms=1", (24, 69, 7), crashes=1),
    Case(f"{PROTOCOLS}/raft_election.py", "servers=2,terms=2", (53, 141, 8), ghosts=True),
    Case(f"{PROTOCOLS}/lock_service.py", "nodes=2,epochs=2", (25, 196, 5), crashes=1),
    Case(f"{PROTOCOLS}/paxos.py", "nodes=2,ballots=1,values=1", (121, 709, 9), messages=8),
    Case(f"{PROTOCOLS}/ring_election.py", "nodes=4", (108, 1081, 13)),
    Case(f"{PROTOCOLS}/sharded_store.py", "nodes=1,numbers=2", (248, 2106, 14)),
)
LONG = (
    Case(
        "order",
        "radiants=1,keys=0,terms=1,numbers=0",
        (94, 469, 15),
        constants=("controllers=",),
        spelled_out=False,
    ),
    Case(
        "order",
        "radiants=2,keys=0,terms=1,numbers=1",
        (92, 711, 10),
        messages=6,
        constants=("controllers=",),
        ghosts=True,
        spelled_out=False,
    ),
)


@dataclass(frozen=True)
class Faulty:
    """A seeded fault, and an instance in which a run breaks a safety property."""

    name: str
    scope: str
    crashes: int = 0

    def __str__(self) -> str:
        return self.name

    def spec(self, folder: Path) -> Spec:
        """Return the spec with the fault."""
        (fault,) = (f for f in FAULTS if str(f) == self.name)
        return fault.spec(folder)

    def instance(self, spec: Spec) -> Instance:
        return read_instance(spec, self.scope, crashes=self.crashes)


FAULTY = (
    Faulty("two_phase_commit: one answer is enough", "peers=2"),
    Faulty("lock_service: a transfer is taken twice", "nodes=2,epochs=2"),
    Faulty("two_phase_commit: the vote is not stored", "peers=2", 1),
    Faulty("two_phase_commit: a participant aborts after its promise", "peers=2"),
    Faulty("two_phase_commit: the manager changes its mind", "peers=2"),
    Faulty("lock_service: the old holder keeps the lock", "nodes=2,epochs=2"),
    Faulty("ring_election: a running node wins with a higher number", "nodes=4"),
    Faulty("raft_election: votes of older terms count", "servers=2,terms=2", 1),
    Faulty("sharded_store: a parcel is taken twice", "nodes=1,numbers=2", 1),
    Faulty("sharded_store: the owner keeps what it gives", "nodes=1,numbers=2", 1),
)


def without_history(spec: Spec) -> list[Statement]:
    """Return the safety properties that speak of no ghost: those that are exported without it."""
    return [
        s
        for s in spec.of_kind("safety")
        if s.formula is not None and not any(e.kind is Kind.GHOST for e in walk(s.formula))
    ]


def quick_first(cases: Sequence[Any], quick: int = 2) -> list[Any]:
    """Return parameters of a test that asks a peer; all but the first few are slow."""
    return [*cases[:quick], *(pytest.param(c, marks=pytest.mark.slow) for c in cases[quick:])]


# ---------------------------------------------------------------- the peers


def tlc_command() -> list[str]:
    """Return how TLC is called; skip the test where it is not there."""
    jar = os.environ.get("TLA2TOOLS", "")
    if not jar or not Path(jar).is_file() or shutil.which("java") is None:
        pytest.skip("TLC is not installed: TLA2TOOLS names no jar, or there is no java")
    return ["java", "-XX:+UseParallelGC", "-cp", jar, "tlc2.TLC"]


@dataclass(frozen=True)
class Told:
    """What a peer told: its counts, and how many states its shortest run to a violation has."""

    distinct: int
    generated: int
    depth: int
    violated: str
    run: int
    text: str


def tlc(folder: Path, module: str) -> Told:
    """Run TLC on the files in `folder`."""
    command = [*tlc_command(), "-workers", "1", "-metadir", str(folder / "states")]
    command += ["-config", f"MC{module}.cfg", f"MC{module}.tla"]
    text = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout
    counts = re.search(r"(\d+) states generated, (\d+) distinct states found", text)
    depth = re.search(r"depth of the complete state graph search is (\d+)", text)
    broken = re.search(r"(?:Invariant|Action property) (\w+) is violated", text)
    return Told(
        int(counts[2]) if counts else 0,
        int(counts[1]) if counts else 0,
        int(depth[1]) if depth else 0,
        broken[1] if broken else "" if "No error has been found" in text else "?",
        len(re.findall(r"^State \d+:", text, re.MULTILINE)),
        text,
    )


def spin(folder: Path, text: str, vector: int, *flags: str) -> Told:
    """Write a model to `folder`, and let Spin search it; skip where it is not there."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if shutil.which("spin") is None or compiler is None:
        pytest.skip("Spin is not installed: there is no spin, or no C compiler, on the path")
    (folder / "model.pml").write_text(text, encoding="utf-8")
    made = subprocess.run(
        ["spin", "-a", "model.pml"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert "rror" not in made.stdout + made.stderr, made.stdout + made.stderr
    options = ["-w", "-DSAFETY", "-DNOREDUCE", f"-DVECTORSZ={vector}", *flags]
    subprocess.run([compiler, *options, "-o", "pan", "pan.c"], cwd=folder, check=True)
    told = subprocess.run(
        ["./pan", "-m100000"], cwd=folder, capture_output=True, text=True, check=False
    ).stdout
    stored = re.search(r"(\d+) states, stored", told)
    steps = re.search(r"(\d+) transitions", told)
    broken = re.search(r"(assertion violated) .*\(at depth (\d+)\)", told)
    assert stored is not None and steps is not None, told
    return Told(
        int(stored[1]),
        int(steps[1]),
        0,
        broken[1] if broken else "" if "errors: 0" in told else "?",
        int(broken[2]) if broken else 0,
        told,
    )
