"""What the daemon counts, in a registry of its own."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """Prometheus metrics; labels are our own names, never a site's words."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.polls = Counter(
            "leakwatch_polls",
            "Polls by source and outcome.",
            ["source", "outcome"],
            registry=self.registry,
        )
        self.poll_seconds = Histogram(
            "leakwatch_poll_seconds",
            "Wall time of a poll.",
            buckets=(0.1, 0.5, 1, 5, 15, 60, 300, 900),
            registry=self.registry,
        )
        self.last_success = Gauge(
            "leakwatch_source_last_success_timestamp_seconds",
            "When a source last answered.",
            ["source"],
            registry=self.registry,
        )
        self.findings = Counter(
            "leakwatch_finding_revisions",
            "Finding revisions by outcome.",
            ["outcome"],
            registry=self.registry,
        )
        self.deliveries = Counter(
            "leakwatch_deliveries",
            "Delivery attempts by result.",
            ["result"],
            registry=self.registry,
        )
        self.backlog = Gauge(
            "leakwatch_outbox", "Outbox rows by state.", ["state"], registry=self.registry
        )
        self.journal = Gauge(
            "leakwatch_journal_pending",
            "Observations sealed but not yet in the database.",
            registry=self.registry,
        )
        self.rematch = Gauge(
            "leakwatch_rematch_pending",
            "Things seen before that wait to be matched against a changed corpus.",
            ["matter"],
            registry=self.registry,
        )
        self.last_tick = Gauge(
            "leakwatch_last_tick_timestamp_seconds",
            "When due sources were last claimed.",
            registry=self.registry,
        )
