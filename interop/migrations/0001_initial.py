import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import hms.core.ids
import hms.core.tables


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("core", "0001_squashed_0020_erasures_are_told"),
    ]

    operations = [
        hms.core.tables.CreateTables(
            operations=[
                migrations.CreateModel(
                    name="SourceRecord",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "facility",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.facility"
                            ),
                        ),
                        ("source", models.CharField(blank=True, max_length=60, verbose_name="source")),
                        ("resource_type", models.CharField(max_length=60, verbose_name="resource")),
                        ("key", models.CharField(max_length=500, verbose_name="name at the source")),
                        ("part", models.PositiveIntegerField(default=0, verbose_name="part")),
                        (
                            "aliases",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=500), default=list, size=None
                            ),
                        ),
                        ("display", models.CharField(blank=True, max_length=300)),
                        ("code", models.CharField(blank=True, max_length=40)),
                        ("object_type", models.CharField(blank=True, max_length=80, verbose_name="here it is a")),
                        ("object_id", models.UUIDField(null=True)),
                        ("sha256", models.CharField(max_length=64)),
                    ],
                    options={
                        "ordering": ["-created_at", "-id"],
                        "indexes": [
                            django.contrib.postgres.indexes.GinIndex(
                                fastupdate=False, fields=["aliases"], name="interop_sourcerecord_aliases"
                            ),
                            models.Index(fields=["object_type", "object_id"], name="interop_sourcerecord_object"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "resource_type", "key", "part"), name="interop_sourcerecord_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("object_id__isnull", True), ("object_type", "")),
                                    models.Q(
                                        models.Q(("object_type", ""), _negated=True), ("object_id__isnull", False)
                                    ),
                                    _connector="OR",
                                ),
                                name="interop_sourcerecord_whole_object",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="UnresolvedReference",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "facility",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.facility"
                            ),
                        ),
                        (
                            "record",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="unresolved",
                                to="interop.sourcerecord",
                            ),
                        ),
                        ("field", models.CharField(max_length=100, verbose_name="field")),
                        ("reference", models.CharField(max_length=500, verbose_name="points at")),
                        (
                            "candidates",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=500), default=list, size=None
                            ),
                        ),
                        ("resolved_at", models.DateTimeField(blank=True, null=True, verbose_name="found")),
                    ],
                    options={
                        "ordering": ["-created_at", "-id"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("resolved_at__isnull", True)),
                                fields=["id"],
                                name="interop_unresolved_open",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("record", "field", "reference"), name="interop_unresolved_once"
                            )
                        ],
                    },
                ),
            ],
        ),
    ]
