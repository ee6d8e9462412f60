"""Many generated nodes under faults: random runs that can be repeated to the letter.

    report = simulate(spec, setting, Options(steps=10_000, seed=7, rates=read_rates("loss=0.1")))

Belongs here: a network that loses, doubles, delays and reorders, partitions, crashes, restarts;
what such a run covers and breaks. Never here: what a node does (its generated source), whether that
is what the spec says (`oathbound trace` tells, of the recordings), or time: ticks order events, and
mean nothing else.

Reading order: `faults` (what can go wrong, as text and as a file), `network` (what happens next),
`running` (the run), `telling`.
"""

from checkers.simulation.faults import (
    NONE,
    FaultError,
    Rates,
    Schedule,
    read_rates,
    read_schedule,
    read_weights,
)
from checkers.simulation.running import Options, SimulationReport, simulate

__all__ = [
    "NONE",
    "FaultError",
    "Options",
    "Rates",
    "Schedule",
    "SimulationReport",
    "read_rates",
    "read_schedule",
    "read_weights",
    "simulate",
]
