"""How fast all states are searched: here, by Stateright, TLC and Spin, on the same instances.

Belongs here: finding the peers, running each once, and what it told. Never here: the export of a
spec to them (`model/tla`, `model/promela`), or a judgement; a benchmark fails nothing.

A peer is looked for as users have it: TLC's jar by the environment variable TLA2TOOLS, with `java`
on the path; `spin` and a C compiler on the path; by STATERIGHT_2PC the program of Stateright's own
example of two-phase commit, `2pc`. One that is not there is skipped with a word. All count, and
check nothing, but for Stateright's example, which has its three properties with it. Each runs as a
process of its own, measured from start to end (of Spin, the compiled search alone), with the most
memory that it held. The rates are distinct states a second. In the environment PARTICIPANTS says
how large two-phase commit is (8), and PEER_SECONDS how long each may take (90).

What is fair: all cores for those that use several (here, Stateright, TLC); of Spin one, `-O2`, no
reduction (`-DNOREDUCE`: the others reduce nothing), whole states in its table, and again with them
compressed (`-DCOLLAPSE`), 8 GB for either; of TLC the collector that its makers advise, and the
memory that Java takes of itself. Stateright and TLC keep 64 bits of a hash for a state, the others
the state itself. Stateright's example asks once a second whether it is done: up to a second of its
time is waiting, so its CPU time says more of small instances.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from checkers.bench.timing import Heard, Row, Section
from checkers.instances import read_instance
from model.instance import Instance
from model.lang import Spec
from model.lang.load import load
from model.promela import TooLarge, Unsupported, write_promela
from model.tla import write_tla

ROOT = Path(__file__).resolve().parents[2]
LONGEST = float(os.environ.get("PEER_SECONDS", "90"))
"""Seconds after which a search is given up."""


@dataclass(frozen=True)
class Workload:
    """A spec and an instance of it."""

    name: str
    source: str
    scope: str
    crashes: int = 0
    messages: int | None = None
    managers: int | None = None
    """Of two-phase commit its participants: what Stateright's example is asked for."""


PARTICIPANTS = int(os.environ.get("PARTICIPANTS", "8"))
WORKLOADS: tuple[Workload, ...] = (
    Workload(
        "two-phase commit",
        "docs/protocols/two_phase_textbook.py",
        f"peers={PARTICIPANTS}",
        managers=PARTICIPANTS,
    ),
    Workload("the order", "order", "radiants=1,keys=1,terms=1,numbers=1", messages=8),
)


@dataclass(frozen=True)
class Told:
    """What a search told, and what it took; `depth` is 0 where it does not tell."""

    distinct: int
    generated: int
    depth: int
    seconds: float
    megabytes: float
    note: str = ""
    cpu: float = 0.0


class Absent(Exception):
    """A peer that is not there, or that did not come to an end; the text says why."""


def bench(rounds: int, heard: Heard) -> Section:
    """Return the rates of all searches; each is run once, so that `rounds` says nothing here."""
    rows: list[Row] = []
    remarks: list[str] = []

    def add(row: Row) -> None:
        rows.append(row)
        heard(row)

    for workload in WORKLOADS:
        if workload.source != "order" and not (ROOT / workload.source).is_file():
            add(Row(workload.name, None, f"skipped: there is no {workload.source}"))
            continue
        searches: dict[str, Callable[[Workload], Told]] = {
            "oathbound": _explored,
            "Stateright": _stateright,
            "TLC": _tlc,
            "Spin": _spin,
            "Spin -DCOLLAPSE": partial(_spin, more=("-DCOLLAPSE",)),
        }
        found: dict[str, Told] = {}
        for name, search in searches.items():
            label = f"{workload.name}, {name}"
            try:
                told = found[name] = search(workload)
            except Absent as error:
                add(Row(label, None, f"skipped: {error}"))
                continue
            add(Row(label, told.distinct / told.seconds, _note(told)))
        remarks += agreement(workload.name, found)
        remarks += ratios(workload.name, found)
    return Section("peers", "all states searched", "states/s", tuple(rows), tuple(remarks))


def _note(told: Told) -> str:
    depth = f", depth {told.depth}" if told.depth else ""
    took = f"{told.seconds:.1f} s ({told.cpu:.1f} of CPU), {told.megabytes:,.0f} MB"
    more = f"; {told.note}" if told.note else ""
    return (
        f"{told.distinct:,} distinct, {told.generated:,} generated{depth};"
        f" {took}, {_each(told):,.0f} bytes a state{more}"
    )


