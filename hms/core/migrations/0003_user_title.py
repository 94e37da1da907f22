from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0002_append_only")]

    operations = [
        migrations.AddField(
            "user",
            "title",
            models.CharField("title", max_length=20, blank=True, default="", help_text="Before the name: Dr, Prof. …"),
            preserve_default=False,
        ),
    ]
