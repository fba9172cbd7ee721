"""Every address, and what each role gets there. An address without a row here fails the tests.

A row names the address, the method, who it opens to, and what those get. Everybody else who is signed in gets
403; nobody signed in is sent to sign in; somebody without a second factor is sent to set one up. An id of
another clinic gets 404. A denied answer holds no name of a patient.

``P`` prescriber, ``N`` nurse, ``T`` therapist, ``F`` front desk, ``M`` medical director, ``A`` administrator.
"""

from __future__ import annotations

from dataclasses import dataclass

PUBLIC = "public"
ALL = "PNTFMA"
CLINICAL = "PNTM"


@dataclass(frozen=True, slots=True)
class Row:
    """``args`` name things that ``tests.boundary.world`` makes; ``ok`` is what those let in get."""

    url: str
    method: str
    open_to: str
    ok: int = 200
    args: tuple[str, ...] = ()
    data: tuple[tuple[str, str], ...] = ()
    before_second_factor: bool = False  # opens also to somebody who has yet to set one up
    of_a_clinic: bool = True  # False: the arguments belong to no clinic, so there is no other clinic's
    different: tuple[tuple[str, int], ...] = ()  # roles let in that get something else than ``ok``
    foreign: int = 404  # what those let in get for another clinic's id

    def __str__(self) -> str:
        return f"{self.method} {self.url}"


