"""The WSGI entry point that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hms.settings")

application = get_wsgi_application()

# Only now: it needs the settings. A hospital that must not start does not.
from hms.core import start  # noqa: E402

start.refuse()
