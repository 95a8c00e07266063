"""What the option tables of several kinds share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from leakwatch.model.post import PostState
from leakwatch.sources.posts import Reading

Text = Annotated[str, Field(min_length=1, max_length=2_000)]
States = dict[PostState, tuple[Text, ...]]


class KindOptions(BaseModel):
    """Base of a kind's ``[options]``: immutable, unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PostOptions(KindOptions):
    """Options of every kind that lists posts."""

    link_template: Text | None = None
    """Address of a post by its ``{key}``, where the page has no link to it."""
    assume_utc: bool = False
    """Times without a zone are UTC; else they are not read."""
    date_format: Text | None = None
    """``strptime`` format of the dates, where it is none of the standard ones."""
    states: States = Field(default_factory=dict)
    """``published``, ``offered``, ``countdown`` -> what means it."""
    sweep_every: Annotated[int, Field(ge=1, le=1_000)] = 8
    """Every so many polls the whole list is read again."""

    def reading(
        self, *, trust_links: bool = True, states: Mapping[str, tuple[str, ...]]
    ) -> Reading:
        """Return how items become posts under these options."""
        return Reading(
            trust_links=trust_links,
            link_template=self.link_template,
            assume_utc=self.assume_utc,
            date_format=self.date_format,
            states=states,
        )
