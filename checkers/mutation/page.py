"""The page that tells what became of a spec's mutants, and whether it is current.

Belongs here: the page's text, its fingerprints, the data beside it. Never here: judging mutants.

The page is made of two sections, the mutants of the spec and those of the node; each is written by
the run that judged them, and kept when the other is. A section begins with the fingerprint of what
it was made from: the spec with its scenarios and stored cases (the node's: its source, too) and the
code that makes and judges mutants. To compare these takes no run; a page of another spec, or of
other operators, is told as stale. The order's page lies in `docs`; that of another spec, which has
no section on the node, lies among what is derived from it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from checkers.artefacts import home_of
from checkers.cache.prints import ROOT, Prints, of_files, sources
from checkers.cache.store import digest
from checkers.mutation import showing
from checkers.mutation.asking import HASTE
from checkers.mutation.outcome import CHECKS, SLOW, Fate, Outcome
from checkers.mutation.running import Judged, record
from checkers.needs.kept import scenarios_told
from checkers.writing import write_text
from model.lang import Spec

SHOWN = "docs/mutation.md"
PATH = ROOT / SHOWN
KINDS = ("spec", "node")
_SHOWS = ("cli", "page", "running", "showing", "__init__")
_OF_A_NODE = ("code", "node", "outcome")
_MARK = re.compile(
    r"^<!-- (spec|node): made from ([0-9a-f]{32}), reads as ([0-9a-f]{32}) -->$", re.M
)
_END = "<!-- end -->"
NAME = "mutation.md"
"""How the page of another spec is called, among what is derived from that."""

HEAD = """\
# Mutants

{written}. A mutant is {what}, with one fault.
Each is put to the checks that the project has anyway, the cheap ones first; the first that notices
has killed it.

- *Killed* is what some check is red for. A `proof` shows a step that breaks an obligation, and the
  evaluator replays it; `no proof` means that an obligation is not proved any more, which `verify`
  tells as well (exit status 3).
- *Recorded* kills are told apart: a scenario goes otherwise than it went, a stored case of a clause
  has another outcome, or the permission matrix differs. They say that something changed, and not
  that it should not have. What a *record alone* kills breaks no oath of the spec: every obligation
  of it is proved.
- *Proofs open* is said of a kill by a record where a short attempt (it ends with {short} left open)
  neither proved all obligations nor found a step that breaks one. So an oath may be broken, too:
  nothing is said about that, since to ask in earnest may take minutes. It is done, and the mutant
  then killed by `proof` or `no proof`, only where nobody else notices.
- *Equivalent* is what the solver proves to do what the original does, in every state that satisfies
  what is proved of it: the same answer, state, messages and reply. Which clause a refusal names is
  not compared. Of the node it is the translation's validation that proves it.
- *Survived* is what differs from the original in a state that satisfies all that is stated, and
  nobody noticed. *Unknown* is what nobody noticed either, and nothing tells apart.

Not asked here: the tests in `tests/`, the promises (`--promises SCOPE` asks them), the explored
scopes and their pinned counts. Seconds are CPU time for one mutant, of all that was asked of it
until it was killed; what is *killed by a slow check alone* took {slow:g} s or more, and no quick
check notices it.
"""


def fingerprint(spec: Spec, kind: str) -> str:
    """Return the fingerprint of what a section is made from."""
    code = [p for p in sorted(sources(("checkers/mutation",))) if _judges(p.stem, kind)]
    parts = [Prints(spec).whole(), *scenarios_told(spec), *map(_meaning, code)]
    parts.append(record())
    if kind == "node":
        node = [p for p in sources((f"impl/{spec.name}",)) if p.is_file()]
        parts.append(of_files(node))
    return digest(repr(parts))


def _judges(name: str, kind: str) -> bool:
    """Tell whether a module says what mutants of a kind there are, or what becomes of them."""
    return name in _OF_A_NODE if kind == "node" else name not in (*_SHOWS, "code", "node")


def _meaning(path: Path) -> str:
    """Return what a source file does: its tree, without comments and docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [s for s in body if not _is_text(s)]  # type: ignore[attr-defined]
    return f"{path.name} {ast.dump(tree)}"


def _is_text(s: ast.AST) -> bool:
    return isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant)


def place(spec: Spec, target: str) -> Path:
    """Return where the page of the spec that `target` names lies, or is to lie."""
    return PATH if target == "order" else home_of(spec, target).root / NAME


def stale(spec: Spec, path: Path = PATH, kinds: Sequence[str] = KINDS) -> list[str]:
    """Return why a page is not current, for each section that is not."""
    if not path.is_file():
        return ["missing"]
    found = _sections(path.read_text(encoding="utf-8", errors="replace"))
    why = []
    for kind in kinds:
        if kind not in found:
            why.append(f"it has no section on mutants of the {kind}")
            continue
        made, reads, text = found[kind]
        if made != fingerprint(spec, kind):
            why.append(f"the mutants of the {kind} are others now: the spec or code has changed")
        if reads != digest(text):
            why.append(f"the section on mutants of the {kind} was edited by hand")
    return why


