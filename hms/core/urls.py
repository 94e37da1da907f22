from django.urls import path

from hms.core.views import anchor, approvals, history, panels, shell

app_name = "core"

urlpatterns = [
    path("", shell.home, name="home"),
    path("today/set-up", panels.set_up, name="setup-panel"),
    path("today/system", panels.system, name="system-panel"),
    path("audit/anchor", anchor.anchor, name="anchor"),
    path("audit/anchor.pdf", anchor.anchor_pdf, name="anchor-pdf"),
    path("search", shell.search, name="search"),
    path("history/<str:record>/<uuid:row_id>/", history.history, name="history"),
    path("shell/counts", shell.counts, name="counts"),
    path("shell/session", shell.session, name="session"),
    path("shell/still-here", shell.still_here, name="still-here"),
    path("notifications/", shell.notifications, name="notifications"),
    path("notifications/read-all", shell.notifications_read_all, name="notifications-read-all"),
    path("notifications/<uuid:notification_id>", shell.notification_open, name="notification-open"),
    path("approvals/", approvals.queue, name="approvals"),
    path("approvals/mine", approvals.mine, name="approvals-mine"),
    path("approvals/history", approvals.history, name="approvals-history"),
    path("approvals/limits", approvals.limit_list, name="limits"),
    path("approvals/limits/<str:act>/<str:role>", approvals.limit_set, name="limit-set"),
    path("approvals/<uuid:approval_id>/", approvals.approval, name="approval"),
    path("approvals/<uuid:approval_id>/decide", approvals.approval_decide, name="approval-decide"),
    path("approvals/<uuid:approval_id>/withdraw", approvals.approval_withdraw, name="approval-withdraw"),
    path("today/approvals", approvals.dashboard_panel, name="approvals-panel"),
    path("theme", shell.theme, name="theme"),
    path("facility", shell.switch_facility, name="switch-facility"),
    path("no-facility", shell.no_facility, name="no-facility"),
    path("verify/<str:code>", shell.verify, name="verify"),
    path("offline", shell.offline, name="offline"),
    path("sw.js", shell.service_worker, name="service-worker"),
    path("healthz", shell.healthz, name="healthz"),
    path("readyz", shell.readyz, name="readyz"),
]
