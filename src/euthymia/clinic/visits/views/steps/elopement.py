"""A patient walked out unseen."""

from __future__ import annotations

from euthymia.clinic.visits import actions, forms
from euthymia.clinic.visits.views._form_page import FormPage, form_view
from euthymia.clinic.visits.views.steps._beside import P

gone = form_view(
    FormPage(
        title="Walked out unseen",
        lead="Look for them first. Two times are enough now; the rest can be written afterwards.",
        button="Record it",
        form=forms.ElopementForm,
        permission=P.RECORD_OBSERVATION,
        act=actions.record_elopement,
        danger=True,
    )
)


search = form_view(
    FormPage(
        title="What was done",
        lead="One entry for each thing that was done about it.",
        button="Save",
        form=forms.SearchForm,
        permission=P.RECORD_OBSERVATION,
        act=actions.record_search,
    )
)


back = form_view(
    FormPage(
        title="The patient is back",
        lead="Watching goes on. What was judged and read before counts no more.",
        button="Record it",
        form=forms.BackForm,
        permission=P.RECORD_OBSERVATION,
        act=actions.bring_back,
    )
)
