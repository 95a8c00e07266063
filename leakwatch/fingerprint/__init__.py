"""Stage: what is kept of a document in place of the document.

Everything here is keyed: without the key a fingerprint can be neither tested
against a guess nor compared. Imports model/ and errors only; reads no file but
the key. Pure CPU: no clock, no randomness outside ``keygen``.
"""
