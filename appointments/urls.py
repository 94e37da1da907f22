from django.urls import path

from appointments.views import appointment, book, panels, queue

app_name = "appointments"

urlpatterns = [
    path("", book.day, name="day"),
    path("find", book.find, name="find"),
    path("displaced", book.displaced, name="displaced"),
    path("book", book.book_whom, name="book-whom"),
    path("today", panels.today, name="today-panel"),
    path("waiting", panels.waiting, name="waiting-panel"),
    path("mine", panels.mine, name="mine-panel"),
    path("queue", queue.queue, name="queue"),
    path("queue/next", queue.call_next, name="call-next"),
    path("visits/<uuid:encounter_id>/token", panels.token, name="token-panel"),
    path("visits/<uuid:encounter_id>/token/give", queue.token_give, name="token-give"),
    path("tokens/<uuid:token_id>/call", queue.call_token, name="call-token"),
    path("tokens/<uuid:token_id>/back", queue.put_back, name="put-back"),
    path("tokens/<uuid:token_id>/finish", queue.finish, name="finish"),
    path("tokens/<uuid:token_id>/print", queue.token_print, name="token-print"),
    path("tokens/<uuid:token_id>/paper", queue.token_pdf, name="token-pdf"),
    path("doctors/<uuid:doctor_id>/week", book.week, name="week"),
    path("patients/<uuid:patient_id>/find", book.find, name="find-for"),
    path("patients/<uuid:patient_id>/book", book.book, name="book"),
    path("patients/<uuid:patient_id>/appointments", panels.chart, name="chart-panel"),
    path("<uuid:appointment_id>/", appointment.appointment, name="appointment"),
    path("<uuid:appointment_id>/check-in", appointment.check_in, name="check-in"),
    path("<uuid:appointment_id>/undo-check-in", appointment.undo_check_in, name="undo-check-in"),
    path("<uuid:appointment_id>/move", book.move, name="move"),
    path("<uuid:appointment_id>/reschedule", book.reschedule, name="reschedule"),
    path("<uuid:appointment_id>/cancel", appointment.cancel, name="cancel"),
    path("<uuid:appointment_id>/no-show", appointment.no_show, name="no-show"),
    path("<uuid:appointment_id>/undo-no-show", appointment.undo_no_show, name="undo-no-show"),
]
