"""The daemon: APScheduler is the clock, the database is the memory.

A tick claims due sources by lease and hands them to a bounded pool; another
job drains the outbox. A restart forgets nothing, and two daemons on one
database share the work without polling a source twice.
"""
