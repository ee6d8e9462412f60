"""A node can record what it did: JSON Lines, one record for each event, safe against kill -9."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from impl.order import OrderConfig, Radiant, types
from impl.recording import Recorder, RecordingError, to_json
from model.lang.digest import digest
from model.lang.spec import drop_clause
from tests.generated_nodes import order_spec
from tests.recorded_runs import PROTOCOLS, oathbound, read, spec_of

CONFIG = OrderConfig(frozenset({"n1", "n2", "n3"}), frozenset({"c1"}))


def recorded(path: Path, **given: Any) -> Recorder:
    """Let n1 look for its peers and hear one."""
    recorder = Recorder(Radiant("n1", CONFIG), path, **given)
    recorder.handle(types.BeaconDue())
    recorder.handle(types.BeaconAnswer(), "n2")
    return recorder


def test_a_record_holds_event_states_messages_reply_and_what_is_stored(tmp_path: Path) -> None:
    path = tmp_path / "n1.jsonl"
    node = Radiant("n1", CONFIG)
    with Recorder(node, path, run="a run") as recorder:
        before = node.snapshot()
        outcome = recorder.handle(types.BeaconDue())
        assert outcome[0].label == "beacon"
        recorder.handle(types.RequestVote(types.Term(1, "n2"), node.accepted_at), "n2")
    header, start, first, vote = read(path)
    assert header == {
        "oathbound": "recording",
        "schema": 1,
        "spec": "order",
        "digest": digest(order_spec()),
        "node": "n1",
        "config": {"members": ["n1", "n2", "n3"], "controllers": ["c1"]},
        "states": "full",
        "run": "a run",
    }
    assert list(start["start"]) == list(before)
    assert first["n"] == 2
    assert first["event"] == {"name": "BeaconDue", "fields": {}}
    assert first["before"] == first["after"] == start["start"]
    assert [m["to"] for m in first["sent"]] == ["n1", "n2", "n3"]
    assert first["reply"] == {"name": "Done", "fields": {}}
    assert vote["event"]["from"] == "n2"
    assert vote["event"]["fields"] == {"term": [1, "n2"], "accepted_at": [[0, ""], 0]}
    # in BOOTSTRAP it does not vote, and says why
    assert (vote["rule"], vote["persisted"]) == ("RequestVote/refused", {})
    assert set(vote["reply"]["fields"]) == {"rule", "clause", "kind"}


def test_what_is_stored_is_recorded_first_and_by_value(tmp_path: Path) -> None:
    path = tmp_path / "n1.jsonl"
    node = Radiant("n1", CONFIG)
    node.state = types.RESET
    seen: list[int] = []

    def store(durable: Any) -> None:
        assert durable.vote == "n2"
        seen.append(len(path.read_text().splitlines()))

    with Recorder(node, path, store=store) as recorder:
        recorder.handle(types.RequestVote(types.Term(1, "n2"), node.accepted_at), "n2")
        recorder.handle(types.GetStatus())
    assert seen == [3]
    assert read(path)[2]["persisted"] == {"term": [1, "n2"], "vote": "n2"}


def test_a_digest_stands_for_a_state(tmp_path: Path) -> None:
    recorded(tmp_path / "full.jsonl").close()
    recorded(tmp_path / "digest.jsonl", states="digest").close()
    full, short = read(tmp_path / "full.jsonl"), read(tmp_path / "digest.jsonl")
    assert short[2]["before"] == short[1]["start"]
    assert short[3]["after"] != short[3]["before"]
    assert len(short[2]["after"]) == 32
    same = ("event", "rule", "sent", "reply", "persisted")
    assert [[r[k] for k in same] for r in full[2:]] == [[r[k] for k in same] for r in short[2:]]


@pytest.mark.parametrize("cut", [1, 2, 40, 400])
def test_half_a_record_is_cut_off_when_the_node_goes_on(tmp_path: Path, cut: int) -> None:
    """After kill -9: what was written last may be half a line."""
    path = tmp_path / "n1.jsonl"
    recorder = recorded(path)
    recorder.close()
    size = path.stat().st_size
    os.truncate(path, size - cut)
    durable = recorder.node.durable()
    node = Radiant.restart("n1", CONFIG, durable)
    with Recorder(node, path, restarted=True) as again:
        again.handle(types.GetStatus())
    records = read(path)
    assert [r["n"] for r in records[1:]] == [1, 2, 3, 4]
    lost = len(json.dumps(recorder.node.snapshot(), default=sorted)) > cut
    assert lost and records[3]["restart"]["cut"] == size - cut - len(
        b"".join(path.read_bytes().splitlines(keepends=True)[:3])
    )
    assert oathbound("trace", path, "--allow-missing").exit_code == 0


def test_a_torn_header_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "n1.jsonl"
    path.write_text('{"oathbound":"rec')
    with Recorder(Radiant("n1", CONFIG), path, restarted=True):
        pass
    assert [set(r) & {"oathbound", "restart"} for r in read(path)] == [{"oathbound"}, {"restart"}]


def test_a_recording_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "n1.jsonl"
    recorded(path).close()
    text = path.read_bytes()
    with pytest.raises(RecordingError, match="there is a recording already"):
        Recorder(Radiant("n1", CONFIG), path)
    with pytest.raises(RecordingError, match="its header is another"):
        Recorder(Radiant("n2", CONFIG), path, restarted=True)
    with pytest.raises(RecordingError, match="its header is another"):
        Recorder(Radiant("n1", CONFIG), path, restarted=True, states="digest")
    assert path.read_bytes() == text
    path.write_bytes(text + b"what is this?\n")
    with pytest.raises(RecordingError, match="its last line is no record"):
        Recorder(Radiant("n1", CONFIG), path, restarted=True)


def test_equal_values_have_equal_texts() -> None:
    one, other = frozenset({"n1", "n10", "n2"}), frozenset({"n2", "n1", "n10"})
    assert to_json(one) == to_json(other) == '["n1","n10","n2"]'
    assert to_json((types.Term(1, "ä"), None, True, 0)) == '[[1,"\\u00e4"],null,true,0]'
    assert to_json(types.ERROR_RECOVERABLE_STATE) == '"ERROR(RECOVERABLE(STATE))"'


# ---------------------------------------------------------------- the digest of a spec


def test_the_digest_is_of_what_nodes_do() -> None:
    """Another clause is another node; another lemma is not."""
    spec = order_spec()
    assert digest(spec) == digest(spec)
    assert digest(drop_clause(spec, "grant_vote", 4)) != digest(spec)
    statements = dict(spec.statements)
    statements.popitem()
    assert digest(type(spec)(**{**vars_of(spec), "statements": statements})) == digest(spec)


def vars_of(spec: Any) -> dict[str, Any]:
    return {name: getattr(spec, name) for name in spec.__dataclass_fields__}


def test_each_spec_has_a_digest_of_its_own() -> None:
    paths = sorted((PROTOCOLS / "protocols").glob("*.py"))
    assert len({digest(spec_of(str(path))) for path in paths}) == len(paths) > 5
