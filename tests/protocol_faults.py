"""Seeded faults in the protocols of `docs/protocols`: an edit of the text each, and what it breaks.

A fault is named for what an implementer might get wrong: a guard that is dropped, a quorum that is
too weak, a variable that is not stored, a comparison that is off by one, a wrong target.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from model.lang import Spec
from model.lang.load import load

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "protocols"


@dataclass(frozen=True)
class Fault:
    """`edits` of the text of `protocol`, each a text and what stands there instead.

    `refuted` is the statement that some step breaks, `run` the property that some run from the
    first state breaks (none where it takes a rarer run than a test has time to find).
    """

    protocol: str
    name: str
    edits: tuple[tuple[str, str], ...]
    refuted: str
    run: str

    def __str__(self) -> str:
        return f"{self.protocol}: {self.name}"

    def spec(self, folder: Path) -> Spec:
        """Return the spec with the fault, written to a file in `folder`."""
        text = (FOLDER / f"{self.protocol}.py").read_text(encoding="utf-8")
        for old, new in self.edits:
            assert old in text, f"{self}: {old!r} does not occur"
            text = text.replace(old, new)
        head = "from model.lang import ("
        text = text.replace(head, f"from model.lang import volatile\n{head}", 1)
        file = folder / f"{self.protocol}.py"
        file.write_text(text, encoding="utf-8")
        return load(str(file))


TWO_PHASE = (
    Fault(
        "two_phase_commit",
        "one answer is enough",
        (("config.participants.subset(answered)", "~answered.subset(Nodes.empty)"),),
        "committed_means_all",
        "consistent",
    ),
    Fault(
        "two_phase_commit",
        "the vote is not stored",
        (("vote = durable(Vote, WORKING)", "vote = volatile(Vote, WORKING)"),),
        "prepared_waits",
        "consistent",
    ),
    Fault(
        "two_phase_commit",
        "a participant aborts after its promise",
        (
            (
                "(me.role == Role.PARTICIPANT, me.vote == WORKING)",
                "(me.role == Role.PARTICIPANT, me.vote.is_(WORKING, PREPARED))",
            ),
        ),
        "prepared_waits",
        "consistent",
    ),
    Fault(
        "two_phase_commit",
        "the manager changes its mind",
        (
            (
                "when=(me.role == Role.MANAGER, me.vote == WORKING),\n        then",
                "when=(me.role == Role.MANAGER, me.vote != ABORTED),\n        then",
            ),
        ),
        "told_is_decided",
        "consistent",
    ),
)

TEXTBOOK = (
    Fault(
        "two_phase_textbook",
        "the manager does not wait for all",
        ((", config.resources.subset(me.prepared)", ""),),
        "commit_means_all",
        "consistent",
    ),
    Fault(
        "two_phase_textbook",
        "the state is not stored",
        (("state = durable(State, WORKING)", "state = volatile(State, WORKING)"),),
        "prepared_waits",
        "consistent",
    ),
)

LOCK = (
    Fault(
        "lock_service",
        "the epoch is not stored",
        (("epoch = durable(Epoch, doc", "epoch = volatile(Epoch, doc"),),
        "one_on_its_way",
        "one-holder",
    ),
    Fault(
        "lock_service",
        "a transfer is taken twice",
        (("when=m.epoch > me.epoch", "when=m.epoch >= me.epoch"),),
        "one-holder",
        "one-holder",
    ),
    Fault(
        "lock_service",
        "the old holder keeps the lock",
        (("me.lock.set(AWAY), me.passed", "me.passed"),),
        "on_its_way",
        "one-holder",
    ),
    Fault(
        "lock_service",
        "a transfer is sent again to others",
        ((".to(me.heir)", ".to(config.observers)"),),
        "one_on_its_way",
        "one-holder",
    ),
)

RING = (
    Fault(
        "ring_election",
        "a number is sent to its own node",
        (
            (
                "send=Claim(number=config.number.at(me)).to(config.after.at(me))",
                "send=Claim(number=config.number.at(me)).to(me)",
            ),
        ),
        "back_is_highest",
        "one-leader",
    ),
    Fault(
        "ring_election",
        "a running node wins with a higher number",
        (
            (
                "(m.number > config.number.at(me), me.state != LEADER)",
                "(m.number > config.number.at(me), me.state == IDLE)",
            ),
            (
                "when=m.number == config.number.at(me),\n        then=(me.state",
                "when=(m.number == config.number.at(me))"
                " | ((m.number > config.number.at(me)) & (me.state == RUNNING)),\n"
                "        then=(me.state",
            ),
        ),
        "highest",
        "one-leader",
    ),
    Fault(
        "ring_election",
        "lower numbers go on",
        (
            (
                "(m.number > config.number.at(me), me.state != LEADER)",
                "(m.number != config.number.at(me), me.state == RUNNING)",
            ),
            ("me.state != IDLE), reply", "me.state == LEADER), reply"),
        ),
        "passed_are_lower",
        "one-leader",
    ),
    Fault(
        "ring_election",
        "two nodes may have one number",
        (("config.number.at(y)).implies(x == y)", "config.number.at(y)).implies(y == y)"),),
        "one-leader",
        "",
    ),
)

PAXOS = (
    Fault(
        "paxos",
        "one promise is enough",
        (
            (
                "majority(me.promises.add(m.sender), config.acceptors)",
                "~me.promises.add(m.sender).subset(Nodes.empty)",
            ),
        ),
        "majority_has_promised",
        "agreement",
    ),
    Fault(
        "paxos",
        "a promise is not kept",
        (("when=m.ballot >= me.promised,\n        then", "then"),),
        "promise_is_kept",
        "agreement",
    ),
    Fault(
        "paxos",
        "a proposer proposes its own value in any case",
        (("value = ite(best == Ballot.zero, me.wish, best_value)", "value = me.wish"),),
        "others_are_excluded",
        "agreement",
    ),
    Fault(
        "paxos",
        "the lowest vote counts",
        (
            (
                "best = ite(me.best < m.voted, m.voted, me.best)\n"
                "    best_value = ite(me.best < m.voted, m.value, me.best_value)",
                "best = ite(m.voted < me.best, m.voted, me.best)\n"
                "    best_value = ite(m.voted < me.best, m.value, me.best_value)",
            ),
        ),
        "others_are_excluded",
        "agreement",
    ),
    Fault(
        "paxos",
        "the promise is not stored",
        (("promised = durable(Ballot", "promised = volatile(Ballot"),),
        "votes_are_promises",
        "",
    ),
    Fault(
        "paxos",
        "the ballot is not stored",
        (("ballot = durable(Ballot, doc", "ballot = volatile(Ballot, doc"),),
        "proposal_is_over",
        "",
    ),
)

RAFT = (
    Fault(
        "raft_election",
        "a server votes twice",
        (
            (
                "when=(m.term == me.term, me.role == FOLLOWER, free)",
                "when=(m.term == me.term, me.role == FOLLOWER)",
            ),
        ),
        "vote_is_stored",
        "election-safety",
    ),
    Fault(
        "raft_election",
        "the term is not stored",
        (("term = durable(Term, doc", "term = volatile(Term, doc"),),
        "vote_is_stored",
        "election-safety",
    ),
    Fault(
        "raft_election",
        "its own vote is enough",
        ((", config.servers))", ", Nodes.empty.add(me)))"),),
        "won_by_majority",
        "election-safety",
    ),
    Fault(
        "raft_election",
        "votes of older terms count",
        (("when=(m.term == me.term, ", "when=(m.term <= me.term, "),),
        "won_by_majority",
        "election-safety",
    ),
    Fault(
        "raft_election",
        "the vote is not stored",
        (("voted_for = durable(", "voted_for = volatile("),),
        "vote_is_stored",
        "",
    ),
)

STORE = (
    Fault(
        "sharded_store",
        "a parcel is taken twice",
        (
            ("when=~me.taken.at(m.number)", "when=~me.table.at(m.key).known"),
            ("when=me.taken.at(m.number), send", "when=me.table.at(m.key).known, send"),
        ),
        "one-owner",
        "one-owner",
    ),
    Fault(
        "sharded_store",
        "the owner keeps what it gives",
        (("            me.table.set(me.table.put(m.key, None)),\n", ""),),
        "one-place",
        "one-owner",
    ),
    Fault(
        "sharded_store",
        "a parcel is sent again to another node",
        (("number=m.number).to(m.parcel.to)", "number=m.number).to(config.first)"),),
        "one_number",
        "one-owner",
    ),
    Fault(
        "sharded_store",
        "what was taken is not stored",
        (("taken = durable(", "taken = volatile("),),
        "one_parcel",
        "one-owner",
    ),
    Fault(
        "sharded_store",
        "another parcel is sent again than was kept",
        (
            (
                "when=me.outbox.at(m.number) == m.parcel",
                "when=me.outbox.at(m.number).known",
            ),
        ),
        "one_number",
        "one-owner",
    ),
    Fault(
        "sharded_store",
        "a parcel is forgotten before it is taken",
        (("@on(Ack)", "@on(Overdue)"),),
        "taken-before-forgotten",
        "taken-before-forgotten",
    ),
    Fault(
        "sharded_store",
        "all parcels have one number",
        (("number, value = fresh(me.number), me.table", "number, value = me.number, me.table"),),
        "one_number",
        "",
    ),
)

FAULTS = (*TWO_PHASE, *TEXTBOOK, *LOCK, *RING, *PAXOS, *RAFT, *STORE)
GROUPS = (TWO_PHASE, TEXTBOOK, LOCK, RING, PAXOS, RAFT, STORE)
QUICK = tuple(fault for group in GROUPS for fault in group[:2])
