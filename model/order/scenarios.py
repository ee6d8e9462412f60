"""Runs of the order worth telling: each shows something that a random run seldom reaches.

Belongs here: scenarios. Never here: what must hold in them (`oaths`); every oath is checked in all.
"""

from model.lang.scenario import Act, Scenario, ask, deliver, settle, tick
from model.order.messages import (
    AddMember,
    AddShard,
    BeaconDue,
    Commit,
    DeclareError,
    ElectionTimeout,
    GrantSystemReset,
    ListShards,
    MoveShard,
    OrderReset,
    Probe,
    RecoverDue,
    RefuseSystemReset,
    RemoveMember,
    RemoveShard,
    ReportFault,
    ResendDue,
    ResetRequest,
    Rollback,
    StartProbe,
    SystemReset,
    SystemResetGrant,
    SystemResetRequest,
)

MEMBERS = ("n1", "n2", "n3")
NODES = (*MEMBERS, "n4", "c1")
CONFIG = {"members": frozenset(MEMBERS), "controllers": frozenset({"c1"})}


def boot(*nodes: str) -> tuple[Act, ...]:
    """The nodes find each other."""
    return (*tick(BeaconDue, *nodes), *settle(*nodes))


def elect(herald: str, *nodes: str) -> tuple[Act, ...]:
    """One of the nodes wins, and commits the accepted record in its own term."""
    return (
        *tick(ElectionTimeout, herald),
        *settle(*nodes),
        *tick(ResendDue, herald),
        *settle(*nodes),
    )


def scenario(name: str, *acts: tuple[Act, ...]) -> Scenario:
    """A run of three members, a stranger and a controller."""
    return Scenario(name, CONFIG, NODES, tuple(act for part in acts for act in part))


SERVICE = scenario(
    "a day's service: shards come, move and go; a member comes and goes; a clean probe",
    boot(*MEMBERS),
    boot(*MEMBERS, "n4"),
    elect("n1", *MEMBERS),
    ask("n1", AddShard, key="k1"),
    settle(*MEMBERS),
    ask("n1", MoveShard, key="k1", to="k2"),
    settle(*MEMBERS),
    ask("n1", RemoveShard, key="k2"),
    settle(*MEMBERS),
    ask("n1", StartProbe),
    settle(*MEMBERS),
    ask("n1", AddMember, node="n4"),
    settle(*NODES),
    ask("n1", RemoveMember, node="n4"),
    settle(*NODES),
    tick(ResendDue, "n1"),
    settle(*NODES),
    deliver(Commit, "n1", "n4"),
    deliver(Commit, "n1", "n4"),
)

_CUT_OFF = (*boot(*MEMBERS), *elect("n1", "n1", "n2"))

DEPOSED = scenario(
    "a herald that was cut off proposes after a later election; nothing comes of it",
    boot(*MEMBERS),
    elect("n1", *MEMBERS),
    elect("n2", "n2", "n3"),
    ask("n1", AddShard, key="k1"),
    settle(*MEMBERS),
)

LATE_COMMIT = scenario(
    "a radiant that was cut off hears of the new herald by a commit",
    _CUT_OFF,
    deliver(Commit, "n1", "n3"),
    tick(ResendDue, "n1"),
    settle(*MEMBERS),
)

LATE_PROBE = scenario(
    "a radiant that was cut off hears of the new herald by a probe",
    _CUT_OFF,
    ask("n1", StartProbe),
    deliver(Probe, "n1", "n3"),
)

LATE_ROLLBACK = scenario(
    "a radiant that was cut off hears of the new herald by a rollback",
    _CUT_OFF,
    ask("n1", ReportFault, error="STATE"),
    tick(RecoverDue, "n1"),
    tick(ResendDue, "n1"),
    deliver(Rollback, "n1", "n3"),
)

LATE_RESET = scenario(
    "a radiant that was cut off hears of the new herald by its reset request",
    _CUT_OFF,
    ask("n1", OrderReset),
    tick(ResendDue, "n1"),
    deliver(ResetRequest, "n1", "n3"),
)

