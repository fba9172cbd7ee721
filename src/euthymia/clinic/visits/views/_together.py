"""Two people on one visit, as its forms show it: what the other did, beside what this one typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.utils.timezone import localtime

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.visits import actions, queries
from euthymia.clinic.visits.forms import VisitForm
from euthymia.clinic.visits.queries import Meanwhile

_LONGEST_NUMBER = 18  # ours, in digits: beyond it the history has no entry


def seen_now(request: Any, do: Callable[..., Any]) -> int | None:
    """What a form that is opened now carries; nothing for who may not see charts, and on a form that is sent.

    A set of readings stands beside any other set: the pad, which must be quick, carries and compares nothing.
    """
    if do is actions.record_observations or request.method == "POST":
        return None
    if not request.viewer.may(Permission.VIEW_CHART):
        return None
    return queries.seen_until()


def act(request: Any, visit_id: UUID, do: Callable[..., Any], form: VisitForm, given: dict[str, Any]) -> None:
    """Write, unless another's entry would be replaced unseen; afterwards say what others did meanwhile."""
    rest = {name: value for name, value in given.items() if name not in ("by", "at", "visit_id")}
    seen = form.cleaned_data.get("read_up_to") if request.viewer.may(Permission.VIEW_CHART) else None
    actions.act_seeing(
        by=request.viewer,
        at=request.now,
        visit_id=visit_id,
        seen=seen,
        act=do,
        given=rest,
        said=form.fingerprint(),
    )
    if seen is not None and (others := queries.meanwhile(request.viewer, visit_id, seen)):
        messages.info(request, f"Saved. Meanwhile {'; '.join(_sentence(each) for each in others)}.")


def was_sent_before(request: Any, visit_id: UUID, form: VisitForm) -> bool:
    """Whether a form that does not hold now is one that was saved: what it asks may have changed by its own saving.

    A device is asked for the reason of a short rest as soon as the one before it, itself sent twice, is recorded.
    """
    key = form.cleaned_data.get("idempotency_key")
    return key is not None and queries.was_sent_before(request.viewer, visit_id, key)


def look_again(request: Any, visit_id: UUID, form: VisitForm) -> None:
    """The person is shown what changed: the same form, sent again, then counts as having seen it.

    What ``told`` shows is still counted from the first look.
    """
    data = form.data.copy()  # type: ignore[attr-defined]  # a QueryDict, whose copy may be changed
    if data.get("version"):
        data["version"] = str(queries.head(request.viewer, visit_id, request.now).version)
    form.seen_before = _number(data.get("read_up_to"))  # type: ignore[attr-defined]
    if data.get("read_up_to"):
        data["read_up_to"] = str(queries.seen_until())
    form.data = data


def told(request: Any, visit_id: UUID, form: VisitForm) -> tuple[Meanwhile, ...]:
    """What others did since this form was opened, to stand beside what was typed."""
    seen = getattr(form, "seen_before", None) or _number(form.data.get("read_up_to"))
    if seen is None or not request.viewer.may(Permission.VIEW_CHART):
        return ()
    return queries.meanwhile(request.viewer, visit_id, seen)


def _sentence(each: Meanwhile) -> str:
    return f"{each.who} {each.did} at {localtime(each.at):%H:%M}"


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) <= _LONGEST_NUMBER else None
