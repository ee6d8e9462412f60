"""Finding lemmas that make properties inductive, and telling which lemmas and guards are needed.

    found = Search(spec, goals, budget).run()

What is found is never believed: `confirm` proves the spec with the new lemmas by the ordinary
prover (`checkers.induction`) before anybody sees them.

Reading order: `samples` (states of runs), `contexts` and `literals` (the words that candidates are
made of), `mine` (candidates that no run breaks), `asker` (one obligation, with the hypotheses it
used), `houdini` (which candidates are inductive together), `cubes` and `pdr` (lemmas from
counterexamples to induction), `minimise`, `source` (a lemma as a spec would write it), `search`
(the whole), `command`; and `needs`, which asks the opposite question: what can be left out.
"""
