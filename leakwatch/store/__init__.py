"""The memory: SQLAlchemy Core behind the repository protocols of ``ports.py``.

The only folder, with ``migrations/``, that knows SQLAlchemy. Rows stay in here:
repositories take and return the nouns of ``model/``. Nothing of an artefact's
content, and no name out of one, has a column.

    columns.py      how times, JSON and foreign text are kept alike on both engines
    tables.py       the tables; ``migrations/`` makes them (sighting_tables.py, table_parts.py)
    database.py     a URL -> an engine set up to lose nothing
    failures.py     driver errors -> ours
    schema.py       upgrade, and which revision is there
    transaction.py  what a repository may do with its connection
    session.py      ``SqlStore``: transactions made of repositories
    *_repo.py       one noun each, with its rows <-> model mapping
"""
