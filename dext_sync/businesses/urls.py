"""Addresses of businesses, their people, and a person's own pages."""

from django.urls import path

from dext_sync.businesses.views import (
    activity,
    businesses,
    frame,
    invitations,
    members,
    person,
    support,
)

BUSINESS = "b/<slug:slug>/"
USERS = f"{BUSINESS}users/"

urlpatterns = [
    path("", frame.home, name="home"),
    path("you/", person.person, name="person"),
    path("you/leave/<slug:business>/", person.leave, name="business_leave"),
    path("you/leave-clients/", person.leave_clients, name="leave_clients"),
    path("businesses/new/", businesses.new, name="business_new"),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
    path(
        "invitations/<int:business_id>/<int:invitation_id>/",
        invitations.offered,
        name="invitation_offered",
    ),
    path(BUSINESS, businesses.home, name="business_home"),
    path(f"{BUSINESS}emails/", person.mails, name="business_mails"),
    path(f"{BUSINESS}profile/", businesses.profile, name="business_profile"),
    path(f"{BUSINESS}activity/", activity.activity, name="activity"),
    path(USERS, members.index, name="members"),
    path(f"{USERS}invite/", members.invite, name="member_invite"),
    path(f"{USERS}two-factor/", members.two_factor, name="members_two_factor"),
    path(f"{USERS}support/", support.grant, name="support_grant"),
    path(f"{USERS}support/end/", support.end, name="support_end"),
    path(f"{USERS}<int:member_id>/", members.change, name="member_change"),
    path(f"{USERS}<int:member_id>/remove/", members.remove, name="member_remove"),
    path(
        f"{USERS}<int:member_id>/hand-over/",
        members.hand_over,
        name="ownership_hand_over",
    ),
    path(
        f"{USERS}invitations/<int:invitation_id>/revoke/",
        members.revoke,
        name="invitation_revoke",
    ),
]
