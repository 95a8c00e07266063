"""The cast of ``leakwatch demo``: a made-up clinic, the sites it leaks to, a mailbox.

Everything is invented and stays on loopback. No stage imports this package.
"""
