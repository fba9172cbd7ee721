"""Addresses of sign-in, of one's own account, of staff, emergency access and the access log."""

from __future__ import annotations

from allauth.account.views import login
from allauth.mfa.base.views import authenticate
from allauth.mfa.webauthn.views import login_webauthn
from django.urls import include, path

from euthymia.clinic.access.pages import public
from euthymia.clinic.access.views import account, emergency, entrance, log, staff, wall_screens

# Of allauth's pages only these three: the rest of an account is ours.
sign_in = [
    path("sign-in/", public(login), name="account_login"),
    path("sign-in/second-factor/", public(authenticate), name="mfa_authenticate"),
    path("sign-in/passkey/", public(login_webauthn), name="mfa_login_webauthn"),
]

_ours = [
    path("sign-out/", entrance.sign_out, name="sign_out"),
    path("switch/", entrance.switch, name="switch"),
    path("switch/forget/", entrance.forget_device, name="forget_device"),
    path("link/<str:token>/", entrance.one_time_link, name="one_time_link"),
    path("account/", account.security, name="security"),
    path("account/password/", account.change_password, name="change_password"),
    path("account/app/", account.add_app, name="add_app"),
    path("account/passkey/", account.add_passkey, name="add_passkey"),
    path("account/passkey/new/", account.begin_new_passkey, name="begin_new_passkey"),
    path("account/passkey/ask/", account.begin_passkey, name="begin_passkey"),
    path("account/factor/<int:factor_id>/remove/", account.remove_factor, name="remove_factor"),
    path("account/wall-screens/<uuid:screen_id>/close/", wall_screens.close, name="close_wall_screen"),
    path("staff/", staff.staff, name="staff"),
    path("staff/add/", staff.add, name="add_staff"),
    path("staff/<uuid:user_id>/", staff.member, name="staff_member"),
    path("staff/<uuid:user_id>/invite/", staff.invite, name="invite_staff"),
    path("staff/<uuid:user_id>/close/", staff.close, name="close_account"),
    path("staff/<uuid:user_id>/open/", staff.reopen, name="open_account"),
    path("patients/<uuid:patient_id>/emergency/", emergency.break_glass, name="break_glass"),
    path("patients/<uuid:patient_id>/readings/", log.readings, name="readings"),
    path("emergencies/", emergency.emergencies, name="emergencies"),
    path("emergencies/<uuid:access_id>/", emergency.review, name="review_emergency"),
    path("access-log/", log.access_log, name="log"),
]

urlpatterns = [*sign_in, path("", include((_ours, "access")))]
