"""The process of its own that a solver runs in: `python child.py MEGABYTES`.

Belongs here: reading a question, asking one solver, writing its answer. Never here: anything of the
project; it imports the solvers alone, so that it starts quickly and shares nothing with who asks.

A line of JSON comes in: `engine` (z3 or cvc5), `options`, `seconds`, `text` (SMT-LIB). One goes
out: `answer` (unsat, sat, unknown), `core`, `reason`. The memory of the process is limited by the
system, and each question has an alarm that ends the process: neither depends on the solver.
"""

from __future__ import annotations

import importlib
import json
import signal
import sys
from contextlib import suppress
from typing import Any

GRACE = 1.0
"""Seconds that a solver may take beyond its own time limit before the process is ended."""

BESIDE_MB = 512
"""Megabytes of address space for what is no formula: Python and the solver's own code."""


def limit_memory(megabytes: int) -> None:
    """Let the system refuse this process more memory than that."""
    with suppress(ImportError):  # where there is no such limit, the solver's own one is left
        import resource

        most = (megabytes + BESIDE_MB) << 20
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def ask_z3(text: str, options: dict[str, Any], seconds: float, megabytes: int) -> dict[str, Any]:
    """Ask Z3 for the answer to a text without a command that asks."""
    import z3

    settings = dict(options)
    solver = z3.SimpleSolver() if settings.pop("simple", False) else z3.Solver()
    solver.set("timeout", max(1, int(seconds * 1000)))
    solver.set("max_memory", megabytes)
    solver.set("unsat_core", True)
    for name, value in settings.items():
        solver.set(name, value)
    # Without this option Z3 drops the names of the assertions, and every core would be empty.
    solver.from_string(f"(set-option :produce-unsat-cores true)\n{text}")
    found = str(solver.check())
    core = [str(name) for name in solver.unsat_core()] if found == "unsat" else []
    reason = solver.reason_unknown() if found == "unknown" else ""
    return {"answer": found, "core": core, "reason": reason}


def ask_cvc5(text: str, options: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Ask cvc5 for the answer; its own parser reads the text."""
    import cvc5

    solver = cvc5.Solver()
    for name, value in {
        "produce-unsat-cores": "true",
        "tlimit-per": str(max(1, int(seconds * 1000))),
        **options,
    }.items():
        solver.setOption(name, str(value))
    parser = cvc5.InputParser(solver)
    text = f"(set-logic ALL)\n{text}"
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "query")
    symbols = parser.getSymbolManager()
    while True:
        command = parser.nextCommand()
        if command.isNull():
            break
        told = command.invoke(solver, symbols)
        if told and "error" in str(told):
            raise ValueError(str(told).strip())
    found = solver.checkSat()
    core: list[str] = []
    if found.isUnsat():
        names = symbols.getNamedTerms()
        core = [names[term] for term in solver.getUnsatCore() if term in names]
    answer = "unsat" if found.isUnsat() else "sat" if found.isSat() else "unknown"
    reason = str(found.getUnknownExplanation()) if answer == "unknown" else ""
    return {"answer": answer, "core": core, "reason": reason}


def answer(question: dict[str, Any], megabytes: int) -> dict[str, Any]:
    """Return what the solver says, or why it cannot."""
    text, options, seconds = question["text"], question["options"], question["seconds"]
    try:
        if question["engine"] == "z3":
            return ask_z3(text, options, seconds, megabytes)
        return ask_cvc5(text, options, seconds)
    except MemoryError:
        return {"answer": "unknown", "core": [], "reason": "out of memory"}
    except Exception as error:  # whatever a solver raises is told to who asked
        told = str(error) or type(error).__name__
        lost = "bad_alloc" in told or "out of memory" in told
        reason = "out of memory" if lost else f"error: {told}"
        return {"answer": "unknown", "core": [], "reason": reason}


def main() -> int:
    """Answer questions until there are no more."""
    megabytes = int(sys.argv[1])
    limit_memory(megabytes)
    for line in sys.stdin:
        question = json.loads(line)
        with suppress(Exception):  # before the alarm: a slow machine takes seconds to load it
            importlib.import_module(question["engine"])
        alarmed = hasattr(signal, "setitimer")
        if alarmed:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, question["seconds"] + GRACE)
        told = answer(question, megabytes)
        if alarmed:
            signal.setitimer(signal.ITIMER_REAL, 0)
        print(json.dumps(told), flush=True)
        if told["reason"] == "out of memory":
            break  # what it holds may not come free again: the next question gets a new process
    return 0


if __name__ == "__main__":
    sys.exit(main())