MISSED_RESET = scenario(
    "a member that missed the reset is found by the next probe",
    boot(*MEMBERS),
    elect("n1", *MEMBERS),
    ask("n1", OrderReset),
    deliver(DeclareError, "n1", "n3"),
    settle("n1", "n2"),
    tick(ResendDue, "n1"),
    settle("n1", "n2"),
    tick(ResendDue, "n1"),
    settle("n1", "n2"),
    tick(ResendDue, "n1"),
    settle("n1", "n2"),
    ask("n1", StartProbe),
    deliver(Probe, "n1", "n3"),
    settle(*MEMBERS),
)

LOST_GRANT = scenario(
    "the controller's grant is lost on its way to the herald, and repeated",
    boot(*MEMBERS),
    elect("n1", *MEMBERS),
    ask("n1", SystemReset),
    settle(*MEMBERS),
    tick(ResendDue, "n1"),
    settle("n1", "n2", "n3", "c1"),
    ask("c1", GrantSystemReset),
    deliver(SystemResetGrant, "c1", "n2"),
    tick(ResendDue, "n1"),
    settle("n1", "c1"),
)

LOST_REFUSAL = scenario(
    "the controller's refusal is lost, and repeated",
    boot(*MEMBERS),
    elect("n1", *MEMBERS),
    ask("n1", SystemReset),
    settle(*MEMBERS),
    tick(ResendDue, "n1"),
    settle("n1", "c1"),
    ask("c1", RefuseSystemReset),
    tick(ResendDue, "n1"),
    deliver(SystemResetRequest, "n1", "c1"),
)

LATE_PLEA = scenario(
    "the controller hears two requests in the wrong order, and grants the newer one",
    boot(*MEMBERS),
    elect("n1", *MEMBERS),
    ask("n1", SystemReset),
    settle(*MEMBERS),
    tick(ResendDue, "n1"),
    settle(*MEMBERS),
    tick(ElectionTimeout, "n2"),
    settle("n2", "n3"),
    tick(ResendDue, "n2"),
    settle("n2", "n3"),
    tick(ResendDue, "n2"),
    deliver(SystemResetRequest, "n2", "c1"),
    deliver(SystemResetRequest, "n1", "c1"),
    ask("c1", GrantSystemReset),
    deliver(SystemResetGrant, "c1", "n2"),
    deliver(SystemResetGrant, "c1", "n3"),
    tick(ResendDue, "n2"),
    settle("n2", "n3"),
)

STRANGER = scenario(
    "a stranger is asked for the shards: it was never admitted, and does not answer that there"
    " are none",
    boot(*MEMBERS),
    boot(*MEMBERS, "n4"),
    elect("n1", *MEMBERS),
    ask("n1", AddShard, key="k1"),
    settle(*MEMBERS),
    ask("n2", ListShards),
    ask("n4", ListShards),
    ask("n1", AddMember, node="n4"),
    settle(*NODES),
    tick(ResendDue, "n1"),
    settle(*NODES),
    ask("n4", ListShards),
)

_PROBE_IN_VAIN = (
    *ask("n1", StartProbe),
    *settle("n1", "n2"),
    *tick(ElectionTimeout, "n1"),
    *tick(RecoverDue, "n1"),
)
_BACK_TO_SERVICE = (*tick(ResendDue, "n1"), *settle("n1", "n2"))

DEAD_MEMBER = scenario(
    "a member stays dead: the order resets once, serves on, and goes on without it",
    boot(*MEMBERS),
    elect("n1", *MEMBERS),
    _PROBE_IN_VAIN,
    _BACK_TO_SERVICE,
    _PROBE_IN_VAIN,
    tick(ResendDue, "n1"),
    settle("n1", "n2"),
    _BACK_TO_SERVICE,
    _PROBE_IN_VAIN,
    _BACK_TO_SERVICE,
    ask("n1", RemoveMember, node="n3"),
    settle("n1", "n2"),
    ask("n1", StartProbe),
    settle("n1", "n2"),
)

_FIVE = ("n1", "n2", "n3", "n4", "n5")

LESSER_ERROR = Scenario(
    "a newer herald declares less than an older one did",
    {"members": frozenset(_FIVE), "controllers": frozenset({"c1"})},
    (*_FIVE, "c1"),
    (
        *boot(*_FIVE),
        *elect("n1", *_FIVE),
        *ask("n1", SystemReset),
        *deliver(DeclareError, "n1", "n5"),
        *elect("n2", "n2", "n3", "n4"),
        *ask("n2", OrderReset),
        *deliver(DeclareError, "n2", "n5"),
    ),
)
