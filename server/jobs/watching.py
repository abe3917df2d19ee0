"""Looks after who is out, and hands messages to the telephone gateway. Runs every quarter of a minute, before anything else."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from server.actions.street.alarms import Watch
from server.actions.street.reaching import ways_of
from server.http.services import Services
from server.jobs.runner import Moment
from server.mail.smtp import MailRefused, TryLater, Unreachable
from server.mail.telephone import Gateway, Text, make_gateway, write_text
from server.queries.street import alarms
from server.queries.street.alarms import Call
from server.settings import Settings
from shared.model.alarm import AlarmEvent, AlarmEventKind
from shared.model.mail import MailState
from shared.rules.alarms import next_message_try

TROUBLES = MailRefused | TryLater | Unreachable
"""What a gateway may come to: everything else is a fault of this server."""
AT_ONCE = 8
"""How many messages the gateway is handed at the same time."""


def watch_over(services: Services, moment: Moment) -> int:
    """Raises, carries on and ends alarms; returns how many things happened. Fails, once the others are told, where one could not
    be looked after."""
    with services.database.writing() as session:
        settings = services.settings
        watch = Watch(session, moment.now, services.new_id, settings.alarm.ladder, ways_of(settings))
        done = watch.look()
    for fault in watch.faults:
        raise fault
    return done


def ring(services: Services, moment: Moment) -> int:
    """Hands on the messages that wait, several at a time, so that one that hangs holds up no other person's; returns how many
    were taken. Without a gateway they wait and are listed. Fails, once all are tried, where this server itself was at fault."""
    gateway = make_gateway(services.settings)
    if gateway is None:
        return 0
    taken, claimed = 0, AT_ONCE
    faults: list[Exception] = []
    with ThreadPoolExecutor(AT_ONCE, "lantern-telephone") as lines:
        while claimed == AT_ONCE:
            calls = _claim(services)
            moment.heartbeat()
            came = list(lines.map(partial(_send, gateway, services.settings), calls))
            for call, what in zip(calls, came, strict=True):
                taken += _keep(services, call, what)
            faults += [each for each in came if not isinstance(each, TROUBLES | None)]
            # A gateway that takes nothing at all is left alone until the next round.
            claimed = len(calls) if Unreachable not in map(type, came) else 0
    for fault in faults:
        raise fault
    return taken


def _claim(services: Services) -> list[Call]:
    """The next messages, each claimed by itself."""
    calls: list[Call] = []
    while len(calls) < AT_ONCE:
        with services.database.writing() as session:
            call = alarms.claim_call(session, services.clock())
        if call is None:
            break
        calls.append(call)
    return calls


def _send(gateway: Gateway, settings: Settings, call: Call) -> Exception | None:
    """What kept one from being taken; None when nothing did."""
    link = f"{settings.address}/alarms/{call.alarm_id}"
    words = write_text(call.about, call.step, call.is_over, link, call.asks_help, call.is_silent, call.is_put_back)
    try:
        gateway.send(Text(id=call.id, to=call.telephone, text=words, channel=settings.alarm.channel))
    except Exception as trouble:
        # Also a fault of this server's, a token that cannot be read: the next message may have a way.
        return trouble
    return None


def _keep(services: Services, call: Call, trouble: Exception | None) -> bool:
    """Keep what became of it; True when it was taken."""
    if trouble is None:
        _settle(services, call, MailState.SENT, "")
    elif isinstance(trouble, MailRefused):
        _settle(services, call, MailState.FAILED, str(trouble))
    elif isinstance(trouble, TROUBLES):
        _again(services, call, str(trouble))
    else:
        _stumble(services, call, trouble)
    return trouble is None


def _stumble(services: Services, call: Call, fault: Exception) -> None:
    """A fault of this server's own stands in the alarm's log the first time, and is tried again like a gateway that is away."""
    words = f"A fault of this server, {type(fault).__name__}: it is tried again each minute."
    if call.attempts == 1:
        with services.database.writing() as session:
            alarms.add_events(session, [_came(services, call, AlarmEventKind.FAILED, words)])
    _again(services, call, words)


def _again(services: Services, call: Call, error: str) -> None:
    again = next_message_try(call.attempts, services.clock())
    if again is None:
        _settle(services, call, MailState.FAILED, error)
        return
    with services.database.writing() as session:
        alarms.settle_call(session, call.id, MailState.WAITING, again, error)


def _settle(services: Services, call: Call, state: MailState, error: str) -> None:
    """Keep what became of it, in the alarm's log too."""
    now = services.clock()
    kind = AlarmEventKind.SENT if state is MailState.SENT else AlarmEventKind.FAILED
    event = _came(services, call, kind, error or services.settings.alarm.channel)
    with services.database.writing() as session:
        alarms.settle_call(session, call.id, state, now, error)
        alarms.add_events(session, [event])


def _came(services: Services, call: Call, kind: AlarmEventKind, note: str) -> AlarmEvent:
    return AlarmEvent(
        id=services.new_id(), alarm_id=call.alarm_id, at=services.clock(), kind=kind, step=call.step,
        worker_id=call.worker_id, note=note,
    )  # fmt: skip
