"""`python -m tests.project.write_routes`: writes the reviewed list of routes again."""

import os

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hms.settings")
    django.setup()
    from tests.project.test_routes import REVIEWED, listing

    REVIEWED.write_text("\n".join(listing()) + "\n")
