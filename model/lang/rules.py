"""Rules and properties as a spec writes them.

Belongs here: the decorators and the row a rule returns. Never here: reading them (`reader.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from model.lang.declare import Case, Event, GhostUpdate, Message, Reply, Request, Timer
from model.lang.errors import SpecError
from model.lang.show import an, show
from model.lang.source import Span, caller, span_of_code
from model.lang.words import check_doc, check_label, check_words

RESERVED = frozenset(
    {
        *("sender roles", "acting roles", "one answer", "every event answered"),
        *("it can begin", "guards agree", "the figure", "the node is the spec"),
        *("everything happens", "no empty promise", "derived files", "solvers agree"),
    }
)
"""What a report says of every spec, by name: no property may have one of these names."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a rule is: guard clauses, updates, messages, ghosts and a reply.

    `when` is a conjunction; its clauses are named one by one in refusals and reports. `then` are
    updates, all at once; what is not mentioned stays. A fallback's row also has a `name`, and
    where it is `early` it is tried before the refusal of a wrong role.
    """

    when: Any = ()
    then: Any = ()
    send: Any = ()
    ghost: GhostUpdate | tuple[GhostUpdate, ...] = ()
    reply: Reply | None = None
    name: str = ""
    doc: str = ""
    early: bool = False
    span: Span = field(default_factory=caller)

    def __post_init__(self) -> None:
        """Refuse a name or a sentence that is none."""
        if self.name != "":
            check_label(self.name, "Row(name=...)")
        check_words(self.doc, "Row(doc=...)", empty=True)

    def __repr__(self) -> str:
        """Return it in short."""
        return "Row(...)"


def as_tuple(value: Any) -> tuple[Any, ...]:
    """Return `value` as a tuple; one thing alone may be given without the comma."""
    return tuple(value) if isinstance(value, tuple | list) else (value,)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: `@on(Vote) def win(me, m): ... return Row(...)`; one row for each of its events."""

    events: tuple[type[Event], ...]
    function: Callable[..., Row]

    def name(self, event: type[Event]) -> str:
        """The function's name; with several events, each row's also names its event."""
        name = self.function.__name__
        return name if len(self.events) == 1 else f"{name}@{event.__name__}"

    @property
    def span(self) -> Span:
        """Where it is written."""
        return span_of_code(self.function.__code__)


@dataclass(frozen=True, slots=True)
class Fallback:
    """The ordered answers to events of some kinds that no rule accepts."""

    kinds: tuple[type[Event], ...]
    function: Callable[..., tuple[Row, ...]]

    @property
    def span(self) -> Span:
        """Where it is written."""
        return span_of_code(self.function.__code__)


@dataclass(frozen=True, slots=True)
class Authority:
    """How a receiver knows that a message's sender may speak in a role.

    `also`: other roles that include this one (a herald is a radiant too).
    """

    role: Case
    function: Callable[..., Any]
    also: tuple[Case, ...] = ()

    @property
    def span(self) -> Span:
        """Where it is written."""
        return span_of_code(self.function.__code__)


@dataclass(frozen=True, slots=True)
class Property:
    """A statement about a spec.

    `kind`: `safety` and `lemma` (every reachable state), `step` (every transition), `sometimes`
    (some reachable state), `assumption` (about the configuration).
    `open`: empty, or why it is not proved yet; it is then shown as open, never hidden.
    `uses`: the hypotheses its proof names, or None for all.
    `after`: the statements its proof may assume of the state after the step, too; they must not
    rest on it in the same way, directly or through others.
    `by_name`: assumed only in proofs that name it, so that it does not burden all the others.
    `environment`: a step property also speaks of crashes.
    `without`: what need not be fair for a promise to be kept, by name.
    """

    kind: str
    name: str
    title: str
    function: Callable[..., Any]
    open: str = ""
    uses: tuple[str, ...] | None = None
    environment: bool = False
    after: tuple[str, ...] = ()
    by_name: bool = False
    without: tuple[str, ...] = ()

    @property
    def doc(self) -> str:
        """The function's docstring."""
        return " ".join((self.function.__doc__ or "").split())

    @property
    def span(self) -> Span:
        """Where it is written."""
        return span_of_code(self.function.__code__)


def on(*events: type[Event]) -> Callable[[Callable[..., Row]], Rule]:
    """Declare a rule that accepts each of `events`."""
    _check_events("on", events, "write @on(Vote), with messages, requests or timers")
    for event in events:
        if event in _GENERAL:
            text, fix = f"@on({show(event)})", "name the events one by one"
            raise SpecError("ORD115", text, "it is a kind of event, not an event", fix=fix)
    return lambda function: Rule(events, plain_function("on", function))


def fallback(*kinds: type[Event]) -> Callable[[Callable[..., tuple[Row, ...]]], Fallback]:
    """Declare the ordered answers to events of these kinds that no rule accepts."""
    _check_events("fallback", kinds, "write @fallback(Message), or name the events")
    return lambda function: Fallback(kinds, plain_function("fallback", function))


