"""Who has looked at this record: organisations, for the person to read with a worker; look by look for those who may."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.access import Door
from server.queries.people import access_log, subjects
from server.web.layout.page import AnyRequest, page
from shared.model.value import Id
from shared.policy import Act
from shared.policy.looks import FieldClass

FIELD_WORDS = {
    FieldClass.NAME: "name on a list",
    FieldClass.RECORD: "record",
    FieldClass.PLACE: "where they sleep",
    FieldClass.NOTES: "notes",
    FieldClass.DOCUMENTS: "documents",
    FieldClass.ASSESSMENT: "assessment",
    FieldClass.PLAN: "plan",
    FieldClass.WELLBEING: "how they said they were",
    FieldClass.CASE: "case",
    FieldClass.LOOKS: "who looked",
    FieldClass.EVERYTHING: "everything held",
}


@get("/people/{person_id:str}/looks", opt={"action": Act.SEE_OWN_RECORD}, sync_to_thread=True, include_in_schema=False)
def show_access_log(request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id]) -> Response[str]:
    """The organisations, this look among them; each look for whoever answers for the record."""
    with door.open() as access:
        person = access.open_person(person_id, "who looked", Act.SEE_OWN_RECORD)
        subject = subjects.find_person(access.session, person_id)
        whole = subject is not None and access.allows(Act.SEE_WHO_LOOKED, subject)
        if whole:
            access.require(Act.SEE_WHO_LOOKED, subject, purpose="who looked")
        access.write_lines()
        same = subjects.list_same_person(access.session, person_id)
        return page(
            request, "agency/access_log.html", title="Who has looked", worker=access.worker, now=access.now, person=person,
            agencies=access_log.list_agencies_that_looked(access.session, same), words=FIELD_WORDS, whole=whole,
            looks=access_log.list_accesses(access.session, same) if whole else [], most=access_log.MOST,
        )  # fmt: skip
