from django.urls import path

from . import match, views

urlpatterns = [
    path("sync/match", match.home, name="sync_match"),
    path("sync/match/answer", match.answer, name="sync_match_answer"),
    path("sync/match/again", match.ask_again, name="sync_match_again"),
    path("sync/decisions", views.home, name="sync_decisions"),
    path("sync/decisions/marks", views.take_over_marks, name="sync_decision_marks"),
    path("sync/decisions/category", views.set_category, name="sync_decision_category"),
    path("sync/decisions/<slug:code>", views.question, name="sync_decision"),
    path("sync/decisions/<slug:code>/answer", views.answer, name="sync_answer"),
]
