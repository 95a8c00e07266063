"""Exit codes by which a child says why it has nothing more to say."""

from __future__ import annotations

EXIT_UNHEARD = 95
"""The output pipe is closed."""
EXIT_CONFINEMENT = 96
"""A layer of the confinement could not be put on; no hostile byte was read."""
EXIT_FAILED = 97
"""The job itself raised: a bug of ours."""
EXIT_MEMORY = 98
