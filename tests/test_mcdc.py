"""Solver-made tests (issue 5): every clause of every guard decides by itself, both ways."""

from __future__ import annotations

import importlib

from checkers.mcdc import cases, file
from tests.generated_nodes import order_spec


def test_the_node_of_the_order_does_what_every_stored_case_says() -> None:
    stored = file.read(order_spec(), file.ORDER)
    node = importlib.import_module("impl.order.node")
    assert cases.run(node, stored=stored.cases, spec=order_spec()) == []
    assert cases.run(node) == []
