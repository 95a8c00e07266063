"""Stage: bytes of a known kind into text, for fingerprints rather than for reading.

Runs inside the sandbox child. May import model/, errors and parser libraries.
Recall comes first: text in odd places (attributes, comments, scripts) is kept,
behind the visible text, so that it breaks no passage. White space is of no
account: the fingerprint drops it.
"""
