"""A referral out of a FHIR bundle: one ServiceRequest for one Patient, with the Conditions it names as reasons.

What has no place in a referral is listed with its path and shown; nothing is dropped in silence, and nothing
is guessed: suicidal thoughts are never read out of a code, only looked for (``courses.actions.referrals``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from euthymia.clinic.courses.incoming import Incoming, Unmapped
from euthymia.clinic.courses.referral_forms import IncomingForm
from euthymia.clinic.fhir import bundle as bundles
from euthymia.clinic.fhir.bundle import Bundle, Problem, Resource
from euthymia.clinic.fhir.conditions import take_conditions
from euthymia.clinic.fhir.people import take_patient, take_requester
from euthymia.clinic.fhir.tree import Unreadable, leaves, parse
from euthymia.clinic.fhir.words import concept_words, texts
from euthymia.evidence import referral_limit

_PRIORITIES = {"routine": "routine", "urgent": "urgent", "asap": "urgent", "stat": "urgent"}
_INTENTS = ("proposal", "plan", "order", "original-order")


@dataclass(frozen=True, slots=True)
class Read:
    """A file as it was read. ``incoming`` is None while there is a problem in it."""

    incoming: Incoming | None
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...] = ()
    unmapped: tuple[Unmapped, ...] = ()


def read(data: bytes, today: date) -> Read:
    """Read a referral out of FHIR R4 JSON. Never raises: what is wrong is in the answer."""
    try:
        tree = parse(data)
    except Unreadable as problem:
        return Read(None, (Problem("File", str(problem)),))
    bundle = bundles.read(tree)
    if bundle.problems:
        return Read(None, tuple(bundle.problems))
    request, patient = _only(bundle, "ServiceRequest"), _only(bundle, "Patient")
    if request is None or patient is None:
        return Read(None, tuple(bundle.problems))
    given, paths = _mapped(bundle, request, patient, today)
    most = referral_limit("file", "most_unmapped")
    unmapped = tuple(islice(leaves(tree, "Bundle", bundle.used), most + 1))
    if len(unmapped) > most:
        bundle.wrong(
            "Bundle",
            f"More than {most} values in it have no place in a referral. Ask the sender for the request alone.",
        )
        return Read(None, tuple(bundle.problems))
    form = IncomingForm(given, today=today)
    if not form.is_valid():
        for name, sentences in form.errors.items():
            for sentence in sentences:
                bundle.wrong(paths.get(name, request.path), str(sentence))
    if bundle.problems:
        return Read(None, tuple(bundle.problems), tuple(bundle.notes), unmapped)
    incoming = form.incoming(unmapped, _number(request))
    return Read(incoming, (), tuple(bundle.notes), unmapped)


def _only(bundle: Bundle, kind: str) -> Resource | None:
    found = bundle.of(kind)
    if len(found) != 1:
        said = "none" if not found else str(len(found))
        bundle.wrong("Bundle.entry", f"A referral holds exactly one {kind}; this Bundle has {said}.")
        return None
    return found[0]


def _mapped(
    bundle: Bundle, request: Resource, patient: Resource, today: date
) -> tuple[dict[str, str], dict[str, str]]:
    """The fields of a referral as a form takes them, and the path that each was read at."""
    _check_request(bundle, request, patient)
    given = {"suicidal_thoughts": "not said"}
    paths: dict[str, str] = {}
    for part in (
        take_patient(bundle, patient),
        take_requester(bundle, request),
        take_conditions(bundle, request, patient),
        _asked(bundle, request, today),
    ):
        for name, (value, path) in part.items():
            given[name] = "\n".join(filter(None, (given.get(name, ""), value))) if name == "reason" else value
            paths.setdefault(name, path)
    if not given.get("reason", "").strip() and given.get("diagnosis"):
        given["reason"] = given["diagnosis"]
    return given, paths


def _check_request(bundle: Bundle, request: Resource, patient: Resource) -> None:
    node, path = request.node, request.path
    if node.get("status") != "active":
        bundle.wrong(
            f"{path}.status", "Only an active request is a referral; this one is not, or is no longer."
        )
    if node.get("intent") not in _INTENTS:
        bundle.wrong(f"{path}.intent", "A referral is a proposal, a plan or an order; this is none of them.")
    if node.get("doNotPerform"):
        bundle.wrong(f"{path}.doNotPerform", "This request says that something is not to be done.")
    if bundle.referred(request, node.get("subject")) is not patient:
        bundle.wrong(f"{path}.subject", "The request’s subject is not the Patient of this Bundle.")
    bundle.used.add(*(f"{path}.{name}" for name in ("status", "intent", "doNotPerform", "subject")))


def _asked(bundle: Bundle, request: Resource, today: date) -> dict[str, tuple[str, str]]:
    """How soon, since when, and why, in the words of the request."""
    node, path = request.node, request.path
    priority = node.get("priority")
    if priority is not None and priority not in _PRIORITIES:
        bundle.wrong(f"{path}.priority", "FHIR knows routine, urgent, asap and stat.")
    if priority is None:
        bundle.note(f"{path}.priority", "The request names no priority, which in FHIR means routine.")
    words = []
    if asked := concept_words(node.get("code")):
        words.append(f"Asked for: {asked}")
    words += [concept_words(each) for each in node.get("reasonCode") or ()]
    words += texts(node.get("note"))
    bundle.used.add(f"{path}.priority", f"{path}.code", f"{path}.reasonCode", *_note_texts(node, path))
    return {
        "urgency": (_PRIORITIES.get(str(priority or "routine"), ""), f"{path}.priority"),
        "referred_on": (_day_of(bundle, request, today), f"{path}.authoredOn"),
        "reason": ("\n".join(filter(None, words)), f"{path}.reasonCode"),
    }


def _note_texts(node: dict[str, Any], path: str) -> list[str]:
    return [f"{path}.note[{number}].text" for number, _ in enumerate(node.get("note") or ())]


def _day_of(bundle: Bundle, request: Resource, today: date) -> str:
    written, path = request.node.get("authoredOn"), f"{request.path}.authoredOn"
    if isinstance(written, str) and len(written) >= len("2026-11-23"):
        bundle.used.add(path)
        return written[: len("2026-11-23")]
    bundle.note(path, "The request does not say its day; the day of the import stands for it.")
    return today.isoformat()


def _number(request: Resource) -> str:
    """The sender's own number for this request, by which it is known when it comes again."""
    for each in request.node.get("identifier") or ():
        if isinstance(each, dict) and each.get("value") and each.get("system"):
            return f"{each['system']}|{each['value']}"
    return ""
