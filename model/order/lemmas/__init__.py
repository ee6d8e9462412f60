"""Strengthenings: what makes the oaths inductive. Each with the sentence on why it holds.

`radiants` speaks of single radiants and the messages they sent. The others carry S5, S6, S12.late
and S13, in this order: `records` (a record is proposed once, by an elected herald), `elections`
(whoever voted and had accepted an older term's position lets nobody start below it), `lineage`
(later records descend from earlier ones, unless these were passed over), `memberships` (members
follow the last commit by at most one change, so that the majorities in question do cross).

Belongs here: lemmas. Never here: anything a user was promised (`oaths`).
"""

from model.order.lemmas import elections, lineage, memberships, radiants, records

MODULES = (radiants, records, elections, lineage, memberships)
