"""The display in the waiting room, at an address of its own: `/queue/<department id or code>/display`."""

from django.urls import path

from appointments.views import queue

app_name = "queue"

urlpatterns = [
    path("<slug:department>/display", queue.display, name="display"),
]