def write(spec: Spec, kind: str, found: Judged, path: Path = PATH) -> None:
    """Write the section of one kind, and leave the other as it is. Raises OSError."""
    old = _sections(path.read_text(encoding="utf-8", errors="replace")) if path.is_file() else {}
    text = "\n".join(_section(kind, found))
    old[kind] = (fingerprint(spec, kind), digest(text), text)
    parts = [_head(spec, path)]
    for one in KINDS:
        if one in old:
            made, reads, told = old[one]
            mark = f"<!-- {one}: made from {made}, reads as {reads} -->"
            parts.append(f"{mark}\n{told}\n{_END}\n")
    write_text(path, "\n".join(parts))


def _head(spec: Spec, path: Path) -> str:
    """Return what the words of a page mean."""
    if path == PATH:
        written = "Written by `oathbound mutate --write` (and with `--of node`); `oathbound mutate"
        written += " --check` tells\nwhether it is current"
        what = f"the {spec.name}, or the node that is generated from it"
    else:
        written = "Written by `oathbound mutate FILE --write`; with `--check` it tells whether"
        written += "\nit is current"
        what = f"the spec {spec.name}"
    return HEAD.format(written=written, what=what, short=HASTE, slow=SLOW)


def _sections(text: str) -> dict[str, tuple[str, str, str]]:
    """Return each section's fingerprint, the digest it says it has, and its text."""
    found = {}
    for mark in _MARK.finditer(text):
        body = text[mark.end() + 1 :].partition(f"\n{_END}")[0]
        found[mark[1]] = (mark[2], mark[3], body)
    return found


# ---------------------------------------------------------------- one section


def _section(kind: str, found: Judged) -> Iterator[str]:
    title = "Of the spec" if kind == "spec" else "Of the generated node"
    yield f"## {title}"
    yield ""
    yield f"{showing.summary(found, clock=False)}."
    if found.chosen < found.all:
        yield ""
        yield f"This is a sample, evenly spread over all {found.all:,}; of others nothing is said."
    if found.cut:
        yield ""
        yield f"The run ended early ({found.cut}): of those it did not come to nothing is said."
    yield ""
    yield "| check | mutants | seconds, together | slowest | what it says |"
    yield "| --- | ---: | ---: | ---: | --- |"
    for name, row in showing.by_check(found.outcomes):
        seconds = f"{row['seconds']:.0f} | {row['slowest']:.1f}"
        yield f"| {name} | {row['mutants']:,} | {seconds} | {row['what']} |"
    yield ""
    head = "killed | by a record alone | by a record, proofs open | equivalent | survived | unknown"
    yield f"| fault | mutants | {head} |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for operator, count, *records in showing.by_operator(found.outcomes):
        cells = [sum(count.values()), count[Fate.KILLED], *records]
        cells += [count[f] for f in (Fate.EQUIVALENT, Fate.SURVIVED, Fate.UNKNOWN)]
        yield f"| {operator} | {' | '.join(str(c or '') for c in cells)} |"
    yield from _lists(found)


def _lists(found: Judged) -> Iterator[str]:
    slow = [o for o in found.outcomes if o.slow]
    lists = (
        ("Killed by a slow check alone", slow),
        ("Survived", found.of(Fate.SURVIVED)),
        ("Unknown", found.of(Fate.UNKNOWN)),
        ("Equivalent", found.of(Fate.EQUIVALENT)),
        ("Killed by a record, proofs open", [o for o in found.outcomes if o.undecided]),
        ("Killed by a record alone", [o for o in found.outcomes if o.recorded]),
    )
    for title, outcomes in lists:
        if outcomes:
            yield ""
            yield f"### {title}"
            yield ""
            for at, told in _by_row(outcomes):
                yield f"- `{at}`"
                yield from (f"  - {line}" for line in told)
    yield ""
    yield "### Killed otherwise: for each check the last and the slowest"
    yield ""
    for name in CHECKS:
        mine = [o for o in found.outcomes if o.check == name and not o.by_record]
        if mine:
            slowest = max(mine, key=lambda o: (o.seconds, o.name))
            for o in dict.fromkeys((mine[-1], slowest)):
                yield f"- {name}, {o.seconds:.1f} s: {_cell(o)}; {_code(o.message)}"


def _by_row(outcomes: list[Outcome]) -> Iterator[tuple[str, list[str]]]:
    rows: dict[str, list[str]] = {}
    for o in outcomes:
        rows.setdefault(o.at, []).append(_cell(o))
    yield from rows.items()


def _cell(o: Outcome) -> str:
    place = o.where.rpartition("/")[2] or o.at
    left = f"; open: {o.undecided}" if o.undecided else ""
    return f"{o.operator} ({place}): {_code(o.told)}{left}"


def _code(text: str) -> str:
    return "`" + showing.short(text, 90).replace("`", "'") + "`"
