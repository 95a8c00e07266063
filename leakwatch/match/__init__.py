"""Stage: which known files an artefact or a listing holds, and how surely.

May import fingerprint/, corpus/, model/ and errors. Pure CPU: no IO (but for
``scan.py``, the flow behind ``leakwatch scan``), no clock. Scores name their
direction; every match says why in plain words, with numbers and without text.
"""
