"""Each file imports SQLAlchemy and Alembic alone: a revision must mean the same for ever."""