def _each(told: Told) -> float:
    """Return how many bytes the whole process held for a state."""
    return told.megabytes * (1 << 20) / max(1, told.distinct)


def ratios(name: str, found: dict[str, Told]) -> list[str]:
    """Return how many times as fast as each other the first is, and how much it held beside it."""
    if not found:
        return []
    (first, ours), *others = found.items()
    rate = ours.distinct / ours.seconds
    return [
        f"{name}: {first} is {rate * told.seconds / told.distinct:.1f} times as fast as {other},"
        f" and holds {_each(ours) / _each(told):.2g} times as much for a state."
        for other, told in others
    ]


def agreement(name: str, found: dict[str, Told]) -> list[str]:
    """Return whether those that searched counted the same."""
    if len(found) < 2:
        return []
    named = ", ".join(found)
    said = found.values()
    distinct, generated = {t.distinct for t in said}, {t.generated for t in said}
    if any(name.startswith("Spin") for name in found):
        distinct = {rounded(t.distinct) for t in said}
        generated = {rounded(t.generated) for t in said if not t.note.startswith("picks")}
    depths = {told.depth for told in found.values() if told.depth}
    if len(distinct) == 1 and len(generated) == 1 and len(depths) <= 1:
        return [f"{name}: {named} count the same."]
    told = "; ".join(f"{n} {t.distinct:,} {t.generated:,} {t.depth}" for n, t in found.items())
    return [f"{name}: THE COUNTS DIFFER: {told}."]


# ---------------------------------------------------------------- running


@dataclass(frozen=True)
class Ran:
    """What a command printed, its seconds by the clock and of CPU, the most megabytes it held."""

    text: str
    seconds: float
    cpu: float
    megabytes: float

    def told(self, distinct: int, generated: int, depth: int, note: str) -> Told:
        """Return these counts, with what they took."""
        return Told(distinct, generated, depth, self.seconds, self.megabytes, note, self.cpu)


def _run(command: list[str], folder: Path) -> Ran:
    """Run a command to its end. Raises `Absent` where it takes too long."""
    seen = 0.0
    with (folder / "told").open("w+", encoding="utf-8") as out:
        start = time.perf_counter()
        child = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.STDOUT)
        while True:
            pid, _, used = os.wait4(child.pid, os.WNOHANG)
            seconds = time.perf_counter() - start
            if pid:
                break
            seen = max(seen, _held(child.pid))
            if seconds > LONGEST:
                child.kill()
                child.wait()
                raise Absent(f"{command[0]} took longer than {LONGEST:.0f} s")
            time.sleep(0.01)
        child.returncode = 0
        out.seek(0)
        unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
        most = used.ru_maxrss / unit
        if seen and used.ru_maxrss <= resource.getrusage(resource.RUSAGE_SELF).ru_maxrss:
            # Linux counts to a process what its parent held when it was made, which may be more.
            most = min(most, seen)
        return Ran(out.read(), seconds, used.ru_utime + used.ru_stime, most)


