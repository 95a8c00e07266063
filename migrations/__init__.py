"""Alembic revisions: one a change, each written out, tested up, down and with rows in it."""
