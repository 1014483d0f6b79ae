"""The table of everything that runs locally: its port, its command, its settings.

To add a service: its offset in OFFSETS, and its entry in `plan`.
"""

import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from urllib.parse import urlsplit

from local import emulators
from local.errors import StackError
from local.processes import HOST, Knock, http_trouble, smtp_trouble
from local.smtp.inbound import Signer
from local.time_scale import ScaledClock

OFFSETS = {
    "intake_form": 0,
    "intake_email": 1,
    "intake_phone": 2,
    "desk": 3,
    "delivery": 4,
    "notify": 5,
    "sla_check": 6,
    "intake_phone_function": 8,
    "desk_function": 9,
    "mailbox": 10,
    "smtp": 11,
    "firestore": 12,
    "pubsub": 13,
    "storage": 14,
}
"""The functions for specialists stand behind the sign-in: it has their addresses, and they have ports of their own."""

_DEFAULT_BASE = 8080
_HIGHEST_PORT = 65535
_SEND_LEASE = 20  # seconds
_SHORTEST_SEND_LEASE = 5  # seconds of the real clock, in which SendGrid's stand-in tells of a letter
_AUDIENCES = {
    "intake_phone": "/projects/1/global/backendServices/2",
    "desk": "/projects/1/global/backendServices/3",
}
_PEOPLE = {
    "SPECIALISTS": "Анна Петрова <anna@pass24online.ru>, Борис Смирнов <boris@pass24online.ru>",
    "HEADS": "Вера Орлова <vera@pass24online.ru>",
}
_STRANGERS = {"STRANGERS": "Глеб Никитин <gleb@pass24online.ru>"}  # so that it can be seen who is not let in

Settings = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Service:
    """One process of the stack, reached at `ports` of this machine; `knock` tells whether one is ready.

    Without a port nobody calls it, and it is ready when it runs.
    """

    name: str
    ports: tuple[int, ...]
    command: tuple[str, ...]
    settings: Settings
    knock: Knock = http_trouble


