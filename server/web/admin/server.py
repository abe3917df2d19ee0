"""How the server is, for whoever administers: what is amiss first, each with what to do; then what serves, what runs by itself,
and which partners' systems are let in. Nothing of anybody.
"""

from litestar import Response, get
from litestar.di import NamedDependency

from server.access import Door
from server.condition.finding import Finding, Grade
from server.condition.running import list_findings
from server.database.context import Kind, acting
from server.http.services import Services
from server.queries.operation import jobs, processes
from server.queries.partnership import systems
from server.soundness import Soundness
from server.web.layout.page import AnyRequest, page
from shared.policy import Act

SECTION = "/server"
WORST_FIRST = [Grade.UNSAFE, Grade.LOOK, Grade.WELL]
NAMES = {
    "sound": "Disk, log and ledger",
    "schema": "Database’s schema",
    "disk": "Room on the disk",
    "jobs": "Jobs",
    "backups": "Backups",
    "processes": "Processes",
    "mail": "E-mails",
    "systems": "Partners’ systems",
}


@get(SECTION, opt={"action": Act.SEE_OUTBOX}, sync_to_thread=True, include_in_schema=False)
def show_server(
    request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services], soundness: NamedDependency[Soundness]
) -> Response[str]:  # fmt: skip
    """The page."""
    with door.open() as access:
        access.require(Act.SEE_OUTBOX)
        worker, now = access.worker, access.now
    with acting(Kind.COMMAND):
        found = list_findings(services.settings, services.database, soundness, now)
        with services.database.reading() as session:
            serving = processes.list_serving(session, now)
            runs = sorted(jobs.list_runs(session).values(), key=lambda run: run.name)
            listed = systems.list_systems(session)
    shown = sorted(found, key=lambda each: WORST_FIRST.index(each.grade))
    return page(
        request, "admin/server.html", title="Server", section=SECTION, worker=worker, now=now, grades=Grade,
        findings=[(say_about(each), each) for each in shown], serving=serving, runs=runs, systems=listed,
        amiss=sum(each.grade is not Grade.WELL for each in found),
    )  # fmt: skip


def say_about(finding: Finding) -> str:
    """What a finding is about, in words."""
    if finding.about.startswith("job "):
        return f"The job “{finding.about.removeprefix('job ')}”"
    return NAMES.get(finding.about, finding.about)
