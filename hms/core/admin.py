"""The Django admin as administrators and auditors use it: to look things up, and to keep master data.

Rows of care and money are shown and never edited: their changes go through the departments' services.
Master data is kept through `people.keep`, which records who changed what. Nothing is deleted.
"""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_celery_beat.admin import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from hms.core import audit, held, history, outbox, people
from hms.core.acts import once
from hms.core.models import (
    AuditSeal,
    Counter,
    Department,
    Document,
    Facility,
    Membership,
    OutboxMessage,
    User,
)
from hms.core.sign_in import factors, first_password, presence

admin.site.site_header = admin.site.site_title = _("Administration")
admin.site.index_title = _("Master data and records")
admin.site.disable_action("delete_selected")
admin.site.unregister(Group)
# Secrets of second factors and of single sign-on are nobody's to read.
admin.site.unregister([Authenticator, EmailAddress, SocialAccount, SocialApp, SocialToken])
# What runs by itself is looked at here. Its own pages let whoever looks at it switch it off or run it, unrecorded.
admin.site.unregister([PeriodicTask, ClockedSchedule, CrontabSchedule, SolarSchedule, IntervalSchedule])


class FacilityScope:
    """Rows of the facility one works in; `facility_path` says how a row knows its own, "" for all of the network. Of
    what is held on patients, those in one's scope as on every other page. Whose record a page shows is noted."""

    facility_path = "facility"
    view_on_site = False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """By the filters beside the list, and by no other column: a list that can be asked whether a hidden text holds
        a word has shown it."""
        offered = [each if isinstance(each, str) else each[0] for each in self.list_filter]
        offered += [self.date_hierarchy] if self.date_hierarchy else []
        return any(lookup == name or lookup.startswith(f"{name}__") for name in offered)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """What is done with the rows that were chosen is an act, and done once."""
        if request.method == "POST" and "action" in request.POST:
            self._check_keys(request.POST.getlist("_selected_action"))
            return once(super().changelist_view)(request, extra_context)
        answer = super().changelist_view(request, extra_context)
        shown = getattr(answer, "context_data", None) or {}
        audit.seen_of(getattr(shown.get("cl"), "result_list", []))
        return answer

    def _check_keys(self, keys: list[str]) -> None:
        """Django asks the database for whatever was chosen."""
        try:
            for key in keys:
                self.model._meta.pk.to_python(key)
        except ValidationError:
            raise BadRequest("a key that no row has") from None

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        found = super().get_object(request, object_id, from_field or None)
        if found is not None:
            audit.seen_of([found])
        return found

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """Ours in place of Django's, which knows only what was done here."""
        row = self.get_object(request, object_id)
        address = history.url(request.user, row) if row is not None else ""
        if not address:
            raise Http404
        return HttpResponseRedirect(address)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        if not self.facility_path or not request.user.has_facility:
            return rows if not self.facility_path else rows.none()
        rows = rows.filter(**{self.facility_path: request.user.facility})
        held_on_patients = self.model in held.tables() and hasattr(rows, "visible_to")
        return rows.visible_to(request.user) if held_on_patients else rows


class ReadOnlyAdmin(FacilityScope, admin.ModelAdmin):
    """Looked at, searched, filtered; never added, changed or deleted here. `permission`: who may, where it
    is another than Django's own for the model."""

    list_per_page = 50
    show_full_result_count = False
    permission = ""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(self.permission) if self.permission else super().has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(self.permission) if self.permission else super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class KeptAdmin(FacilityScope, admin.ModelAdmin):
    """Master data: added and changed through the service that records it; never deleted. A form that is
    sent twice is one act, here as everywhere."""

    list_per_page = 50
    show_full_result_count = False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return once(super().changeform_view)(request, *args, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        people.keep(request.user, row=obj, fields=list(form.changed_data))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Choices stay within the facility one works in: among the rows that the target's own list shows."""
        target = db_field.remote_field.model
        path = getattr(self.admin_site._registry.get(target), "facility_path", "")
        if target is Facility:
            kwargs.setdefault("queryset", Facility.objects.filter(pk=request.user.facility.pk))
        elif path or any(field.name == "facility" for field in target._meta.fields):
            kwargs.setdefault("queryset", target._default_manager.filter(**{path or "facility": request.user.facility}))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Facility)
