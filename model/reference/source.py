"""What the pages share: the spec, which answers are possible, and links.

Belongs here: questions that several pages ask of a spec. Never here: a page's text.
"""

from __future__ import annotations

import ast
import itertools
import linecache
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from model.lang.declare import EdgeTable, Event
from model.lang.expr import fold_leaves
from model.lang.sorts import SumSort
from model.lang.source import Span
from model.lang.spec import Spec, Transition
from model.partial import Partial, followed
from model.reference.markdown import code, codes, link

CanAnswer = Callable[[Transition, str, str], bool]
"""Whether a transition can be the answer to its event at a node of this role in this state."""

ANY_STATE = ""
"""The one column of a spec that has no edge table."""

ANY_ROLE = ""
"""The one role of a spec whose nodes are all alike."""


@dataclass
class Source:
    """A spec as the pages read it.

    `can_answer` decides which answers are possible; without it partial evaluation does, which may
    say yes where the truth is no. `root` is the repository's folder, for links to the source.
    """

    spec: Spec
    root: Path
    can_answer: CanAnswer | None = None
    _decided: dict[tuple[str, str, str], bool] = field(default_factory=dict)

    @property
    def exact(self) -> bool:
        """Tell whether every entry was decided, not only allowed for."""
        return self.can_answer is not None

    # ---------------------------------------------------------------- states and roles

    @cached_property
    def table(self) -> EdgeTable | None:
        """The edge table of the spec's state variable, if it has one."""
        return self.spec.edges[0] if self.spec.edges else None

    @cached_property
    def states(self) -> tuple[str, ...]:
        """The leaves of the state variable."""
        if self.table is None:
            return (ANY_STATE,)
        sort = self.spec.variables[self.table.variable].sort
        assert isinstance(sort, SumSort)
        return sort.leaves

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """The roles; one that is none where all nodes are alike."""
        sort = self.spec.role_sort
        return sort.leaves if sort is not None else (ANY_ROLE,)

    def fold(self, states: Iterable[str]) -> list[str]:
        """Return the shortest list of patterns for some of the states."""
        if self.table is None:
            return []
        return fold_leaves(self.spec.variables[self.table.variable].sort, frozenset(states))

    # ---------------------------------------------------------------- possible answers

    @cached_property
    def _partial(self) -> dict[tuple[str, str], frozenset[str]]:
        """By role and state that may come together: the labels that may answer some event."""
        partial = Partial(self.spec)
        names = followed(self.spec)
        found: dict[tuple[str, str], frozenset[str]] = {}
        for values in sorted(partial.reachable(names), key=str):
            known = dict(zip(names, values, strict=True))
            state = str(known[self.table.variable]) if self.table is not None else ANY_STATE
            name = self.spec.role_variable
            at = (str(known[name]) if name is not None else ANY_ROLE, state)
            labels = [partial.answers(event, known) for event in self.spec.events.values()]
            found[at] = found.get(at, frozenset()).union(*labels)
        return found

    def together(self, role: str, state: str) -> bool:
        """Tell whether a node of this role may be in this state."""
        return bool(self._partial.get((role, state)))

    def may_answer(self, transition: Transition, role: str, state: str) -> bool:
        """Tell whether `transition` can be the answer at a node of this role in this state."""
        at = (transition.label, role, state)
        if at not in self._decided:
            possible = transition.label in self._partial.get((role, state), ())
            if possible and self.can_answer is not None:
                possible = self.can_answer(transition, role, state)
            self._decided[at] = possible
        return self._decided[at]

    def answering(self, event: type[Event], role: str, state: str) -> list[Transition]:
        """Return the rules and then the refusals of an event that can be the answer."""
        ways = (*self.spec.rules_of(event), *self.spec.refusals_of(event))
        return [t for t in ways if self.may_answer(t, role, state)]

    def where(self, transition: Transition) -> dict[str, list[str]]:
        """Return by role the states in which a transition can be the answer."""
        found: dict[str, list[str]] = {}
        for role in self.roles:
            for state in self.states:
                if self.may_answer(transition, role, state):
                    found.setdefault(role, []).append(state)
        return found

    def where_text(self, transition: Transition) -> str:
        """Return `where` as text, roles with the same states together."""
        by_text: dict[str, list[str]] = {}
        for role, states in self.where(transition).items():
            by_text.setdefault(self._within(role, states), []).append(role)
        parts = [
            " or ".join(code(r) if r else "any node" for r in roles)
            + (f" in {text}" if text else "")
            for text, roles in by_text.items()
        ]
        return "; ".join(parts) or "nowhere"

    def _within(self, role: str, states: list[str]) -> str:
        """Return some of the states a role may be in as text, the shorter way round."""
        if self.table is None:
            return ""
        rest = [s for s in self.states if self.together(role, s) and s not in states]
        if not rest:
            return "every state" if len(states) > 1 else code(states[0])
        positive, negative = self.fold(states), self.fold(rest)
        if len(negative) + 1 < len(positive):
            return f"every state but {codes(negative)}"
        return codes(positive)

    # ---------------------------------------------------------------- places

    def file(self, span: Span) -> str | None:
        """Return a span's file relative to the repository, or None where it lies elsewhere."""
        try:
            return Path(span.file).resolve().relative_to(self.root.resolve()).as_posix()
        except ValueError:
            return None

    def place(self, span: Span, up: str = "../..") -> str:
        """Return a link to a place in the source, from a page that lies `up` from the root."""
        if span.line == 0:
            return "made by the language"
        file = self.file(span)
        if file is None:
            return code(f"{Path(span.file).name}:{span.line}")
        return link(code(f"{file}:{span.line}"), f"{up}/{file}#L{span.line}")

    def module(self, transition: Transition) -> str:
        """Return the name of the page that a rule is on: its source file's."""
        return Path(transition.span.file).stem

    def rule_link(self, transition: Transition, folder: str = "rules/") -> str:
        """Return a link to a rule; `folder` leads from the page to the rules' pages."""
        target = f"{folder}{self.module(transition)}.md"
        return link(code(transition.label), target, transition.label)


def doc_below(span: Span) -> str:
    """Return the string that stands below an assignment, as its documentation, if there is one."""
    try:
        body = ast.parse("".join(linecache.getlines(span.file))).body
    except SyntaxError:
        return ""
    for statement, after in itertools.pairwise(body):
        within = statement.lineno <= span.line <= (statement.end_lineno or statement.lineno)
        if within and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            return after.value.value if isinstance(after.value.value, str) else ""
    return ""


PAGES = {"message": "messages.md", "request": "requests.md", "timer": "timers.md"}


def event_link(event: type[Event], folder: str = "") -> str:
    """Return a link to an event's section."""
    return link(code(event.__name__), folder + PAGES[event.kind], event.__name__)
