"""The door for bedside monitors that speak FHIR R4: answers are OperationOutcomes."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from euthymia.clinic.fhir import observation
from euthymia.clinic.visits.actions import Receipt
from euthymia.clinic.visits.views.readings_in import door, key_of, sent_at
from euthymia.clinic.visits.wire import Message, Problem

_FHIR = "application/fhir+json"
_CODES = {
    401: "login",
    405: "not-supported",
    409: "duplicate",
    413: "too-long",
    415: "structure",
    429: "throttled",
}


def _read(body: bytes, request: HttpRequest) -> Message:
    return observation.read(body, key=key_of(request), date=sent_at(request))


def _say(status: int, sentence: str, problems: tuple[Problem, ...]) -> HttpResponse:
    issues = [_issue("error", "value", each.sentence, each.path) for each in problems]
    return _outcome(issues or [_issue("error", _CODES.get(status, "processing"), sentence)], status)


def _answer(receipt: Receipt) -> HttpResponse:
    issues = []
    for each in receipt.readings:
        at = each.device_time.isoformat()
        issues += [_issue("warning", "value", left["sentence"], left["path"]) for left in each.refused]
        waits = each.fate in ("waiting", "refused")
        told = {"kept": "Taken.", "again": "It came before.", "waiting": "Waits for a person.", "refused": ""}
        issues.append(
            _issue(
                "warning" if waits else "information",
                "informational",
                f"{told[each.fate]} {each.why}".strip(),
                at,
            )
        )
    return _outcome(issues, 200 if receipt.again else 201)


def _issue(severity: str, code: str, sentence: str, path: str = "") -> dict[str, object]:
    issue: dict[str, object] = {"severity": severity, "code": code, "diagnostics": sentence}
    return issue | ({"expression": [path]} if path else {})


def _outcome(issues: list[dict[str, object]], status: int) -> HttpResponse:
    body = {"resourceType": "OperationOutcome", "issue": issues}
    return JsonResponse(body, status=status, content_type=_FHIR)


observations = door(content_types=(_FHIR, "application/json"), read=_read, say=_say, answer=_answer)
