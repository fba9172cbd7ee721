"""Addresses of tasks, risk and adverse events."""

from __future__ import annotations

from django.urls import path

from euthymia.clinic.safety.views import plans, records, tasks

app_name = "safety"
_P = "patients/<uuid:patient_id>/safety/"

urlpatterns = [
    path("tasks/", tasks.tasks, name="tasks"),
    path("tasks/<uuid:task_id>/", tasks.task, name="task"),
    path("tasks/<uuid:task_id>/take/", tasks.acknowledge, name="acknowledge"),
    path("tasks/<uuid:task_id>/done/", tasks.complete, name="complete"),
    path("tasks/<uuid:task_id>/call/", tasks.call, name="call"),
    path(_P, records.record, name="record"),
    path(f"{_P}risk/", records.record_risk, name="record_risk"),
    path(f"{_P}risk/<uuid:risk_id>/correct/", records.correct_risk, name="correct_risk"),
    path(f"{_P}plan/", plans.write, name="write_plan"),
    path(f"{_P}plan/<uuid:plan_id>/", plans.plan, name="plan"),
    path(f"{_P}events/", records.record_event, name="record_event"),
    path(f"{_P}events/<uuid:event_id>/news/", records.news_of_event, name="news_of_event"),
]