class FacilityAdmin(KeptAdmin):
    facility_path = ""
    list_display = ["code", "name", "time_zone", "currency", "paper"]
    search_fields = ["code", "name"]

    def has_change_permission(self, request: HttpRequest, obj: Facility | None = None) -> bool:
        """All of them are shown; changed are those that one administers, and those in which nobody works yet."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or people.may_change(request.user, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # The code stands in numbers that were given out.
        return ["code"] if obj else []


@admin.register(Department)
class DepartmentAdmin(KeptAdmin):
    list_display = ["name", "code", "sees_patients", "active"]
    list_filter = ["active", "sees_patients"]
    search_fields = ["name", "code"]


class MembershipInline(admin.TabularInline):
    model = Membership
    fk_name = "user"
    extra = 0
    fields = ["facility", "role", "department", "active"]
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """One's own roles are shown; another administrator gives them."""
        return super().has_add_permission(request, obj) and obj != request.user

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and obj != request.user

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(facility__in=people.administered(request.user))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Roles are given only in facilities whose administrator one is."""
        mine = people.administered(request.user)
        if db_field.name == "facility":
            kwargs["queryset"] = mine
        elif db_field.name == "department":
            kwargs["queryset"] = Department.objects.filter(facility__in=mine).select_related("facility")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(User)
class HospitalUserAdmin(KeptAdmin, UserAdmin):
    """People who sign in. What they may do comes from the roles below, facility by facility. Shown are those
    who work where one is administrator, or nowhere yet; changed are those who work nowhere else."""

    facility_path = ""
    inlines = [MembershipInline]
    list_display = ["username", "first_name", "last_name", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "memberships__facility", "memberships__role"]
    search_fields = ["username", "first_name", "last_name"]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Person"), {"fields": ["title", "first_name", "last_name", "email"]}),
        (_("Access"), {"fields": ["is_active", "is_staff"], "description": _("“Staff” opens this administration.")}),
    ]
    add_fieldsets = [(None, {"classes": ["wide"], "fields": ["username", "password1", "password2"]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(people.known_to(request.user)).distinct()

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or not people.works_elsewhere(obj, than=people.administered(request.user)))

    actions = ["sign_out", "take_off_second_steps"]

    @admin.action(description=_("Sign out everywhere"), permissions=["change"])
    def sign_out(self, request: HttpRequest, queryset: QuerySet) -> None:
        """End the sessions of whoever works where one is administrator, one's own as well."""
        ended = sum(presence.sign_out(request.user, user=user) for user in queryset)
        text = ngettext("%(n)s session is ended.", "%(n)s sessions are ended.", ended) % {"n": ended}
        self.message_user(request, text, messages.SUCCESS)

    @admin.action(description=_("Take the second step off (lost telephone, lost key)"), permissions=["change"])
    def take_off_second_steps(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Of people who work nowhere but where one is administrator, as for every change of theirs."""
        mine = people.administered(request.user)
        done = sum(bool(factors.take_off(request.user, user=user)) for user in queryset if not people.works_elsewhere(user, than=mine))  # fmt: skip
        text = ngettext("%(n)s person signs in without it from now on.", "%(n)s people sign in without it from now on.", done)  # fmt: skip
        self.message_user(request, text % {"n": done}, messages.SUCCESS if done else messages.WARNING)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        return once(self._set_password)(request, id, form_url)

    def _set_password(self, request: HttpRequest, id: str, form_url: str) -> Any:
        answer = super().user_change_password(request, id, form_url)
        if answer.status_code == 302:
            first_password.was_set(request.user, user=self.get_object(request, id))
        return answer

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            first_password.begin(request.user, user=obj)
        elif obj != request.user and {"username", "email"} & set(form.changed_data):
            # By these an account is found at single sign-on: whoever is in notices.
            presence.sign_out(request.user, user=obj)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for row in formset.save(commit=False):
            people.keep_membership(request.user, row=row)


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    """Dead letters first: what the workers could not do, to be sent again once its cause is mended."""

    facility_path = ""
    list_display = ["id", "topic", "handler", "attempts", "created_at", "done_at", "dead_at", "last_error"]
    list_filter = ["topic", ("dead_at", admin.EmptyFieldListFilter), ("done_at", admin.EmptyFieldListFilter)]
    ordering = ["dead_at", "-id"]
    actions = ["send_again"]

    @admin.action(description=_("Send again"), permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: QuerySet) -> None:
        dead = list(queryset.filter(dead_at__isnull=False).values_list("pk", flat=True))
        for message_id in dead:
            outbox.send_again(message_id)
        self.message_user(request, f"{len(dead)} messages are sent again.", messages.SUCCESS)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("core.resend_outboxmessage")


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(ReadOnlyAdmin):
    facility_path = ""
    list_display = ["name", "task", "enabled", "interval", "crontab", "last_run_at"]
    list_filter = ["enabled"]
    list_select_related = ["interval", "crontab"]
    search_fields = ["name", "task"]
    fields = [
        "name",
        "task",
        "enabled",
        "interval",
        "crontab",
        "args",
        "kwargs",
        "last_run_at",
        "total_run_count",
        "description",
    ]


@admin.register(AuditSeal)
class AuditSealAdmin(ReadOnlyAdmin):
    facility_path = ""
    list_display = ["id", "made_at", "rows", "digest", "previous"]
    exclude = ["marks"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("marks")


@admin.register(Counter)
class CounterAdmin(ReadOnlyAdmin):
    list_display = ["series", "value"]


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    """That a document was issued, and its hash; what stands on it is read where its patient is."""

    list_display = ["dated", "kind", "number", "status", "prints", "code", "sha256"]
    list_filter = ["kind", "status"]
    search_fields = ["=number", "=code"]
    fields = [
        "kind",
        "number",
        "title",
        "paper",
        "status",
        "prints",
        "code",
        "sha256",
        "issued_by",
        "dated",
        "created_at",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("content", "snapshot")
