from django.urls import path

from . import views

urlpatterns = [
    path("sync/decisions", views.home, name="sync_decisions"),
    path("sync/decisions/marks", views.take_over_marks, name="sync_decision_marks"),
    path("sync/decisions/<slug:code>", views.question, name="sync_decision"),
    path("sync/decisions/<slug:code>/answer", views.answer, name="sync_answer"),
]
