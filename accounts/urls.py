"""allauth's pages behind our addresses. Registration and password reset join with their own pages."""

from allauth.account import views
from django.urls import path

from . import views as own

urlpatterns = [
    path("profile/edit", own.edit, name="profile_edit"),
    path("profile/change-password", own.change_password, name="account_change_password"),
    path("login", views.login, name="account_login"),
    path("logout", views.logout, name="account_logout"),
    # An active account with an unconfirmed email is sent here from /login, and gets a letter with the second address.
    path("confirm-email", views.email_verification_sent, name="account_email_verification_sent"),
    path("confirm-email/<str:key>", views.confirm_email, name="account_confirm_email"),
]
