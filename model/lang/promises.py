"""Promises that something happens, and what is assumed for them: fairness, and who stays up.

Belongs here: what a spec writes down of these. Never here: reading it (`reader.py`), or checking
it (an engine does that, on the runs of a bounded scope).

A promise without fairness is idle: a run in which nobody ever acts again breaks it. So a spec says
which actions do not wait for ever:

    fair_timers = weak(Retry)                # may it fire all the time, it fires
    fair_net = fair_loss(Ask, Grant)         # what is sent again and again arrives again and again
    faults_end = ceases(ReportFault)         # what comes from outside happens finitely often

    @eventually("served", "Who waits for the lock gets it")
    def served(n: Peer) -> Pledge:
        return whenever(n.state == WAITING).then(n.state == HOLDING)

Weak and strong fairness as in C. Baier and J.-P. Katoen, "Principles of Model Checking", MIT
Press 2008, section 3.5. Links that lose and double some messages: the fair-loss links of C. Cachin,
R. Guerraoui and L. Rodrigues, "Introduction to Reliable and Secure Distributed Programming",
Springer 2011, section 2.4.2. That faults stop occurring, and that progress is owed from then on:
A. Arora and M. Gouda, "Closure and convergence: a foundation of fault-tolerant computing", IEEE
Transactions on Software Engineering 19, 1993.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from model.lang.declare import Event, Message, Request
from model.lang.errors import SpecError
from model.lang.expr import Expr
from model.lang.rules import Property, Rule, check_text, plain_function, said
from model.lang.show import show
from model.lang.sorts import Sort
from model.lang.source import Span, caller
from model.lang.words import check_words

EVENTUALLY, ALIVE = "eventually", "alive"
"""The kinds of statements that no induction is asked about: an engine of their own checks them."""

LEADS_TO, ONCE, AGAIN, FOR_GOOD = "leads to", "once", "again and again", "for good"

CEASES = "ceases"
"""The strength of what is assumed to happen finitely often; all others are of what does happen."""
LOSS = "loss"
"""The strength of fair-loss links."""


@dataclass(frozen=True, slots=True, eq=False)
class Pledge:
    """What a promise says of every run.

    `shape` is one of: `leads to` (whenever `when` holds, `then` holds at that moment or later),
    `once` (`then` holds some day), `again and again` (`then` holds infinitely often), `for good`
    (`then` holds from some moment on). `when` is None but in the first. `bound` are the variables
    of both, as names and sorts: the promise is made for all their values.
    """

    shape: str
    then: Any
    when: Any = None
    bound: tuple[tuple[str, Sort], ...] = ()

    def __repr__(self) -> str:
        """Return it as a spec would write it."""
        if self.shape == LEADS_TO:
            return f"whenever({show(self.when)}).then({show(self.then)})"
        called = {AGAIN: "again_and_again", FOR_GOOD: "for_good"}.get(self.shape, "some_day")
        return f"{called}({show(self.then)})"

    def expressions(self) -> tuple[Expr, ...]:
        """Return what it says of states: `then`, and `when` where there is one."""
        return (self.then,) if self.when is None else (self.then, self.when)


@dataclass(frozen=True, slots=True, eq=False)
class Whenever:
    """The first half of a promise: `whenever(p).then(q)`."""

    when: Any

    def then(self, then: Any) -> Pledge:
        """Pledge that `then` holds at that moment or later."""
        return Pledge(LEADS_TO, then, self.when)

    def __repr__(self) -> str:
        """Return it as a spec would write it."""
        return f"whenever({show(self.when)})"


def whenever(when: Any) -> Whenever:
    """Begin a promise: `whenever(p).then(q)`."""
    return Whenever(when)


def again_and_again(then: Any) -> Pledge:
    """Pledge that `then` holds infinitely often: whatever happens, it will hold once more."""
    return Pledge(AGAIN, then)


def for_good(then: Any) -> Pledge:
    """Pledge that from some moment on `then` holds for ever."""
    return Pledge(FOR_GOOD, then)


def eventually(
    name: str, title: str, *, without: tuple[Any, ...] = ()
) -> Callable[[Callable[..., Any]], Property]:
    """Declare a promise; its parameters stand for all values.

    The function returns `whenever(p).then(q)`, `again_and_again(q)` or `for_good(q)`; a plain
    condition is promised to hold some day. Nodes are those that are up: what is promised to a node
    is owed to it as long as it does not stop for ever. `without` are events or rules whose fairness
    the promise does not need: it is kept although they need not happen, which promises more.
    """
    title, _ = said("eventually", name, title)
    for one in without:
        if not (isinstance(one, Rule) or (isinstance(one, type) and issubclass(one, Event))):
            text, fix = f"@eventually(without={show(without)})", "write without=(ElectionDue,)"
            raise SpecError("ORD115", text, "`without` is a tuple of events or rules", fix=fix)
    names = tuple(map(_called, without))
    return lambda f: Property(
        EVENTUALLY, name, title, plain_function("eventually", f), without=names
    )


def alive(title: str) -> Callable[[Callable[..., Any]], Property]:
    """Declare which sets of nodes stay up, of which all promises are made.

        @alive("a majority is up")
        def majority_is_up(up: Nodes) -> Expr:
            return majority(up, config.members)

    Without one, any node may stop for ever, as many as the scope of a check allows.
    """
    title = check_text("alive", title)
    return lambda f: Property(ALIVE, plain_function("alive", f).__name__, title, f)


# ---------------------------------------------------------------- fairness


@dataclass(frozen=True, slots=True, eq=False)
class Fairness:
    """A declaration: `strength` is `weak`, `strong`, `loss` or `ceases`; `targets` what it is of.

    `unless` are events that serve it as well: those that arm a timer anew.
    """

    strength: str
    targets: tuple[Any, ...]
    why: str
    span: Span
    unless: tuple[type[Event], ...] = ()

    def __repr__(self) -> str:
        """Return it in short."""
        return f"{_WRITTEN[self.strength]}({', '.join(map(_called, self.targets))})"


@dataclass(frozen=True, slots=True)
class FairAction:
    """What a declaration says of one event or rule, of every node.

    With `event`: that the event happens and a rule accepts it (`loss`: that the message arrives).
    With `rule`: that the rule of this label acts. Or else, at the same node, one of `unless`. Of
    what `ceases`: that from some moment on it does so no more.
    """

    strength: str
    name: str
    event: type[Event] | None
    rule: str | None
    span: Span
    unless: frozenset[str] = frozenset()
    why: str = ""


_WRITTEN = {"weak": "weak", "strong": "strong", LOSS: "fair_loss", CEASES: "ceases"}


def weak(*targets: Any, unless: tuple[type[Event], ...] = (), why: str = "") -> Fairness:
    """Declare weak fairness: what can happen from some moment on all the time, does happen.

    Of an event: that it happens where a rule accepts it, at each node, each message and each
    request by itself. `Timer`, `Request` or `Message` stand for all events of that kind. Of a rule:
    that it acts. `unless`: events that arm a timer anew, so that it need not fire while these are
    accepted at its node again and again.
    """
    return _fairness("weak", targets, why, unless)


def strong(*targets: Any, unless: tuple[type[Event], ...] = (), why: str = "") -> Fairness:
    """Declare strong fairness: what can happen again and again happens again and again."""
    return _fairness("strong", targets, why, unless)


def fair_loss(*messages: type[Message], why: str = "") -> Fairness:
    """Declare fair-loss links: what is sent again and again arrives again and again.

    What is sent a finite number of times may be lost, or be doubled a finite number of times; and
    what arrives may be refused.
    """
    found = _fairness(LOSS, messages, why)
    for message in messages:
        if not (isinstance(message, type) and issubclass(message, Message)):
            text, fix = f"fair_loss({_called(message)})", "write weak(...) or strong(...) of it"
            raise SpecError("ORD115", text, "only a message can be lost", fix=fix)
    return found


def ceases(*requests: Any, why: str = "") -> Fairness:
    """Declare that requests cease: each is accepted only a finite number of times.

    A promise is then owed to a run from the last of them on, and to no run in which they never end:
    of a fault that is reported, or an operator who resets. Of a rule that answers a request: that
    the rule acts finitely often. Only what comes from outside can be said to cease; that a timer
    or a message did would take from the protocol what it is judged by.
    """
    for one in requests:
        events = one.events if isinstance(one, Rule) else (one,)
        if all(isinstance(e, type) and issubclass(e, Request) for e in events):
            continue
        named = all(isinstance(e, type) and issubclass(e, Event) for e in events)
        outside = "only what comes from outside can be said to cease"
        reason = outside if named else "it is no event and no rule"
        text, fix = f"ceases({_called(one)})", "name requests, or rules that answer requests"
        raise SpecError("ORD115", text, reason, fix=fix)
    return _fairness(CEASES, requests, why)


def _fairness(
    strength: str, targets: tuple[Any, ...], why: str, unless: tuple[type[Event], ...] = ()
) -> Fairness:
    written = _WRITTEN[strength]
    if not targets:
        fix = f"write {written}(Retry), with events or rules"
        reason = "it names nothing that is fair"
        if strength == CEASES:
            fix, reason = "write ceases(ReportFault), with requests", "it names nothing that ceases"
        raise SpecError("ORD115", f"{written}()", reason, fix=fix)
    for one in targets:
        if isinstance(one, type) and issubclass(one, Event) and one is not Event:
            continue
        if not isinstance(one, Rule):
            text = f"{written}({_called(one)})"
            reason = "it is no event and no rule"
            fix = "name messages, requests, timers, or rules by their functions"
            raise SpecError("ORD115", text, reason, fix=fix)
    why = check_words(why, f"{written}(why=...)", empty=True)
    for event in unless:
        if not (isinstance(event, type) and issubclass(event, Event)):
            text, fix = f"{written}(unless={show(unless)})", "write unless=(Heartbeat,)"
            raise SpecError("ORD115", text, "`unless` is a tuple of events", fix=fix)
    return Fairness(strength, targets, why, caller(), tuple(unless))


def _called(target: Any) -> str:
    return target.function.__name__ if isinstance(target, Rule) else show(target)
