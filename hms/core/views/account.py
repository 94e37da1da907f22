"""One's own account."""

from __future__ import annotations

from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.views import PasswordChangeView
from django.db import transaction
from django.http import HttpResponse

from hms.core import audit


class PasswordChange(PasswordChangeView):
    def form_valid(self, form: SetPasswordForm) -> HttpResponse:
        with transaction.atomic():
            answer = super().form_valid(form)
            audit.record(self.request.user, "core.user.password_changed", self.request.user)
        return answer
