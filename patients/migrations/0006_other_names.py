from django.db import migrations, models

from patients import names


def keep_imported_names(apps, schema_editor):
    """Until now an import left other names in the search words alone, where the next edit lost them."""
    Patient = apps.get_model("patients", "Patient")
    imported = Patient.objects.filter(identifiers__isnull=False).distinct()
    for patient in imported.only("given_name", "family_name", "name_tokens").iterator():
        own = set(names.tokens(f"{patient.given_name} {patient.family_name}"))
        if more := [word for word in patient.name_tokens if word not in own]:
            Patient.objects.filter(pk=patient.pk).update(other_names=" ".join(more).title()[:500])


class Migration(migrations.Migration):
    dependencies = [
        ("patients", "0005_unended_visits"),
    ]

    operations = [
        migrations.AddField(
            model_name="patient",
            name="other_names",
            field=models.CharField(
                blank=True,
                help_text="Maiden name, former or other names they are asked for by; a comma between two.",
                max_length=500,
                verbose_name="other names",
            ),
        ),
        migrations.RunPython(keep_imported_names, migrations.RunPython.noop),
    ]
