"""Landlock: after this the child opens nothing but a few read-only folders.

Source: Linux ``Documentation/userspace-api/landlock.rst``. Needs no privilege,
only a kernel of 5.13 or later with the module on.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable

from leakwatch.sandbox.kernel import Kernel

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_RULE_PATH_BENEATH = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FS_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many rights each version of the interface knows; 16 from the fifth on."""
_ALL_TCP = 3
_ALL_SCOPES = 3
"""Abstract unix sockets and signals to processes outside."""


class Landlock:
    """A set of rules, made once and put on by each child."""

    def __init__(self, kernel: Kernel, readable: Iterable[str]) -> None:
        self._kernel = kernel
        self.version = self.find_version(kernel)
        """0 where the kernel has none: ``restrict`` then does nothing."""
        self._rules = self._make(readable) if self.version else -1

    def restrict(self) -> None:
        """Put the rules on this process for good. Raises OSError."""
        if self.version:
            self._kernel.call(_RESTRICT_SELF, self._rules, 0)

    @staticmethod
    def find_version(kernel: Kernel) -> int:
        """Return the version of the kernel's interface, 0 for none."""
        try:
            return kernel.call(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_FLAG)
        except OSError:
            return 0

    def _make(self, readable: Iterable[str]) -> int:
        rights = (1 << _FS_RIGHTS.get(self.version, 16)) - 1
        fields = [rights]
        if self.version >= 4:
            fields.append(_ALL_TCP)
        if self.version >= 6:
            fields.append(_ALL_SCOPES)
        attributes = struct.pack(f"={len(fields)}Q", *fields)
        rules = self._kernel.call(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
        for path in readable:
            self._allow(rules, path)
        return rules

    def _allow(self, rules: int, path: str) -> None:
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            return
        allowed = _READ_FILE | (_READ_DIR if os.path.isdir(path) else 0)  # noqa: PTH112
        rule = struct.pack("=Qi", allowed, place)
        try:
            self._kernel.call(_ADD_RULE, rules, _RULE_PATH_BENEATH, rule, 0)
        finally:
            os.close(place)
