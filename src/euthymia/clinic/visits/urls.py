"""Addresses of the board, the day and the visit."""

from __future__ import annotations

from django.urls import path

from euthymia.clinic.visits.views import board, booking, house, order, visit
from euthymia.clinic.visits.views.steps import check_in, dose, going_home, watch

app_name = "visits"
_V = "visits/<uuid:visit_id>/"

urlpatterns = [
    path("board/", board.board, name="board"),
    path("board/tiles/", board.tiles, name="tiles"),
    path("schedule/", board.schedule, name="schedule"),
    path("schedule/<str:on>/", board.schedule, name="schedule_of"),
    path("rota/", house.rota, name="rota"),
    path("rota/add/", house.shift, name="shift"),
    path("rota/<str:on>/", house.rota, name="rota_of"),
    path("rota/shifts/<uuid:shift_id>/off/", house.call_off_shift, name="call_off_shift"),
    path("house/", house.house, name="house"),
    path("house/chairs/add/", house.chair, name="add_chair"),
    path("house/chairs/<int:chair_id>/", house.chair, name="chair"),
    path("house/hours/", house.hours, name="hours"),
    path("house/closed/", house.closure, name="closure"),
    path("house/closed/<uuid:closure_id>/off/", house.call_off, name="call_off"),
    path("courses/<uuid:course_id>/book-visit/", booking.book, name="book"),
    path(_V, visit.visit, name="visit"),
    path(f"{_V}live/", visit.live, name="live"),
    path(f"{_V}forecast/", visit.forecast, name="forecast"),
    path(f"{_V}move/", booking.move, name="move"),
    path(f"{_V}cancel/", going_home.cancel, name="cancel"),
    path(f"{_V}missed/", going_home.missed, name="missed"),
    path(f"{_V}check-in/", check_in.start, name="start"),
    path(f"{_V}check-in/pressure/", check_in.pressure, name="pressure"),
    path(f"{_V}check-in/weight/", check_in.weight, name="weight"),
    path(f"{_V}check-in/fasting/", check_in.fasting, name="fasting"),
    path(f"{_V}check-in/nasal-product/", check_in.nasal_product, name="nasal-product"),
    path(f"{_V}check-in/medicines/", check_in.medicines, name="medicines"),
    path(f"{_V}check-in/pressure-risk/", check_in.pressure_risk, name="pressure-risk"),
    path(f"{_V}check-in/pregnancy/", check_in.pregnancy, name="pregnancy"),
    path(f"{_V}check-in/programme/", check_in.programme, name="programme"),
    path(f"{_V}check-in/phq-9/", check_in.questionnaire, name="phq-9"),
    path(f"{_V}check-in/risk/", check_in.risk, name="risk"),
    path(f"{_V}check-in/high-risk/", check_in.high_risk, name="high-risk"),
    path(f"{_V}check-in/escort/", check_in.escort, name="escort"),
    path(f"{_V}check-in/instructions/", check_in.sign_instructions, name="instructions"),
    path(f"{_V}check-in/override/", order.override, name="override"),
    path(f"{_V}check-in/finish/", check_in.finish_check_in, name="finish_check_in"),
    path(f"{_V}check-in/reopen/", check_in.reopen_check_in, name="reopen_check_in"),
    path(f"{_V}order/", order.order, name="order"),
    path(f"{_V}order/withdraw/", dose.cancel_order, name="cancel_order"),
    path(f"{_V}device/", dose.device, name="device"),
    path(f"{_V}device/<uuid:device_id>/correct/", dose.correct_device, name="correct_device"),
    path(f"{_V}device/no-more/", dose.no_more_devices, name="no_more_devices"),
    path(f"{_V}infusion/<uuid:event_id>/correct/", dose.correct_infusion, name="correct_infusion"),
    path(f"{_V}infusion/<slug:step>/", dose.infusion, name="infusion"),
    path(f"{_V}readings/", watch.observe, name="observe"),
    path(
        f"{_V}readings/<uuid:observation_id>/correct/", watch.correct_observation, name="correct_observation"
    ),
    path(f"{_V}alarms/", watch.acknowledge, name="acknowledge"),
    path(f"{_V}due/<str:due_key>/waive/", watch.waive, name="waive"),
    path(f"{_V}deviations/<uuid:deviation_id>/", watch.explain, name="explain"),
    path(f"{_V}stable/", going_home.judge_stability, name="judge_stability"),
    path(f"{_V}escort-here/", going_home.escort_here, name="escort_here"),
    path(f"{_V}ready-to-leave/", going_home.ready_to_leave, name="ready_to_leave"),
    path(f"{_V}resume-monitoring/", watch.resume_monitoring, name="resume_monitoring"),
    path(f"{_V}discharge/", going_home.discharge, name="discharge"),
    path(f"{_V}against-advice/", going_home.against_advice, name="against_advice"),
    path(f"{_V}transfer/", going_home.transfer, name="transfer"),
    path(f"{_V}emergency/", going_home.emergency, name="emergency"),
    path(f"{_V}stable-again/", going_home.stabilise, name="stabilise"),
    path(f"{_V}death/", going_home.death, name="death"),
    path(f"{_V}no-dose/", going_home.withhold, name="withhold"),
    path(f"{_V}close/", going_home.close, name="close"),
    path(f"{_V}end-follow-up/", going_home.end_follow_up, name="end_follow_up"),
]