@dataclass(frozen=True, slots=True)
class Address:
    """One line of the table that is shown when all is ready."""

    name: str
    address: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What to start, in order, and what to tell about it.

    `foundations` (emulators, stand-ins) must be ready, and the emulators' resources made, before `functions` start;
    the SMTP door and the clock start with these, since they call one of them.
    `settings` are those that the resources and the operators' command line go by.
    """

    foundations: tuple[Service, ...]
    functions: tuple[Service, ...]
    addresses: tuple[Address, ...]
    settings: Settings
    push_endpoint: str


def port_base(environ: Mapping[str, str]) -> int:
    """The port that all others are counted from: PORT_BASE, or 8080.

    Raises:
        StackError: it is no number, or there is no room for the offsets above it.
    """
    text = environ.get("PORT_BASE", str(_DEFAULT_BASE))
    highest = _HIGHEST_PORT - max(OFFSETS.values())
    if not text.isdecimal() or not 1 <= int(text) <= highest:
        raise StackError(f"PORT_BASE is a number between 1 and {highest}, not {text!r}.")
    return int(text)


def plan(environ: Mapping[str, str]) -> Plan:
    """The whole stack above PORT_BASE. Whatever the environment sets wins over the settings made here.

    An emulator whose address is in the environment is somebody else's: it is used and not started.

    Raises:
        StackError: PORT_BASE or TIME_SCALE is wrong, or Java or an emulator is absent.
    """
    clock = ScaledClock.of(environ)
    ports = {name: port_base(environ) + offset for name, offset in OFFSETS.items()}
    urls = {name: f"http://{HOST}:{port}" for name, port in ports.items()}
    shared = {
        "GOOGLE_CLOUD_PROJECT": "pass24-local",
        "FIRESTORE_EMULATOR_HOST": f"{HOST}:{ports['firestore']}",
        "PUBSUB_EMULATOR_HOST": f"{HOST}:{ports['pubsub']}",
        "STORAGE_EMULATOR_HOST": urls["storage"],
        "NOTIFICATIONS_TOPIC": "notifications",
        "READY_TOPIC": "ticket-ready",
        "FILES_BUCKET": "pass24-local-files",
    }
    settings = {name: environ.get(name, value) for name, value in shared.items()}

    process = {"PYTHONUNBUFFERED": "1", **clock.settings}

    def function(name: str, signature: str, own: Settings) -> Service:
        port = ports.get(f"{name}_function", ports[name])
        command = (
            *_module("functions_framework" if clock.is_real else "local.function"),
            *("--source", f"functions/{name}/main.py", "--target", name, "--signature-type", signature),
            *("--host", HOST, "--port", str(port)),
        )
        # One process and as many threads as the deployed function has concurrent requests: group commit needs them.
        server = {"WORKERS": "1", "THREADS": "32"}
        return Service(name, (port,), command, {**process, **server, **own, **environ})

    staff = {"SPECIALISTS_EMAIL": "specialists@pass24online.ru", "HEAD_EMAIL": "head@pass24online.ru"}
    registering = {**settings, **staff, "FIRST_TICKET_NUMBER": "12345"}
    replies = {"REPLY_SECRETS": secrets.token_urlsafe(32)}  # notify signs the addresses that intake_email trusts
    links = {"LINK_SECRETS": secrets.token_urlsafe(32)}  # notify signs the links that intake_form trusts
    sendgrid = {
        "SENDGRID_API_KEY": f"SG.{secrets.token_urlsafe(16)}",
        "SENDGRID_URL": urls["mailbox"],
        "SENDGRID_TIMEOUT": "5",
    }
    mail_signer, event_signer = Signer.generate(), Signer.generate()
    intake_form = function(
        "intake_form",
        "http",
        {
            **registering,
            **links,
            "FORM_SECRETS": secrets.token_urlsafe(32),
            "ADDRESS_LIMIT": "10000",  # one machine plays all clients
        },
    )
    intake_email = function("intake_email", "http", {**registering, **replies, "INBOUND_KEYS": mail_signer.public_key})
    lease = max(_SEND_LEASE, clock.scale * _SHORTEST_SEND_LEASE)
    asking = {**links, "FORM_URL": urls["intake_form"]}
    sending = {**settings, **staff, **replies, **asking, **sendgrid, "SEND_LEASE": f"{lease:g}"}
    notify = function("notify", "cloudevent", sending)
    delivery = function("delivery", "http", {**settings, **staff, "EVENT_KEYS": event_signer.public_key})
    sla_check = function("sla_check", "http", {**registering, **sendgrid})
    signed_in = {
        **registering,
        **_PEOPLE,
        "ACCESS_CONTACT": staff["HEAD_EMAIL"],
        "IAP_KEYS_URL": f"{urls['desk']}/_keys",
        "STAFF_SECRETS": secrets.token_urlsafe(32),
    }
    phone_links = {"IAP_AUDIENCE": _AUDIENCES["intake_phone"], "DESK_URL": urls["desk"]}
    intake_phone = function("intake_phone", "http", {**signed_in, **phone_links})
    desk_links = {"IAP_AUDIENCE": _AUDIENCES["desk"], "PHONE_URL": urls["intake_phone"]}
    desk = function("desk", "http", {**signed_in, **desk_links, **sendgrid})

    mailbox = Service(
        "mailbox",
        (ports["mailbox"],),
        (*_module("local.sendgrid"), "--port", str(ports["mailbox"]), "--events", f"{urls['delivery']}/"),
        {**process, "EVENT_SIGNING_KEY": event_signer.pem, **environ},
    )
    mail_goes_to = ("--webhook", f"{urls['intake_email']}/", "--sendgrid", urls["mailbox"])
    smtp = Service(
        "smtp",
        (ports["smtp"],),
        (*_module("local.smtp"), "--port", str(ports["smtp"]), *mail_goes_to),
        {**process, "SMTP_SIGNING_KEY": mail_signer.pem, **environ},
        smtp_trouble,
    )
    fronts = [
        ("--front", name, str(ports[name]), urls[f"{name}_function"], audience) for name, audience in _AUDIENCES.items()
    ]
    iap = Service(
        "iap",
        tuple(ports[name] for name in _AUDIENCES),
        (*_module("local.iap"), *chain.from_iterable(fronts)),
        {**process, **_PEOPLE, **_STRANGERS, "IAP_SIGNING_KEY": Signer.generate().pem, **environ},
    )
    minutes = Service(
        "clock",
        (),
        (*_module("local.clock"), "--url", f"{urls['sla_check']}/", "--every", f"{clock.real_seconds(60):g}"),
        {**process, **environ},
    )
    made = {**registering, **replies, **sendgrid}
    return Plan(
        foundations=(*_emulator_services(environ, ports), mailbox),
        functions=(notify, delivery, intake_form, intake_email, sla_check, intake_phone, desk, smtp, iap, minutes),
        addresses=_addresses(urls, settings, clock),
        settings={name: environ.get(name, value) for name, value in made.items()},
        push_endpoint=f"{urls['notify']}/",
    )


def _module(name: str) -> tuple[str, ...]:
    """The start of a command that runs a module."""
    return (sys.executable, "-m", name)


def storage_command(port: int) -> tuple[str, ...]:
    """The command that runs a Cloud Storage emulator which keeps everything in memory."""
    return (*_module("local.storage"), str(port))


def authority(address: str) -> str:
    """The `host:port` of an emulator's address, which may be a URL."""
    return urlsplit(address if "//" in address else f"//{address}").netloc


def _addresses(urls: Mapping[str, str], settings: Settings, clock: ScaledClock) -> tuple[Address, ...]:
    smtp = authority(urls["smtp"])
    return (
        Address("intake_form", urls["intake_form"], "the web form, for clients"),
        Address("intake_phone", urls["intake_phone"], "calls; for specialists: sign in as anybody of the list"),
        Address("desk", urls["desk"], "what needs a person; for specialists, as above"),
        Address("intake_email", urls["intake_email"], "SendGrid Inbound Parse webhook"),
        Address("delivery", urls["delivery"], "SendGrid Event Webhook"),
        Address("notify", urls["notify"], "sends one notification, called by Pub/Sub"),
        Address("sla_check", urls["sla_check"], "heals and flags, called by the clock each minute"),
        Address("mailbox", urls["mailbox"], "the letters that were sent; SendGrid's stand-in"),
        Address("smtp", smtp, f"mail to support: swaks --server {smtp} --to support@pass24online.ru"),
        Address("firestore", settings["FIRESTORE_EMULATOR_HOST"], "emulator"),
        Address("pubsub", settings["PUBSUB_EMULATOR_HOST"], "emulator"),
        Address("storage", settings["STORAGE_EMULATOR_HOST"], "emulator"),
        *([] if clock.is_real else [Address("time", f"x{clock.scale:g}", "how fast it runs: TIME_SCALE")]),
    )


def _emulator_services(environ: Mapping[str, str], ports: Mapping[str, int]) -> list[Service]:
    services = []
    for emulator in (emulators.FIRESTORE, emulators.PUBSUB):
        if not environ.get(emulator.variable):
            port = ports[emulator.name]
            command = emulators.command(emulator, environ, HOST, port)
            services.append(Service(emulator.name, (port,), command, environ))
    if not environ.get("STORAGE_EMULATOR_HOST"):
        services.append(Service("storage", (ports["storage"],), storage_command(ports["storage"]), environ))
    return services
