"""Runs every bench of speed; ``make bench``."""

from tests.bench import speed

speed.main()
