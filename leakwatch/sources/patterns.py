"""Expressions that operators write, checked when the configuration is read."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"expected a regular expression: {error}") from None
    return value


def _expression(value: str) -> str:
    import jmespath  # noqa: PLC0415  (only a source that has expressions pays for it)
    from jmespath.exceptions import JMESPathError  # noqa: PLC0415

    try:
        jmespath.compile(value)
    except JMESPathError:
        raise ValueError("expected a JMESPath expression") from None
    return value


_Short = StringConstraints(min_length=1, max_length=2_000)
Pattern = Annotated[str, _Short, AfterValidator(_pattern)]
Expression = Annotated[str, _Short, AfterValidator(_expression)]
