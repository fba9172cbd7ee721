"""The site record: the director's page."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated
from euthymia.clinic.courses import actions, queries
from euthymia.clinic.courses.queries.site import SETTINGS
from euthymia.clinic.looks.widgets import Day, Measure, Segmented
from euthymia.clinic.people.entry import NOT_KNOWN, EntryForm, Group, yes_no
from euthymia.clinic.people.pages import Page, take

_NOT_SAID = {"required": "Choose one; “not known” is an answer."}


def _known(label: str, **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=NOT_KNOWN, widget=Segmented, error_messages=_NOT_SAID, **more
    )


class SiteForm(EntryForm):
    """What the site is now. Nothing is carried over from what was written before."""

    setting = forms.ChoiceField(label="The drug is given in", choices=SETTINGS, widget=Segmented)
    certified = _known("Is the site certified by the safety programme?")
    certified_until = forms.DateField(
        label="Certified until",
        widget=Day,
        required=False,
        error_messages={"invalid": "Enter a date that exists, such as 2027-01-31."},
        help_text="Leave it empty if no end is set.",
    )
    certificate = forms.CharField(label="Number of the certificate", required=False, max_length=60)
    representative = forms.CharField(label="Authorised representative", required=False, max_length=200)
    oximeters = forms.IntegerField(
        label="Pulse oximeters", required=False, min_value=0, max_value=500, widget=Measure(unit="")
    )
    resuscitation_equipment = _known("Resuscitation equipment")
    resuscitation_trained = _known("Staff trained in resuscitation, whenever patients are here")
    origin = forms.CharField(
        label="Read from", max_length=200, help_text="The certificate, the programme's portal, a count today."
    )

    groups: ClassVar[tuple[Group, ...]] = (
        Group("Setting", ("setting",)),
        Group("Safety programme", ("certified", "certified_until", "certificate", "representative")),
        Group("In the house", ("oximeters", "resuscitation_equipment", "resuscitation_trained")),
        Group("", ("origin",)),
    )

    def __init__(self, *args: Any, programme: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not programme:
            for name in ("certified", "certified_until", "certificate", "representative"):
                del self.fields[name]
            self.groups = tuple(group for group in self.groups if group.legend != "Safety programme")  # type: ignore[misc]

    def site(self) -> actions.Site:
        """What was entered, as the action takes it."""
        given = self.values()
        for name in ("certified", "resuscitation_equipment", "resuscitation_trained"):
            if name in given:
                given[name] = yes_no(given[name])
        return actions.Site(**given)


@page(Permission.KEEP_SITE)
def site(request: Any) -> HttpResponse:
    """Write down what the site is certified for and has."""
    programme = queries.has_programme(request.viewer.clinic_id)
    form = SiteForm(request.POST or None, programme=programme)

    def act(_: Reauthenticated | None) -> str:
        actions.record_site(
            by=request.viewer,
            at=request.now,
            site=form.site(),
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        return "The site record is kept."

    shown = Page(
        "Site",
        [("Schedule", reverse("visits:schedule")), ("Site", None)],
        lead="What this house is certified for and has. Bookings and the day's dose are judged by it.",
        back=reverse("courses:site"),
        submit="Save the site record",
    )
    standing = queries.site(request.viewer)
    today = timezone.localtime(request.now).date()
    return take(
        request,
        form=form,
        page=shown,
        act=act,
        template="courses/site.html",
        more={
            "standing": standing,
            "programme": programme,
            "lapsed": bool(standing and standing.certified and standing.is_certified_on(today) is False),
        },
    )
