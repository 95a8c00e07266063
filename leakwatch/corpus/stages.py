"""How far a long piece of work has come, told to whoever watches."""

from __future__ import annotations

from typing import Protocol


class Stages(Protocol):
    """Hears of stages, one after the other."""

    def begin(self, name: str, total: int | None = None) -> None:
        """Hear that a stage begins, and of how many steps it is made, where that is known."""
        ...

    def advance(self, steps: int, *, size_bytes: int = 0) -> None:
        """Hear that so many steps more are done, and so many bytes."""
        ...

    def say(self, line: str) -> None:
        """Hear something worth telling."""
        ...


class Silent:
    """Stages that nobody watches."""

    def begin(self, name: str, total: int | None = None) -> None:
        """Nothing is shown."""

    def advance(self, steps: int, *, size_bytes: int = 0) -> None:
        """Nothing is shown."""

    def say(self, line: str) -> None:
        """Nothing is said."""