ROWS: tuple[Row, ...] = (
    # --- the frame -----------------------------------------------------------------------------------------
    Row("home", "GET", ALL, 302),
    Row("theme", "POST", PUBLIC, 303, data=(("theme", "dim"),)),
    Row("gallery", "GET", PUBLIC),
    # --- what anybody may read ------------------------------------------------------------------------------
    Row("portal:contents", "GET", PUBLIC),
    Row("portal:about", "GET", PUBLIC, args=("document",), of_a_clinic=False),
    Row("system", "GET", "MA"),
    Row("check_chain", "POST", "MA", 302),
    # --- sign-in -------------------------------------------------------------------------------------------
    Row("account_login", "GET", PUBLIC, different=tuple((role, 302) for role in ALL)),
    Row("mfa_authenticate", "GET", PUBLIC, 302),
    Row("mfa_login_webauthn", "GET", PUBLIC, 302),
    Row("access:sign_out", "POST", PUBLIC, 302),
    Row("access:switch", "GET", PUBLIC, different=tuple((role, 302) for role in ALL)),
    Row("access:switch", "POST", PUBLIC, 302),
    Row("access:forget_device", "POST", PUBLIC, 302),
    Row("access:one_time_link", "GET", PUBLIC, args=("link",), of_a_clinic=False),
    Row(
        "access:one_time_link",
        "POST",
        PUBLIC,
        422,
        args=("link",),
        data=(("password", "x"),),
        of_a_clinic=False,
    ),
    # --- one's own account ---------------------------------------------------------------------------------
    Row("access:security", "GET", ALL),
    Row("access:change_password", "GET", ALL),
    Row("access:change_password", "POST", ALL, 422),
    Row("access:add_app", "GET", ALL, before_second_factor=True),
    Row("access:add_app", "POST", ALL, 422, before_second_factor=True),
    Row("access:add_passkey", "GET", ALL, before_second_factor=True),
    Row("access:add_passkey", "POST", ALL, 422, before_second_factor=True),
    Row("access:begin_new_passkey", "POST", ALL, before_second_factor=True),
    Row("access:begin_passkey", "POST", ALL),
    Row("access:remove_factor", "GET", ALL, 404, args=("factor",)),  # somebody else's
    Row("access:remove_factor", "POST", ALL, 404, args=("factor",)),
    # --- staff ---------------------------------------------------------------------------------------------
    Row("access:staff", "GET", "A"),
    Row("access:add_staff", "GET", "A"),
    Row("access:add_staff", "POST", "A", 422),
    Row("access:staff_member", "GET", "A", args=("person",)),
    Row("access:staff_member", "POST", "A", 422, args=("person",)),
    Row("access:invite_staff", "GET", "A", args=("person",)),
    Row("access:invite_staff", "POST", "A", 422, args=("person",)),
    Row("access:close_account", "POST", "A", 302, args=("person",)),
    Row("access:open_account", "POST", "A", 302, args=("person",)),
    # --- emergency access and the access log ---------------------------------------------------------------
    Row("access:break_glass", "GET", CLINICAL, args=("restricted_patient",)),
    Row("access:break_glass", "POST", CLINICAL, 422, args=("restricted_patient",)),
    Row("access:readings", "GET", CLINICAL, args=("patient",)),
    Row("access:readings", "GET", CLINICAL, 404, args=("restricted_patient",)),
    Row("access:emergencies", "GET", "M"),
    Row("access:review_emergency", "GET", "M", args=("emergency",)),
    Row("access:review_emergency", "POST", "M", 422, args=("emergency",)),
    Row("access:log", "GET", "MA"),
    # --- the rule book -------------------------------------------------------------------------------------
    Row("rulebook:rules", "GET", "PNTMA"),
    Row("rulebook:rule", "GET", "PNTMA", args=("rule",), of_a_clinic=False),
    Row("rulebook:sign", "GET", "M"),
    Row("rulebook:sign", "POST", "M", 422),
    Row("rulebook:change", "GET", "M", args=("rule",), of_a_clinic=False),
    Row("rulebook:change", "POST", "M", 422, args=("rule",), of_a_clinic=False),
    Row("rulebook:versions", "GET", "PNTMA"),
    Row("rulebook:version", "GET", "PNTMA", args=("book_version",)),
    Row("rulebook:jurisdiction", "GET", "M"),
    Row("rulebook:jurisdiction", "POST", "M", 422),
    # --- patients ------------------------------------------------------------------------------------------
    Row("people:directory", "GET", "PNTFM"),
    Row("people:register", "GET", "PNF"),
    Row("people:register", "POST", "PNF", 422),
    Row("people:chart", "GET", CLINICAL, args=("patient",)),
    Row(
        "people:chart", "GET", CLINICAL, 302, args=("restricted_patient",)
    ),  # to the page of emergency access
    Row("people:details", "GET", "PNTFM", args=("patient",)),
    Row("people:change", "GET", "PNF", args=("patient",)),
    Row("people:change", "POST", "PNF", 422, args=("patient",)),
    Row("people:restrict", "GET", "M", 303, args=("patient",), foreign=303),  # back, before it looks
    Row("people:restrict", "POST", "M", 303, args=("patient",)),
    Row("people:allergies", "GET", "PNT", args=("patient",)),
    Row("people:allergies", "POST", "PNT", 422, args=("patient",)),
    Row("people:trials", "GET", CLINICAL, args=("patient",)),
    Row("people:add_trial", "GET", "PNT", args=("patient",)),
    Row("people:add_trial", "POST", "PNT", 422, args=("patient",)),
    Row("people:correct_trial", "GET", "PNT", args=("patient", "trial")),
    Row("people:correct_trial", "POST", "PNT", 422, args=("patient", "trial")),
    Row("people:weights", "GET", CLINICAL, args=("patient",)),
    Row("people:weights", "POST", CLINICAL, 422, args=("patient",)),
    Row("people:correct_weight", "GET", CLINICAL, args=("patient", "weight")),
    Row("people:correct_weight", "POST", CLINICAL, 422, args=("patient", "weight")),
    # --- measures ------------------------------------------------------------------------------------------
    Row("measures:phq_9", "GET", CLINICAL, args=("patient",)),
    Row("measures:phq_9", "POST", CLINICAL, 422, args=("patient",)),
    Row("measures:mood", "GET", CLINICAL, args=("patient",)),
    Row("measures:mood", "POST", CLINICAL, 422, args=("patient",)),
    Row("measures:answers", "GET", CLINICAL, args=("patient", "answers")),
    Row("measures:correct", "GET", CLINICAL, args=("patient", "answers")),
    Row("measures:correct", "POST", CLINICAL, 422, args=("patient", "answers")),
    # --- safety --------------------------------------------------------------------------------------------
    Row("safety:tasks", "GET", CLINICAL),
    Row("safety:task", "GET", CLINICAL, args=("task",)),
    Row("safety:acknowledge", "POST", CLINICAL, 303, args=("task",)),
    Row("safety:complete", "GET", CLINICAL, args=("task",)),
    Row("safety:complete", "POST", CLINICAL, 422, args=("task",)),
    Row("safety:call", "GET", "PN", args=("task",)),
    Row("safety:call", "POST", "PN", 422, args=("task",)),
    Row("safety:record", "GET", CLINICAL, args=("patient",)),
    Row("safety:record_risk", "GET", "PN", args=("patient",)),
    Row("safety:record_risk", "POST", "PN", 422, args=("patient",)),
    Row("safety:correct_risk", "GET", "PN", args=("patient", "risk")),
    Row("safety:correct_risk", "POST", "PN", 422, args=("patient", "risk")),
    Row("safety:write_plan", "GET", "PN", args=("patient",)),
    Row("safety:write_plan", "POST", "PN", 422, args=("patient",)),
    Row("safety:plan", "GET", CLINICAL, args=("patient", "safety_plan")),
    Row("safety:record_event", "GET", CLINICAL, args=("patient",)),
    Row("safety:record_event", "POST", CLINICAL, 422, args=("patient",)),
    Row("safety:news_of_event", "GET", CLINICAL, args=("patient", "event")),
    Row("safety:news_of_event", "POST", CLINICAL, 422, args=("patient", "event")),
    # --- courses -------------------------------------------------------------------------------------------
    Row("courses:courses", "GET", CLINICAL),
    Row("courses:refer", "GET", "PNT", args=("patient",)),
    Row("courses:refer", "POST", "PNT", 422, args=("patient",)),
    Row("courses:withdraw", "GET", "PNTFM", args=("course_patient",)),
    Row("courses:withdraw", "POST", "PNTFM", 422, args=("course_patient",)),
    Row("courses:course", "GET", CLINICAL, args=("visit_course",)),
    Row("courses:move", "GET", CLINICAL, args=("visit_course", "course_event")),
    Row("courses:move", "POST", CLINICAL, 422, args=("visit_course", "course_event")),
    Row("courses:history", "GET", "PNT", args=("visit_course",)),
    Row("courses:history", "POST", "PNT", 422, args=("visit_course",)),
    Row("courses:eligibility", "GET", CLINICAL, args=("visit_course",)),
    Row("courses:decide", "GET", "P", args=("visit_course",)),
    Row("courses:decide", "POST", "P", 422, args=("visit_course",)),
    Row("courses:consent", "GET", "PN", args=("visit_course",)),
    Row("courses:consent", "POST", "PN", 422, args=("visit_course",)),
    Row("courses:consent_copy", "GET", CLINICAL, args=("visit_course", "consent")),
    Row("courses:programme", "GET", "PNT", args=("visit_course",)),
    Row("courses:programme", "POST", "PNT", 422, args=("visit_course",)),
    Row("courses:plan", "GET", "P", args=("visit_course",)),
    Row("courses:plan", "POST", "P", 422, args=("visit_course",)),
    Row("courses:benefit", "GET", "P", 404, args=("visit_course",)),  # not due yet
    Row("courses:benefit", "POST", "P", 404, args=("visit_course",)),
    # --- board and visit -----------------------------------------------------------------------------------
    Row("visits:board", "GET", "PNTFM"),
    Row("visits:tiles", "GET", "PNTFM"),
    Row("visits:schedule", "GET", "PNTFM"),
    Row("visits:schedule_of", "GET", "PNTFM", args=("day",), of_a_clinic=False),
    Row("visits:book", "GET", "PNF", args=("visit_course",)),
    Row("visits:book", "POST", "PNF", 422, args=("visit_course",)),
    Row("visits:visit", "GET", "PNTM", args=("visit",)),
    Row("visits:live", "GET", "PNTM", args=("visit",)),
    Row("visits:forecast", "GET", "PNTM", args=("visit",)),
    Row("visits:move", "GET", "PNF", args=("booked_visit",)),
    Row("visits:move", "POST", "PNF", 422, args=("booked_visit",)),
    Row("visits:cancel", "GET", "PNF", args=("booked_visit",)),
    Row("visits:cancel", "POST", "PNF", 422, args=("booked_visit",)),
    Row("visits:missed", "GET", "PNF", args=("booked_visit",)),
    Row("visits:missed", "POST", "PNF", 422, args=("booked_visit",)),
    Row("visits:start", "GET", "PN", args=("booked_visit",)),
    Row("visits:start", "POST", "PN", 422, args=("booked_visit",)),
    Row("visits:pressure", "GET", "PN", args=("visit",)),
    Row("visits:pressure", "POST", "PN", 422, args=("visit",)),
    Row("visits:weight", "GET", "PN", args=("visit",)),
    Row("visits:weight", "POST", "PN", 422, args=("visit",)),
    Row("visits:fasting", "GET", "PN", args=("visit",)),
    Row("visits:fasting", "POST", "PN", 422, args=("visit",)),
    Row("visits:nasal-product", "GET", "PN", args=("visit",)),
    Row("visits:nasal-product", "POST", "PN", 422, args=("visit",)),
    Row("visits:medicines", "GET", "PN", args=("visit",)),
    Row("visits:medicines", "POST", "PN", 422, args=("visit",)),
    Row("visits:pressure-risk", "GET", "PN", args=("visit",)),
    Row("visits:pressure-risk", "POST", "PN", 422, args=("visit",)),
    Row("visits:pregnancy", "GET", "PN", args=("visit",)),
    Row("visits:pregnancy", "POST", "PN", 422, args=("visit",)),
    Row("visits:programme", "GET", "PN", args=("visit",)),
    Row("visits:programme", "POST", "PN", 422, args=("visit",)),
    Row("visits:phq-9", "GET", "PNTM", args=("visit",)),
    Row("visits:phq-9", "POST", "PNTM", 422, args=("visit",)),
    Row("visits:risk", "GET", "PN", args=("visit",)),
    Row("visits:risk", "POST", "PN", 422, args=("visit",)),
    Row("visits:high-risk", "GET", "P", args=("visit",)),
    Row("visits:high-risk", "POST", "P", 422, args=("visit",)),
    Row("visits:escort", "GET", "PN", args=("visit",)),
    Row("visits:escort", "POST", "PN", 422, args=("visit",)),
    Row("visits:instructions", "GET", "PN", args=("visit",)),
    Row("visits:instructions", "POST", "PN", 422, args=("visit",)),
    Row("visits:override", "GET", "P", args=("visit",)),
    Row("visits:override", "POST", "P", 422, args=("visit",)),
    Row("visits:finish_check_in", "GET", "PN", args=("visit",)),
    Row("visits:finish_check_in", "POST", "PN", 422, args=("visit",)),
    Row("visits:reopen_check_in", "GET", "PN", args=("visit",)),
    Row("visits:reopen_check_in", "POST", "PN", 422, args=("visit",)),
    Row("visits:order", "GET", "P", args=("visit",)),
    Row("visits:order", "POST", "P", 422, args=("visit",)),
    Row("visits:cancel_order", "GET", "P", args=("visit",)),
    Row("visits:cancel_order", "POST", "P", 422, args=("visit",)),
    Row("visits:device", "GET", "PN", args=("visit",)),
    Row("visits:device", "POST", "PN", 422, args=("visit",)),
    Row("visits:no_more_devices", "GET", "PN", args=("visit",)),
    Row("visits:no_more_devices", "POST", "PN", 422, args=("visit",)),
    Row("visits:observe", "GET", "PN", args=("visit",)),
    Row("visits:observe", "POST", "PN", 422, args=("visit",)),
    Row("visits:acknowledge", "GET", "PN", args=("visit",)),
    Row("visits:acknowledge", "POST", "PN", 422, args=("visit",)),
    Row("visits:judge_stability", "GET", "PN", args=("visit",)),
    Row("visits:judge_stability", "POST", "PN", 422, args=("visit",)),
    Row("visits:escort_here", "GET", "PN", args=("visit",)),
    Row("visits:escort_here", "POST", "PN", 422, args=("visit",)),
    Row("visits:ready_to_leave", "GET", "PN", args=("visit",)),
    Row("visits:ready_to_leave", "POST", "PN", 422, args=("visit",)),
    Row("visits:resume_monitoring", "GET", "PN", args=("visit",)),
    Row("visits:resume_monitoring", "POST", "PN", 422, args=("visit",)),
    Row("visits:discharge", "GET", "PN", args=("visit",)),
    Row("visits:discharge", "POST", "PN", 422, args=("visit",)),
    Row("visits:against_advice", "GET", "PN", args=("visit",)),
    Row("visits:against_advice", "POST", "PN", 422, args=("visit",)),
    Row("visits:transfer", "GET", "PN", args=("visit",)),
    Row("visits:transfer", "POST", "PN", 422, args=("visit",)),
    Row("visits:emergency", "GET", "PNTFM", args=("visit",)),
    Row("visits:emergency", "POST", "PNTFM", 422, args=("visit",)),
    Row("visits:stabilise", "GET", "PN", args=("visit",)),
    Row("visits:stabilise", "POST", "PN", 422, args=("visit",)),
    Row("visits:death", "GET", "PN", args=("visit",)),
    Row("visits:death", "POST", "PN", 422, args=("visit",)),
    Row("visits:withhold", "GET", "PN", args=("visit",)),
    Row("visits:withhold", "POST", "PN", 422, args=("visit",)),
    Row("visits:end_follow_up", "GET", "PNTM", args=("visit",)),
    Row("visits:end_follow_up", "POST", "PNTM", 422, args=("visit",)),
    Row("visits:close", "GET", "PN", args=("visit",)),
    Row("visits:close", "POST", "PN", 422, args=("visit",)),
    Row("visits:correct_device", "GET", "PN", args=("visit", "device")),
    Row("visits:correct_device", "POST", "PN", 422, args=("visit", "device")),
    Row("visits:infusion", "GET", "PN", args=("infusion_visit", "infusion_step")),
    Row("visits:infusion", "POST", "PN", 422, args=("infusion_visit", "infusion_step")),
    Row("visits:correct_infusion", "GET", "PN", args=("running_visit", "infusion_event")),
    Row("visits:correct_infusion", "POST", "PN", 422, args=("running_visit", "infusion_event")),
    Row("visits:correct_observation", "GET", "PN", args=("visit", "observation")),
    Row("visits:correct_observation", "POST", "PN", 422, args=("visit", "observation")),
    Row("visits:waive", "GET", "PN", args=("visit", "due_key")),
    Row("visits:waive", "POST", "PN", 422, args=("visit", "due_key")),
    Row("visits:explain", "GET", "PN", args=("visit", "deviation")),
    Row("visits:explain", "POST", "PN", 422, args=("visit", "deviation")),
    # --- reports --------------------------------------------------------------------------------------------
    Row("reports:evidence", "GET", CLINICAL, args=("visit_course",)),
    Row("reports:new_letter", "GET", "PNT", args=("visit_course",)),
    Row("reports:new_letter", "POST", "PNT", 303, args=("visit_course",)),
    Row("reports:letter", "GET", CLINICAL, args=("letter",)),
    Row("reports:letter_pdf", "GET", CLINICAL, args=("letter",)),
    Row("reports:sign_letter", "GET", "P", args=("letter",)),
    Row("reports:sign_letter", "POST", "P", 422, args=("letter",)),
)
