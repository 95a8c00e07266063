"""Kind ``feed``: entries of an RSS or Atom feed."""

from __future__ import annotations

from leakwatch.model.source import SourceSpec
from leakwatch.sources.options import KindOptions
from leakwatch.sources.post_source import Plan, PostSource
from leakwatch.sources.registry import SourceKind


class FeedOptions(KindOptions):
    """``[options]`` of a ``feed``: none; both formats say all that is needed."""


def build(spec: SourceSpec, _options: FeedOptions) -> PostSource:
    """Return the source."""
    return PostSource(spec, Plan(wire="leakwatch.sources.wire.feed:parse", options={}))


KIND = SourceKind("feed", FeedOptions, build)
