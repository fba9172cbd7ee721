"""Answering, calling and the queue, through the pages."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.clinic import factories, patients

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.measures import queries as measures
from euthymia.clinic.measures.models import QuestionnaireResponse
from euthymia.clinic.safety import actions, queries, task_views
from euthymia.clinic.safety.models import FollowUpCall, TaskKind
from euthymia.clinic.safety.queries import Standing


@pytest.fixture
def nurse(db: None) -> factories.Staff:
    return factories.staff(Role.NURSE)


@pytest.fixture
def browser(nurse: factories.Staff) -> Client:
    return factories.signed_in(nurse)


@pytest.fixture
def patient(nurse: factories.Staff) -> UUID:
    return patients.patient(nurse.viewer)


def typed(minutes_ago: int = 0) -> str:
    eastern = timezone.get_fixed_timezone(-300)
    return (timezone.now().astimezone(eastern) - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M")


def post(browser: Client, url: str, data: dict[str, Any], status: int = 303) -> Any:
    response = browser.post(url, {"idempotency_key": str(uuid4())} | data)
    assert response.status_code == status, response.content.decode()[-2000:]
    return response


def call_task(by: Viewer, patient: UUID) -> UUID:
    now = timezone.now()
    return actions.open_task(
        by=by,
        at=now,
        patient_id=patient,
        kind=TaskKind.FOLLOW_UP_CALL,
        origin=f"visit:{uuid4()}",
        owner_role=Role.NURSE,
        opens_at=now,
        due_at=now + timedelta(hours=4),
    )


class TestQuestionnaire:
    FULL = {f"item_{number}": "1" for number in range(1, 10)}

    def test_answers_above_not_at_all_to_item_nine_reach_the_queue(
        self, browser: Client, nurse: factories.Staff, patient: UUID
    ) -> None:
        url = reverse("measures:phq_9", args=[patient])
        post(browser, url, self.FULL | {"taken_at": typed(), "mode": "device"})
        seen = measures.latest(nurse.viewer, patient)
        assert seen is not None
        assert seen.total == 9
        queue = browser.get(reverse("safety:tasks") + "?whose=all").content.decode()
        assert "Assess suicide risk" in queue

    def test_a_question_left_out_is_asked_about_and_kept(self, browser: Client, patient: UUID) -> None:
        url = reverse("measures:phq_9", args=[patient])
        some = {name: score for name, score in self.FULL.items() if name != "item_9"}
        data = some | {"taken_at": typed(), "mode": "paper"}
        asked = post(browser, url, data, 422)
        (doubt,) = asked.context["form"].doubts
        assert "Not answered: 9" in doubt.sentence
        post(browser, url, data | {"confirmed": doubt.code})
        assert QuestionnaireResponse.objects.get().total is None

    def test_the_page_holds_the_frozen_wording_and_fills_nothing_in(
        self, browser: Client, patient: UUID
    ) -> None:
        url = reverse("measures:phq_9", args=[patient])
        post(browser, url, self.FULL | {"taken_at": typed(), "mode": "device"})
        page = browser.get(url).content.decode()
        assert "Little interest or pleasure in doing things" in page
        assert " checked" not in page

    def test_a_correction_names_its_reason_and_shows_both(self, browser: Client, patient: UUID) -> None:
        post(
            browser,
            reverse("measures:phq_9", args=[patient]),
            self.FULL | {"taken_at": typed(), "mode": "device"},
        )
        first = QuestionnaireResponse.objects.get()
        url = reverse("measures:correct", args=[patient, first.id])
        corrected = {f"item_{number}": "2" for number in range(1, 10)} | {
            "taken_at": typed(),
            "mode": "device",
        }
        post(browser, url, corrected, 422)
        post(browser, url, corrected | {"reason": "Row slipped"})
        second = QuestionnaireResponse.objects.get(corrects=first)
        page = browser.get(reverse("measures:answers", args=[patient, second.id])).content.decode()
        assert "Before the correction (Row slipped)" in page

    def test_a_time_in_the_future_is_refused(self, browser: Client, patient: UUID) -> None:
        url = reverse("measures:phq_9", args=[patient])
        answer = post(browser, url, self.FULL | {"taken_at": typed(-90), "mode": "device"}, 422)
        assert "lies in the future" in answer.content.decode()

    def test_answers_of_one_patient_do_not_open_under_another(
        self, browser: Client, nurse: factories.Staff, patient: UUID
    ) -> None:
        post(
            browser,
            reverse("measures:phq_9", args=[patient]),
            self.FULL | {"taken_at": typed(), "mode": "device"},
        )
        other = patients.patient(nurse.viewer)
        url = reverse("measures:answers", args=[other, QuestionnaireResponse.objects.get().id])
        assert browser.get(url).status_code == 404


class TestCall:
    def said(self, **changed: str) -> dict[str, Any]:
        said = {
            "called_at": typed(),
            "reached": "yes",
            "mood": "6",
            "adverse": "no",
            "level": "low",
            "basis": "No thoughts, plans for the weekend",
        }
        return said | changed

    def test_one_call_records_everything(
        self, browser: Client, nurse: factories.Staff, patient: UUID
    ) -> None:
        task = call_task(nurse.viewer, patient)
        url = reverse("safety:call", args=[task])
        event = {"adverse": "yes", "term": "Headache", "onset_at": typed(60), "severity": "mild"}
        said = self.said(**event, event_outcome="resolved")
        assert set(post(browser, url, said, 422).context["form"].errors) == {"seriousness"}
        post(browser, url, said | {"seriousness": "not-serious"})
        assert queries.task(nurse.viewer, task, timezone.now()).standing is Standing.DONE
        assert [event.term for event in queries.adverse_events(nurse.viewer, patient)] == ["Headache"]

    def test_reached_means_that_all_three_were_asked(
        self, browser: Client, nurse: factories.Staff, patient: UUID
    ) -> None:
        url = reverse("safety:call", args=[call_task(nurse.viewer, patient)])
        answer = post(browser, url, {"called_at": typed(), "reached": "yes", "note": "kept"}, 422)
        assert set(answer.context["form"].errors) == {"mood", "adverse", "level", "basis"}
        assert "kept" in answer.content.decode()
        assert not FollowUpCall.objects.exists()

    def test_not_reached_asks_only_what_was_tried(
        self, browser: Client, nurse: factories.Staff, patient: UUID
    ) -> None:
        task = call_task(nurse.viewer, patient)
        url = reverse("safety:call", args=[task])
        post(browser, url, {"called_at": typed(), "reached": "no"}, 422)
        post(browser, url, {"called_at": typed(), "reached": "no", "note": "Voicemail; again at six"})
        assert queries.task(nurse.viewer, task, timezone.now()).standing is Standing.DUE
        assert "Voicemail" in browser.get(url).content.decode()

    def test_high_risk_on_the_phone_needs_the_level_of_care(
        self, browser: Client, nurse: factories.Staff, patient: UUID
    ) -> None:
        url = reverse("safety:call", args=[call_task(nurse.viewer, patient)])
        answer = post(browser, url, self.said(level="high"), 422)
        assert set(answer.context["form"].errors) == {"level_of_care"}


def test_whether_an_event_is_serious_is_answered_and_never_assumed(
    browser: Client, nurse: factories.Staff, patient: UUID
) -> None:
    url = reverse("safety:record_event", args=[patient])
    assert " checked" not in browser.get(url).content.decode()
    event = {"term": "Fall", "onset_at": typed(30), "severity": "moderate", "outcome": "resolving"}
    assert set(post(browser, url, event, 422).context["form"].errors) == {"seriousness"}
    post(browser, url, event | {"seriousness": "hospital"})
    (found,) = queries.adverse_events(nurse.viewer, patient)
    assert found.seriousness == "hospital"
    news = reverse("safety:news_of_event", args=[patient, found.id])
    told = event | {"seriousness": "not-serious", "reason": "He was sent home from the door"}
    post(browser, news, told)
    assert [event.seriousness for event in queries.adverse_events(nurse.viewer, patient)] == [""]


def test_a_task_on_item_nine_that_needs_no_assessment_is_closed_with_a_reason(
    browser: Client, nurse: factories.Staff, patient: UUID
) -> None:
    some = {f"item_{number}": "0" for number in range(1, 9)} | {"taken_at": typed(), "mode": "paper"}
    url = reverse("measures:phq_9", args=[patient])
    (doubt,) = post(browser, url, some, 422).context["form"].doubts
    post(browser, url, some | {"confirmed": doubt.code})
    (task,) = queries.tasks_of(nurse.viewer, patient, timezone.now())
    done = reverse("safety:complete", args=[task.id])
    assert done in browser.get(reverse("safety:task", args=[task.id])).content.decode()
    post(browser, done, {"outcome": "Asked since: not at all", "done_at": typed()})
    assert queries.tasks_of(nurse.viewer, patient, timezone.now()) == ()


def test_taking_a_task_puts_a_name_on_it(browser: Client, nurse: factories.Staff, patient: UUID) -> None:
    task = call_task(nurse.viewer, patient)
    post(browser, reverse("safety:acknowledge", args=[task]), {})
    assert queries.task(nurse.viewer, task, timezone.now()).acknowledged_by == nurse.user.name


@pytest.mark.parametrize("wanted", ["//evil.example/", "https://evil.example/", "evil"])
def test_the_way_back_stays_in_the_house(browser: Client, patient: UUID, wanted: str) -> None:
    url = reverse("safety:record_risk", args=[patient]) + f"?next={wanted}"
    answer = post(browser, url, {"level": "low", "basis": "Asked", "assessed_at": typed()})
    assert answer["Location"] == reverse("safety:record", args=[patient])


class TestMenu:
    def test_what_waits_is_counted_beside_its_entry(
        self, nurse: factories.Staff, browser: Client, patient: UUID
    ) -> None:
        board = reverse("visits:board")
        assert "nav-count" not in browser.get(board).content.decode()
        call_task(nurse.viewer, patient)
        told = re.search(
            r"Tasks\s+<span class=\"nav-count\">(.*?)</span></span>", browser.get(board).content.decode()
        )
        assert told is not None
        assert told[1] == '1<span class="visually-hidden"> waiting'


class TestManyTasks:
    def shown(self, browser: Client, query: str) -> tuple[list[str], str]:
        content = browser.get(f"{reverse('safety:tasks')}?whose=all{query}").content.decode()
        return re.findall(r'href="/tasks/([0-9a-f-]{36})/"', content), content

    def test_more_than_a_page_of_tasks_is_drawn_page_by_page(
        self, nurse: factories.Staff, browser: Client, patient: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(task_views, "ON_A_PAGE", 2)
        tasks = [str(call_task(nurse.viewer, patient)) for _ in range(5)]
        first, content = self.shown(browser, "")
        assert first == tasks[:2]
        assert "5 tasks, page 1 of 3" in content
        assert "Due later" in content
        assert "Due sooner" not in content
        # What asks again every half minute asks for this page.
        last, content = self.shown(browser, "&page=3")
        assert last == tasks[4:]
        assert "whose=all&amp;page=3" in content
        assert "Due later" not in content

    @pytest.mark.parametrize(("asked", "place"), [("99", 4), ("0", 0), ("x", 0), ("-1", 0), ("9" * 40, 0)])
    def test_a_page_that_is_not_there_is_the_nearest_or_the_first(
        self,
        nurse: factories.Staff,
        browser: Client,
        patient: UUID,
        monkeypatch: pytest.MonkeyPatch,
        asked: str,
        place: int,
    ) -> None:
        monkeypatch.setattr(task_views, "ON_A_PAGE", 2)
        tasks = [str(call_task(nurse.viewer, patient)) for _ in range(5)]
        assert self.shown(browser, f"&page={asked}")[0][0] == tasks[place]

    def test_what_nobody_has_taken_is_said_on_every_page(
        self, nurse: factories.Staff, browser: Client, patient: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(task_views, "ON_A_PAGE", 1)
        past = timezone.now() - timedelta(hours=3)
        actions.open_task(
            by=nurse.viewer, at=past, patient_id=patient, kind=TaskKind.OTHER, origin=f"test:{uuid4()}",
            owner_role=Role.NURSE, opens_at=past, due_at=past + timedelta(minutes=5),
            escalates_at=past + timedelta(minutes=5), escalates_to=Role.PRESCRIBER,
        )  # fmt: skip
        call_task(nurse.viewer, patient)
        for page in (1, 2):
            assert "taken by nobody" in self.shown(browser, f"&page={page}")[1]
