"""The shortest run to a state that was found, for the evaluator to take again.

Belongs here: from a state back to the first one, and into the words of the reference meaning.
Never here: telling it (`checkers.counterexamples`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from checkers.counterexamples.breaking import answers
from checkers.counterexamples.runs import FoundRun, System, Taken
from checkers.explore.disk import Level
from checkers.explore.expansion import Tally
from checkers.explore.parts import Ambiguous, EventAt
from checkers.explore.properties import Broken
from checkers.explore.search import CHUNK, Search
from checkers.explore.store import Words
from checkers.questions import DETERMINISM
from model.arrays.rows import CRASH
from model.evaluate import Evaluator, Event, GlobalState
from model.evaluate.values import EvaluationError

FOUND_BY = "exploration"


def go(search: Search) -> Broken | None:
    """Let a search run; return the step at which two rules answer one event, where it meets one."""
    try:
        search.run()
    except Ambiguous as error:
        search.stopped = str(error)
        word = search.where(error.me, error.local, error.event)
        assert word is not None, "what is learnt happens in the frontier"
        depth, packing = search.depth, search.packing
        return Broken(DETERMINISM, depth, word, error.me, error.event, packing)
    return None


def run_to(search: Search, broken: Broken) -> FoundRun:
    """Return a shortest run that ends in a state, or with a step. The search kept its levels."""
    assert search.level_words is not None
    for held in search.world.nodes:
        held.prepare()  # where the search ended as soon as it went on from a file
    chain: list[tuple[int, int]] = []
    if broken.node >= 0:
        chain.append((broken.node, broken.event))
    word = word_of(search, broken)
    for depth in range(broken.depth, 0, -1):
        word, node, event = predecessor(search, search.level_words[depth - 1], word)
        chain.append((node, event))
    if search.symmetry is not None:
        chain = _with_names(search, broken)
    events = [in_words(search, node, event) for node, event in reversed(chain)]
    evaluator = Evaluator(search.spec)
    state = evaluator.initial_state(search.config, search.bounds.nodes)
    steps: list[Taken] = []
    for event_ in events:
        if broken.name == DETERMINISM and event_ is events[-1]:
            steps.append((event_, " / ".join(answers(evaluator, state, event_))))
            break
        outcome = evaluator.advance(state, event_)
        steps.append((event_, outcome.transition))
    system = System(search.config, search.bounds.nodes)
    return FoundRun(broken.name, system, tuple(steps), FOUND_BY)


def predecessor(search: Search, before: Words | Level, target: int) -> tuple[int, int, int]:
    """Return a state of `before` with the node and the event that lead to `target`."""
    for at in range(0, len(before), CHUNK):
        found = _leading(search, before[at : at + CHUNK], target)
        if found is not None:
            return found[0], *found[2:]
    raise LookupError("a state without a predecessor")


def step_into(search: Search, word: int, orbit: int) -> tuple[int, int, int]:
    """Return a state one step after `word` whose orbit is `orbit`, with the node and event."""
    found = _leading(search, np.array([word], np.uint64), orbit)
    if found is None:
        raise LookupError("no step leads into the orbit")
    return found[1:]


def _leading(search: Search, words: Words, target: int) -> tuple[int, int, int, int] | None:
    """Return a step that leads to `target` (or into its orbit): before, after, node, event."""
    expansion = search.expansion(words, Tally())
    hits: list[tuple[int, int, int, int]] = []

    def made(me: int, event: int, at: Any, after: Words) -> None:
        if not hits:
            formed = after
            if search.symmetry is not None:
                formed = search.symmetry.canonical(after, search.packing)
            for hit in np.flatnonzero(formed == np.uint64(target))[:1].tolist():
                hits.append((int(words[at[hit]]), int(after[hit]), me, event))

    expansion.made = made
    expansion.run()
    return hits[0] if hits else None


def word_of(search: Search, broken: Broken) -> int:
    """Return the state of something broken as the search packs it by now."""
    if broken.packing is None or broken.packing is search.packing:
        return broken.word
    words = np.array([broken.word], np.uint64)
    return int(broken.packing.repacked(words, search.packing)[0])


def _with_names(search: Search, broken: Broken) -> list[tuple[int, int]]:
    """Return, last step first, a run whose states have the orbits that were visited.

    The state before each step is a real one; of the steps from it, one is taken that leads into the
    next orbit.
    """
    assert search.level_words is not None
    assert search.symmetry is not None
    orbits = [word_of(search, broken)]
    for depth in range(broken.depth, 0, -1):
        orbits.append(predecessor(search, search.level_words[depth - 1], orbits[-1])[0])
    orbits.reverse()
    word, chain = orbits[0], []
    for orbit in orbits[1:]:
        word, node, event = step_into(search, word, orbit)
        chain.append((node, event))
    if broken.node >= 0:
        chain.append(_last_step(search, broken, chain))
    chain.reverse()
    return chain


def _last_step(search: Search, broken: Broken, chain: list[tuple[int, int]]) -> tuple[int, int]:
    """Return a step that breaks the step property after a run."""
    evaluator = Evaluator(search.spec)
    state = evaluator.initial_state(search.config, search.bounds.nodes)
    for node, event in chain:
        evaluator.advance(state, in_words(search, node, event))
    for held in search.world.nodes:
        for number in range(len(held.events)):
            told = in_words(search, held.me, number)
            try:
                evaluator.check_event(state, told)
            except EvaluationError:
                continue  # the message is not sent in this state
            if _breaks(evaluator, state, told, broken.name):
                return held.me, number
    raise LookupError("no step breaks it")


def _breaks(evaluator: Evaluator, state: GlobalState, event: Event, name: str) -> bool:
    if name == DETERMINISM:
        return len(answers(evaluator, state, event)) > 1
    statement = evaluator.spec.statements[name]
    return not evaluator.step_holds(state, event, evaluator.outcome(state, event), statement)


def in_words(search: Search, node: int, event: int) -> Event:
    """Return an event as the evaluator knows it."""
    made: EventAt = search.world.nodes[node].events[event]
    name = search.bounds.nodes[node]
    if made.name == CRASH:
        return Event("crash", "crash", name)
    declared = search.spec.events[made.name]
    codes = search.rows.codes
    sorts = search.rows.fields[made.name].items()
    fields = {n: codes.decode(s, c) for (n, s), c in zip(sorts, made.fields, strict=True)}
    sender = search.bounds.nodes[made.sender] if made.sender >= 0 else None
    return Event(declared.kind, made.name, name, fields, sender)
