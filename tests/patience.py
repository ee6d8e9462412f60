"""How long a test waits for what ends by itself: on no machine as long as this.

Belongs here: that one number. No test may fail because a machine is slow or does much else; what is
to end early is bounded in steps, or by a time that is too short on every machine.
"""

PATIENCE = 600.0
"""Seconds."""
