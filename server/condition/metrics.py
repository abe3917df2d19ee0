"""Metrics for a watching system (Prometheus), on a port of their own: what the processes counted, and how the database stands,
asked anew at each look. Numbers alone: no name, no id, no address.

Imported only where metrics are asked for (`LANTERN_METRICS`).
"""

import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from threading import Lock

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from server.actions.operation.orders import open_ledger
from server.condition.finding import Grade
from server.condition.running import is_ready, list_findings
from server.database.context import Kind, acting
from server.database.engine import Database
from server.database.opening import open_database
from server.queries.operation import jobs, outbox, processes
from server.queries.operation.load import count_load
from server.settings import Settings
from server.soundness import Soundness

HEARD_LATELY = timedelta(days=1)


class StateCollector(Collector):
    """How the server stands. One look at a time, with one connection."""

    def __init__(self, settings: Settings, database: Database, clock: Callable[[], datetime]) -> None:
        self._settings, self._database, self._clock = settings, database, clock
        self._soundness = Soundness(settings, database, open_ledger(settings))
        self._one_at_a_time = Lock()

    def collect(self) -> Iterable[Metric]:
        """Every gauge. Where the database does not answer, that alone."""
        now = self._clock()
        with self._one_at_a_time, acting(Kind.JOB):
            try:
                found = list_findings(self._settings, self._database, self._soundness, now)
                with self._database.reading() as session:
                    gauges = list(_measure(session, now))
            except SQLAlchemyError:
                return [_gauge("database_up", "Does the database answer?", 0)]
        amiss = GaugeMetricFamily("lantern_amiss", "1 to look at, 2 to mend now", labels=["about"])
        for each in found:
            amiss.add_metric([each.about], [Grade.WELL, Grade.LOOK, Grade.UNSAFE].index(each.grade))
        free = shutil.disk_usage(self._settings.data).free
        return [
            _gauge("database_up", "Does the database answer?", 1),
            _gauge("ready", "May requests be sent here?", int(is_ready(found))),
            _gauge("disk_free_bytes", "Free on the disk of LANTERN_DATA", free),
            amiss,
            *gauges,
        ]


def _measure(session: Session, now: datetime) -> Iterator[Metric]:
    load = count_load(session, now - HEARD_LATELY)
    yield _gauge("changes_set_aside", "Changes of phones that nobody has decided on", load.set_aside)
    yield _gauge("boxes_shut", "Sealed boxes that could not be opened", load.shut)
    yield _gauge("phones_unsent", "Records that phones said they have not sent", load.unsent)
    yield _gauge("phones_heard", "Phones heard of in the last day", load.phones)
    yield _gauge("notices_waiting", "Hooks that wait to be handed on", load.notices)
    yield _gauge("processes", "Processes that serve", len(processes.list_serving(session, now)))
    mails = GaugeMetricFamily("lantern_mails", "E-mails, by where they stand", labels=["state"])
    for state, count in outbox.count_by_state(session).items():
        mails.add_metric([str(state)], count)
    yield mails
    began = GaugeMetricFamily("lantern_job_began_seconds_ago", "When each job last began", labels=["job"])
    failed = GaugeMetricFamily("lantern_job_failed", "Did it fail the last time?", labels=["job"])
    late = GaugeMetricFamily("lantern_job_late", "Should it have begun again by now?", labels=["job"])
    for name, run in jobs.list_runs(session).items():
        began.add_metric([name], (now - run.started_at).total_seconds())
        failed.add_metric([name], int(bool(run.error)))
        late.add_metric([name], int(run.is_late(now)))
    yield from (began, failed, late)
    leases = GaugeMetricFamily(
        "lantern_lease_ends_in_seconds", "Lanes of jobs that run now; below 0: whoever ran died", labels=["lane"]
    )
    for each in jobs.list_leases(session):
        leases.add_metric([each.name], (each.until - now).total_seconds())
    yield leases


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"lantern_{name}", words, value=value)


def serve_metrics(settings: Settings, clock: Callable[[], datetime]) -> None:
    """Answer a watching system from a thread, at the address of the settings, until this process ends. Raises OSError."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(StateCollector(settings, open_database(settings, pool_size=1), clock))
    host, port = settings.metrics
    start_http_server(port, host, registry)