def authority(
    role: Case, *, also: tuple[Case, ...] = ()
) -> Callable[[Callable[..., Any]], Authority]:
    """Declare how a receiver knows that `m.sender` may send as `role`; roles `also` include it."""
    for one in (role, *also):
        if not isinstance(one, Case):
            text, fix = f"@authority({show(one)})", "write @authority(Role.LEADER)"
            raise SpecError("ORD115", text, f"{show(one)} is no role", fix=fix)
    return lambda function: Authority(role, plain_function("authority", function), also)


def safety(
    name: str,
    title: str,
    *,
    open: str = "",
    uses: tuple[str, ...] | None = None,
    after: tuple[str, ...] = (),
) -> Callable[[Callable[..., Any]], Property]:
    """Declare a property of every reachable state; parameters are universally quantified."""
    title, open = said("safety", name, title, open)
    named = _names("safety", "uses", uses)
    later = _names("safety", "after", after) or ()
    return lambda f: Property(
        "safety", name, title, plain_function("safety", f), open, named, after=later
    )


def lemma(
    why: str,
    *,
    uses: tuple[str, ...] | None = None,
    after: tuple[str, ...] = (),
    by_name: bool = False,
) -> Callable[[Callable[..., Any]], Property]:
    """Declare a strengthening; `why` says in one sentence why it holds."""
    why = check_text("lemma", why)
    named = _names("lemma", "uses", uses)
    later = _names("lemma", "after", after) or ()
    return lambda f: Property(
        "lemma",
        plain_function("lemma", f).__name__,
        why,
        f,
        uses=named,
        after=later,
        by_name=by_name,
    )


def step(
    name: str, title: str, *, environment: bool = False, open: str = ""
) -> Callable[[Callable[..., Any]], Property]:
    """Declare a property of every transition: `def p(before, after, event)`.

    It is read once per transition; `event.is_a(...)`, `event.sends(X)` and `event.has(...)` are
    known then.
    """
    title, open = said("step", name, title, open)
    return lambda f: Property(
        "step", name, title, plain_function("step", f), open, None, environment=environment
    )


def sometimes(name: str, title: str) -> Callable[[Callable[..., Any]], Property]:
    """Declare that some reachable state satisfies this; parameters are existentially quantified."""
    title, _ = said("sometimes", name, title)
    return lambda f: Property("sometimes", name, title, plain_function("sometimes", f))


def assumption(title: str) -> Callable[[Callable[..., Any]], Property]:
    """Declare what every configuration satisfies."""
    title = check_text("assumption", title)
    return lambda f: Property("assumption", plain_function("assumption", f).__name__, title, f)


def _names(decorator: str, argument: str, given: Any) -> tuple[str, ...] | None:
    """Return the names of hypotheses. Raises ORD115 for anything but a tuple of names."""
    if given is None:
        return None
    if isinstance(given, tuple | list) and all(isinstance(u, str) for u in given):
        return tuple(given)
    text, fix = f"@{decorator}({argument}={show(given)})", f'write {argument}=("S2", "one_vote")'
    raise SpecError("ORD115", text, f"`{argument}` is a tuple of names", fix=fix)


_GENERAL: tuple[type[Event], ...] = (Event, Message, Request, Timer)


def _check_events(decorator: str, events: tuple[Any, ...], fix: str) -> None:
    """Raise ORD115 unless the decorator names events: a bare `@on` would lose the rule."""
    if not events:
        raise SpecError("ORD115", f"@{decorator}()", "it names no event", fix=fix)
    for event in events:
        if not (isinstance(event, type) and issubclass(event, Event)):
            text = f"@{decorator}({show(event)})"
            raise SpecError("ORD115", text, f"{show(event)} is no event", fix=fix)


def said(decorator: str, name: str, title: str, open: str = "") -> tuple[str, str]:
    """Return the title, and why it is open. Raises ORD115 where these or the name are no text."""
    check_text(decorator, name)
    check_label(name, f"@{decorator}(...)")
    why = check_words(open, f"@{decorator}(open=...)", empty=True)
    return check_words(title, f"@{decorator}({show(name)}, ...)"), why


def check_text(decorator: str, text: Any) -> str:
    """Return the sentence that the decorator is given.

    Raises ORD115 where it is given none: a bare decorator would lose the property.
    """
    if not isinstance(text, str):
        fix = f'write @{decorator}("one sentence")'
        shown = f"@{decorator}({show(text)})"
        raise SpecError("ORD115", shown, "it is given no sentence", fix=fix)
    return check_words(text, f"@{decorator}(...)")


def plain_function(decorator: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function; raise ORD115 for anything else, such as what another decorator made."""
    if not isinstance(function, FunctionType):
        kind = type(function).__name__
        reason = f"it decorates {an(kind)}, not a function"
        fix = "give a function one decorator; one @on(...) takes several events"
        raise SpecError("ORD115", f"@{decorator}(...)", reason, fix=fix)
    check_doc(function.__doc__, function.__name__)
    if not function.__name__.isidentifier():
        reason, fix = f"{function.__name__!r} is no name of a function", "write def name(...): ..."
        raise SpecError("ORD115", f"@{decorator}(...)", reason, fix=fix)
    return function
