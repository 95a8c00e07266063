"""What the stages know of each other: protocols, and nothing else.

Sources see ``Fetcher`` and ``PageParser`` without importing ``fetch/`` or
``sandbox/``; the pipeline sees a ``Store`` without SQLAlchemy. The contract
suites in ``tests/contracts`` run against every implementation.
"""

from leakwatch.ports.sightings import SightingQuery, SightingRepository
from leakwatch.ports.stages import (
    ArtefactReader,
    Channel,
    Fetcher,
    Matcher,
    PageParser,
    Reading,
    Sealer,
    Source,
)
from leakwatch.ports.storage import (
    AlertRepository,
    CaptureRepository,
    CorpusRepository,
    EvidenceRepository,
    FindingQuery,
    FindingRepository,
    MatterRepository,
    SeenArtefact,
    SourceRepository,
    Store,
    StoredMatch,
    TakingRepository,
    UnitOfWork,
)

__all__ = [
    "AlertRepository",
    "ArtefactReader",
    "CaptureRepository",
    "Channel",
    "CorpusRepository",
    "EvidenceRepository",
    "Fetcher",
    "FindingQuery",
    "FindingRepository",
    "Matcher",
    "MatterRepository",
    "PageParser",
    "Reading",
    "Sealer",
    "SeenArtefact",
    "SightingQuery",
    "SightingRepository",
    "Source",
    "SourceRepository",
    "Store",
    "StoredMatch",
    "TakingRepository",
    "UnitOfWork",
]
