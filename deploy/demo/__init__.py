"""``make demo``: from an admission to the claim file, through the real gateway, and what happens without a line.

``readiness`` brings the stack up and seeds it, ``story`` is what happens and what
must come out, ``stage`` what the steps have in hand, ``transcript`` what a person
reads. The exit code is 0 only if every step came out as told.
"""
