"""`manage.py load_icd10`: loads the ICD-10-CM code table."""

from typing import Any

from django.core.management.base import BaseCommand

from patients import names
from patients.models import DiagnosisCode


class Command(BaseCommand):
    help = (
        "Load the ICD-10-CM codes (US government work, public domain). Run again after an update: it adds and renames."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        # Imported here: it takes two seconds and 300 MB, which nothing but this command should pay.
        import simple_icd_10_cm as icd

        # A block and its only category may share a code: the last one, the category, stays.
        rows = {
            code: DiagnosisCode(
                code=code,
                title=icd.get_description(code)[:300],
                billable=icd.is_leaf(code),
                search=names.folded(f"{code} {icd.get_description(code)}")[:320],
            )
            for code in icd.get_all_codes(with_dots=True)
            if icd.is_category_or_subcategory(code)
        }
        DiagnosisCode.objects.bulk_create(
            rows.values(),
            batch_size=5000,
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=["title", "billable", "search"],
        )
        self.stdout.write(f"{len(rows)} ICD-10-CM codes.")