def _held(pid: int) -> float:
    """Return the most megabytes a process has held up to now, 0 where nobody tells."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def _loaded(workload: Workload) -> tuple[Spec, Instance]:
    source = workload.source if workload.source == "order" else str(ROOT / workload.source)
    spec = load(source)
    crashes, messages = workload.crashes, workload.messages
    return spec, read_instance(spec, workload.scope, crashes=crashes, messages=messages)


def _explored(workload: Workload) -> Told:
    """Search by `oathbound explore`."""
    source = workload.source if workload.source == "order" else str(ROOT / workload.source)
    command = [sys.executable, "-m", "checkers", "explore", source, "--scope", workload.scope]
    command += ["--crashes", str(workload.crashes), "--count"]
    if workload.messages is not None:
        command += ["--messages", str(workload.messages)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "found.json"
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
        asked = ["env", f"PYTHONPATH={path}", *command, "--json", str(file)]
        ran = _run(asked, Path(folder))
        if not file.is_file():
            raise Absent(_last_line(ran.text))
        found = json.loads(file.read_text(encoding="utf-8"))
    levels, counted = found["levels"], (found["distinct"], found["generated"])
    return ran.told(*counted, len(levels), f"{found['jobs']} threads")


def _stateright(workload: Workload) -> Told:
    program = os.environ.get("STATERIGHT_2PC", "")
    if not Path(program).is_file():
        raise Absent("Stateright is not installed (STATERIGHT_2PC names no built example)")
    if workload.managers is None:
        raise Absent("its models are Rust programs, and its examples have none of this")
    with tempfile.TemporaryDirectory() as folder:
        command = [str(Path(program).absolute()), "check", str(workload.managers)]
        return stateright_told(_run(command, Path(folder)), f"{os.cpu_count() or 1} threads")


def stateright_told(ran: Ran, note: str = "") -> Told:
    """Return what the example says; its depth is that of a search in depth, and no shortest run's.

    Raises `Absent` where it did not end well.
    """
    found = re.search(r"^Done\. states=(\d+), unique=(\d+),", ran.text, re.MULTILINE)
    if found is None:
        raise Absent(_last_line(ran.text))
    return ran.told(int(found[2]), int(found[1]), 0, note)


def _tlc(workload: Workload) -> Told:
    jar = os.environ.get("TLA2TOOLS", "")
    if not Path(jar).is_file():
        raise Absent("TLC is not installed (TLA2TOOLS names no jar)")
    java = shutil.which("java")
    if java is None:
        raise Absent("there is no java on the path")
    spec, instance = _loaded(workload)
    workers = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        for name, text in write_tla(spec, instance, "exported", "none").items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        command = [java, "-XX:+UseParallelGC", "-cp", str(Path(jar).absolute()), "tlc2.TLC"]
        command += ["-workers", str(workers), "-config", "MCexported.cfg", "MCexported.tla"]
        return tlc_told(_run(command, Path(folder)), f"{workers} workers")


def tlc_told(ran: Ran, note: str = "") -> Told:
    """Return what TLC's output says. Raises `Absent` where it did not end well."""
    counts = re.search(
        r"(\d+) states generated, (\d+) distinct states found, 0 states left", ran.text
    )
    depth = re.search(r"depth of the complete state graph search is (\d+)", ran.text)
    if counts is None or depth is None:
        raise Absent(_last_line(ran.text))
    return ran.told(int(counts[2]), int(counts[1]), int(depth[1]), note)


def _spin(workload: Workload, more: tuple[str, ...] = ()) -> Told:
    compiler = shutil.which("cc") or shutil.which("gcc")
    spin = shutil.which("spin")
    if spin is None or compiler is None:
        raise Absent("Spin is not installed (no spin, or no C compiler, on the path)")
    spec, instance = _loaded(workload)
    try:
        model = write_promela(spec, instance, check=False)
    except (TooLarge, Unsupported) as error:
        raise Absent(str(error)) from None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "model.pml").write_text(model.text, encoding="utf-8")
        start = time.perf_counter()
        _run([spin, "-a", "model.pml"], folder)
        flags = ["-O2", "-w", "-DSAFETY", "-DNOREDUCE", f"-DVECTORSZ={model.vector}"]
        flags += ["-DMEMLIM=8192", *more]
        told = _run([compiler, *flags, "-o", "pan", "pan.c"], folder).text
        made = time.perf_counter() - start
        if not (folder / "pan").is_file():
            raise Absent(f"its search was not compiled: {_last_line(told)}")
        ran = _run(["./pan", "-m1000000"], folder)
    picks = "picks a message in several moves; " if ":: atomic {" in model.text else ""
    return spin_told(ran, f"{picks}compiled in {made:.1f} s")


def spin_told(ran: Ran, note: str = "") -> Told:
    """Return what Spin's output says; it tells no depth of a shortest run.

    Raises `Absent` where it did not end well.
    """
    stored = re.search(r"(\S+) states, stored", text := ran.text)
    steps = re.search(r"(\S+) transitions \(= stored\+matched\)", text)
    if stored is None or steps is None or "errors: 0" not in text or "max search depth" in text:
        raise Absent(_last_line(text))
    # From a hundred million on it writes as 1.2355840e+08, which is not all of the number.
    distinct, generated = (int(float(found[1])) for found in (stored, steps))
    return ran.told(distinct, generated, 0, note)


def rounded(count: int) -> int:
    """Return a count with as many digits as Spin writes."""
    return int(float(f"{count:.8g}"))


def _last_line(text: str) -> str:
    """Return the last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
