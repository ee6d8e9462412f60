"""How fast a node locks and unlocks: ACTIVE, LOCKED(REPLICATING), ACTIVE, over and over.

Belongs here: the order's generated node on that cycle, and other ways to write a state machine.
Never here: the node's rules, which are measured as they are generated.

A member takes a `Propose`, then the `Commit` of it, with a version that grows. Each such step of
the generated node evaluates all guards of the rules up to the one that accepts (role, sender,
term, state, position, membership, operation), sets five or nine variables and makes the answer to
send. The others do less: two states, one guard (a newer version), one variable. The messages are
made before the clock starts, as they come from a connection; each has its own term and version.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from checkers.bench.timing import Contender, Heard, Row, Section, race
from impl.order import OrderConfig, Radiant, types

CYCLES = 1_000
_MEMBERS = frozenset({"a", "b", "c"})
_CONFIG = OrderConfig(_MEMBERS, frozenset({"z"}))


def bench(rounds: int, heard: Heard) -> Section:
    """Return the rates of the generated node and of its peers; they come all at once."""
    steps = 2 * CYCLES
    rows = race(
        [
            Contender("generated node", _member, steps, "a member's handlers, called directly"),
            Contender("generated node, handle()", _dispatched, steps, "through the dispatcher"),
            Contender("generated herald", _herald, 3 * CYCLES, "AddShard and two Accepted"),
            Contender("hand-written match", _match, steps, "one guard"),
            Contender("automat", _automat, steps, "no guards"),
            Contender("transitions", _transitions, steps, "one condition"),
            Contender("python-statemachine", _statemachine, steps // 20, "one condition"),
            Contender("integer table", _table, steps, "no guard, no event object"),
            Contender("empty method call", _empty_call, steps, "what calling a handler costs"),
            Contender("message made", _message_made, steps, "what one answer to send costs"),
            Contender("position made", _position_made, steps, "what one named tuple costs"),
        ],
        rounds,
    )
    for row in rows:
        heard(row)
    return Section(
        "lock_cycle", "ACTIVE, LOCKED(REPLICATING), ACTIVE", "steps/s", rows, _remarks(rows)
    )


def _remarks(rows: tuple[Row, ...]) -> tuple[str, ...]:
    """Return how much of a step goes into what every handler must do."""
    rate = {row.name: row.rate for row in rows}
    node = rate["generated node"]
    parts = [rate[name] for name in ("empty method call", "message made", "position made")]
    if node is None or not all(parts):
        return ()
    floor = sum(1e9 / part for part in parts if part)
    return (
        f"A step of the generated node takes {1e9 / node:.0f} ns; of these the call, the message"
        f" and the position alone take {floor:.0f} ns.",
    )


# ---------------------------------------------------------------- the generated node


def _term() -> types.Term:
    return types.Term(1, "a")


def _follower() -> Radiant:
    node = Radiant("b", _CONFIG)
    node.term, node.herald, node.state = _term(), "a", types.ACTIVE
    return node


def _proposals() -> list[tuple[types.Propose, types.Commit]]:
    keys: types.Keys = frozenset()
    return [
        (
            types.Propose(_term(), version, types.REPLICATING, _MEMBERS, keys),
            types.Commit(_term(), version, types.REPLICATING, _MEMBERS, keys),
        )
        for version in range(1, CYCLES + 1)
    ]


def _member() -> Callable[[], None]:
    node, pairs = _follower(), _proposals()
    propose, commit = node.on_propose, node.on_commit

    def run() -> None:
        node.accepted_at = node.watermark_at = types.Position(_term(), 0)
        for proposal, committed in pairs:
            propose(proposal, "a")
            commit(committed, "a")

    return _checked(run, lambda: node.watermark_at.version == CYCLES)


def _dispatched() -> Callable[[], None]:
    node, pairs = _follower(), _proposals()
    handle = node.handle

    def run() -> None:
        node.accepted_at = node.watermark_at = types.Position(_term(), 0)
        for proposal, committed in pairs:
            handle(proposal, "a")
            handle(committed, "a")

    return _checked(run, lambda: node.watermark_at.version == CYCLES)


def _herald() -> Callable[[], None]:
    node = Radiant("a", _CONFIG)
    node.term, node.role, node.state = _term(), types.HERALD, types.ACTIVE
    node.herald, node.audience = "a", _MEMBERS
    add, accepted = node.on_add_shard, node.on_accepted
    request = types.AddShard("k")
    answers = [types.Accepted(_term(), version) for version in range(1, CYCLES + 1)]

    def run() -> None:
        node.version = 0
        node.accepted_at = node.watermark_at = types.Position(node.term, 0)
        for answer in answers:
            node.keys = frozenset()
            add(request)
            accepted(answer, "a")
            accepted(answer, "b")

    return _checked(run, lambda: node.watermark_at.version == CYCLES)


def _checked(run: Callable[[], None], holds: Callable[[], bool]) -> Callable[[], None]:
    """Return `run` after one run that must have gone all the way."""
    run()
    if not holds():
        raise AssertionError("the measured node refused a step of the cycle")
    return run


# ---------------------------------------------------------------- other ways to write it


class _Matched:
    """The cycle by hand."""

    def __init__(self) -> None:
        self.state = "ACTIVE"
        self.version = 0

    def step(self, event: str, version: int) -> str:
        match (self.state, event):
            case ("ACTIVE", "propose") if version > self.version:
                self.state = "LOCKED(REPLICATING)"
                self.version = version
                return "done"
            case ("LOCKED(REPLICATING)", "commit") if version >= self.version:
                self.state = "ACTIVE"
                return "done"
            case ("LOCKED(REPLICATING)", _):
                return "locked"
            case _:
                return "refused"


def _match() -> Callable[[], None]:
    machine = _Matched()
    step = machine.step

    def run() -> None:
        machine.version = 0
        for version in range(1, CYCLES + 1):
            step("propose", version)
            step("commit", version)

    return run


def _table() -> Callable[[], None]:
    following = ((0, 1), (0, 1))  # by state, then by event: commit 0, propose 1

    def run() -> None:
        state = 0
        for _ in range(CYCLES):
            state = following[state][1]
            state = following[state][0]

    return run


def _automat() -> Callable[[], None]:
    from automat import TypeMachineBuilder

    class Lock:
        def propose(self, version: int) -> None: ...

        def commit(self, version: int) -> None: ...

    class Core:
        version = 0

    builder = TypeMachineBuilder(Lock, Core)
    active, locked = builder.state("active"), builder.state("locked")

    @active.upon(Lock.propose).to(locked)  # type: ignore[untyped-decorator]
    def accept(lock: Lock, core: Core, version: int) -> None:
        core.version = version

    @locked.upon(Lock.commit).to(active)  # type: ignore[untyped-decorator]
    def learn(lock: Lock, core: Core, version: int) -> None:
        core.version = version

    machine = builder.build()(Core())
    return _cycle(machine.propose, machine.commit)


def _transitions() -> Callable[[], None]:
    from transitions import Machine

    class Model:
        version = 0
        propose: Any
        commit: Any

        def newer(self, version: int) -> bool:
            return version != self.version

        def accept(self, version: int) -> None:
            self.version = version

    model = Model()
    machine = Machine(model, states=["active", "locked"], initial="active", auto_transitions=False)
    machine.add_transition("propose", "active", "locked", conditions="newer", after="accept")
    machine.add_transition("commit", "locked", "active")
    return _cycle(model.propose, model.commit)


def _statemachine() -> Callable[[], None]:
    from statemachine import State, StateMachine

    class Lock(StateMachine):  # type: ignore[misc]
        active = State(initial=True)
        locked = State()
        propose = active.to(locked, cond="newer", on="accept")
        commit = locked.to(active)
        version = 0

        def newer(self, version: int) -> bool:
            return version != self.version

        def accept(self, version: int) -> None:
            self.version = version

    machine = Lock()
    return _cycle(
        lambda version: machine.propose(version=version),
        lambda version: machine.commit(version=version),
        CYCLES // 20,
    )


def _cycle(
    propose: Callable[[int], Any], commit: Callable[[int], Any], cycles: int = CYCLES
) -> Callable[[], None]:
    """Return the cycle of a machine with two events."""

    def run() -> None:
        for version in range(1, cycles + 1):
            propose(version)
            commit(version)

    return run


# ---------------------------------------------------------------- what it cannot cost less than


class _Empty:
    __slots__ = ()

    def step(self, event: object, sender: str) -> None:
        return None


def _empty_call() -> Callable[[], None]:
    step = _Empty().step
    events: list[object] = [object() for _ in range(2 * CYCLES)]

    def run() -> None:
        for event in events:
            step(event, "a")

    return run


def _message_made() -> Callable[[], None]:
    term = _term()
    versions = list(range(2 * CYCLES))

    def run() -> None:
        for version in versions:
            types.CommitAck(term, version)

    return run


def _position_made() -> Callable[[], None]:
    term = _term()
    versions = list(range(2 * CYCLES))

    def run() -> None:
        for version in versions:
            types.new(types.Position, (term, version))

    return run
