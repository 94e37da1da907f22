from django.db import migrations, models


def doctors_are_called_dr(apps, schema_editor):
    employee = apps.get_model("staff", "Employee")
    titled = employee.objects.filter(profession__in=["doctor", "pathologist"])
    titled.update(title="Dr")
    for one in employee.objects.exclude(user=None).select_related("user").iterator():
        one.user.title, one.user.first_name, one.user.last_name = one.title, one.given_name, one.family_name
        one.user.save(update_fields=["title", "first_name", "last_name"])


class Migration(migrations.Migration):
    dependencies = [("core", "0003_user_title"), ("staff", "0001_initial")]

    operations = [
        migrations.AddField(
            "employee",
            "title",
            models.CharField("title", max_length=20, blank=True, default="", help_text="Before the name: Dr, Prof. …"),
            preserve_default=False,
        ),
        migrations.RunPython(doctors_are_called_dr, migrations.RunPython.noop),
    ]
