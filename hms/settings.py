"""Settings of the hospital, read from the environment. Every variable is listed in docs/running.md."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import environ
import pghistory
from csp.constants import NONCE

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DATA_DIR = Path(env("HMS_DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
PORT = env.int("HMS_PORT", default=8000)
BIND = env("HMS_BIND", default="") or "127.0.0.1"
DEBUG = env.bool("HMS_DEBUG", default=False)
NETWORK_NAME = env("HMS_NETWORK_NAME", default="Hospital")
PUBLIC_URL = env("HMS_PUBLIC_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")


def secret_key() -> str:
    """The key from the environment, else the one kept in the data directory (made by `bin/hms`)."""
    if key := env("HMS_SECRET_KEY", default=""):
        return key
    kept = DATA_DIR / "secret-key"
    if kept.exists():
        return kept.read_text().strip()
    raise environ.ImproperlyConfigured("No secret key: start through bin/hms, which makes one, or set HMS_SECRET_KEY.")


SECRET_KEY = secret_key()
SECRET_KEY_FALLBACKS = env.list("HMS_SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("HMS_ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("HMS_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    # First, so that hms.core.admin can take their tables of secrets out of the administration.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "hms.core",
    "staff",
    "patients",
    "billing",
    "doctors",
    "pharmacy",
    "laboratory",
    "appointments",
    "wards",
    "reports",
    "interop",
    "hms.apps.HouseConfig",
    "hms.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "template_partials",
    "django_celery_beat",
    "guardian",
    "pgtrigger",
    "pghistory",
]

MIDDLEWARE = [
    "hms.core.middleware.ClientAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    # Above whatever answers, so that files, refusals and errors bear them too.
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "hms.core.middleware.MethodMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "hms.core.middleware.FacilityMiddleware",
    "hms.core.middleware.AccessMiddleware",
]

ROOT_URLCONF = "hms.urls"
WSGI_APPLICATION = "hms.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "hms.core.shell.context",
            ],
            "builtins": ["hms.core.templatetags.hms", "hms.core.templatetags.charts", "django.templatetags.i18n"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
CRISPY_FAIL_SILENTLY = False

database = env.db("DATABASE_URL", default="postgresql:///hms")
database["HOST"] = unquote(database["HOST"])  # a socket's directory is written %2Flike%2Fthis in a URL

# The application's own role. Migrations run as the owner of the tables (see docs/running.md).
DATABASES = {
    "default": {
        **database,
        "CONN_MAX_AGE": env.int("HMS_CONN_MAX_AGE", default=300),
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "socket_timeout": 10}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SERIALIZER = "json"
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 600_000
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    "seal-the-audit": {"task": "hms.core.tasks.seal_audit", "schedule": timedelta(minutes=1)},
    "make-the-months": {"task": "hms.core.tasks.make_months", "schedule": timedelta(hours=6)},
    "anchor-the-audit": {"task": "hms.core.tasks.mail_anchor", "schedule": timedelta(hours=1)},
    "tidy-the-door": {"task": "hms.core.tasks.tidy_the_door", "schedule": timedelta(hours=1)},
    "end-what-nobody-decided": {"task": "hms.core.tasks.expire_approvals", "schedule": timedelta(minutes=15)},
    "watch-the-shelves": {"task": "pharmacy.tasks.watch_shelves", "schedule": timedelta(hours=1)},
    "close-what-ran-out": {"task": "patients.tasks.expire_grants", "schedule": timedelta(minutes=10)},
    "watch-the-papers": {"task": "staff.tasks.watch_papers", "schedule": timedelta(hours=1)},
    "charge-the-bed-days": {"task": "wards.tasks.accrue_bed_days", "schedule": timedelta(hours=1)},
}
AUDIT_YEARS = env.int("HMS_AUDIT_YEARS", default=10)
# A patient's request for correction is answered within so many days, once extended by so many (45 CFR 164.526 (b)(2)).
AMENDMENT_DAYS = env.int("HMS_AMENDMENT_DAYS", default=60)
AMENDMENT_MORE_DAYS = env.int("HMS_AMENDMENT_MORE_DAYS", default=30)
# To whom a patient may complain besides the hospital, as it stands in letters.
COMPLAINTS_TO = env("HMS_COMPLAINTS_TO", default="").strip()
# A patient's record is kept for so many years after the last entry; a child's, after the 18th birthday.
RECORD_YEARS = env.int("HMS_RECORD_YEARS", default=10)
# Within an hour: records opened one by one; patients named in files that left; patients named in lists on screen.
AUDIT_MANY_CHARTS = env.int("HMS_AUDIT_MANY_CHARTS", default=40)
AUDIT_MANY_TAKEN_OUT = env.int("HMS_AUDIT_MANY_TAKEN_OUT", default=100)
AUDIT_MANY_LISTED = env.int("HMS_AUDIT_MANY_LISTED", default=500)
# Where the newest seal of the audit goes each day; and the server that takes it there (smtp+tls://user:pass@host:587).
AUDIT_MAIL = [each.strip() for each in env.list("HMS_AUDIT_MAIL", default=[]) if each.strip()]
vars().update(env.email_url_config(env("HMS_EMAIL_URL", default="") or "dummymail://"))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env("HMS_EMAIL_FROM", default="hospital@localhost")
OUTBOX_LEASE_SECONDS = env.int("HMS_OUTBOX_LEASE_SECONDS", default=60)
OUTBOX_MAX_ATTEMPTS = 12

AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = ["hms.core.access.MembershipBackend", "guardian.backends.ObjectPermissionBackend"]
ANONYMOUS_USER_NAME = None  # nobody has exceptions without signing in
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"hms.core.sign_in.passwords.{rule}"} for rule in ("Length", "Common", "Surroundings")
]
# Signing in: allauth's flows behind our own pages, forms and routes (hms/core/sign_in, hms/core/account_urls.py).
ACCOUNT_ADAPTER = "hms.core.sign_in.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# Guesses are counted by hms.core.sign_in.throttle, in the database: allauth counts in a cache, which may vanish.
ACCOUNT_RATE_LIMITS = False
MFA_RATE_LIMITS = False
MFA_ADAPTER = "hms.core.sign_in.adapters.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = NETWORK_NAME
MFA_TOTP_TOLERANCE = 1  # a telephone's clock may be half a minute off
MFA_FORMS = {
    "authenticate": "hms.core.sign_in.forms.CodeForm",
    "reauthenticate": "hms.core.sign_in.forms.CodeAgainForm",
    "authenticate_webauthn": "hms.core.sign_in.forms.PasskeyForm",
    "reauthenticate_webauthn": "hms.core.sign_in.forms.PasskeyAgainForm",
    "login_webauthn": "hms.core.sign_in.forms.PasskeySignInForm",
    "activate_totp": "hms.core.sign_in.forms.ActivateCodesForm",
    "edit_webauthn": "hms.core.sign_in.forms.RenamePasskeyForm",
    "add_webauthn": "hms.core.sign_in.forms.NewPasskeyForm",
}

# Roles that must set a second step up: codes, "all" of the staff, or "none". Unless it is said: all behind https; in the
# demonstration, which signs in with passwords alone, none.
_demonstration = (DATA_DIR / "demo-password").exists()
_unsaid = "all" if PUBLIC_URL.startswith("https://") and not _demonstration else "none"
MFA_ROLES = [
    each.strip() for each in (env("HMS_MFA_ROLES", default="") or _unsaid).split(",") if each.strip() != "none"
]

# Single sign-on through the network's own identity provider (OpenID Connect).
OIDC_URL = env("HMS_OIDC_URL", default="").rstrip("/")
OIDC_NAME = env("HMS_OIDC_NAME", default="Single sign-on")
OIDC_MATCH = env.list("HMS_OIDC_MATCH", default=["email"])
SOCIALACCOUNT_ADAPTER = "hms.core.sign_in.adapters.SingleSignOnAdapter"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [], "provider_class": "hms.core.sign_in.single_sign_on.Provider"}}
if OIDC_URL:
    SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"].append(
        {
            "provider_id": "sso",
            "name": OIDC_NAME,
            "client_id": env("HMS_OIDC_CLIENT_ID"),
            "secret": env("HMS_OIDC_SECRET"),
            "settings": {"server_url": OIDC_URL},
        }
    )

LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"

SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
SESSION_COOKIE_SECURE = SECURE
# How long a session lives is judged by the server (hms/core/sign_in/sessions.py); the cookie goes with the browser.
SESSION_ENGINE = "hms.core.sign_in.sessions"
IDLE_MINUTES = env.int("HMS_IDLE_MINUTES", default=30)
SESSION_HOURS = env.int("HMS_SESSION_HOURS", default=12)
SESSION_COOKIE_AGE = SESSION_HOURS * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# A message may name a patient: it stays on the server.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_SAMESITE = "Lax"
DEVICE_COOKIE_NAME = "__Host-device" if SECURE else "device"
THEME_COOKIE_NAME = "__Host-theme" if SECURE else "theme"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "hms.core.views.errors.csrf_failure"
# Whose X-Forwarded-For is believed. Behind TLS there is a proxy; on the same machine unless told otherwise.
TRUSTED_PROXIES = env.list("HMS_TRUSTED_PROXIES", default=[]) or (["127.0.0.1", "::1"] if SECURE else [])
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": [NONCE],  # a script of ours on a page of ours; the administration's: hms/core/administration.py
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        # The provider as well: a browser checks where the answer to a form leads.
        "form-action": [
            "'self'",
            *([f"{urlsplit(OIDC_URL).scheme}://{urlsplit(OIDC_URL).netloc}"] if OIDC_URL else []),
        ],
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# What a browser may give a page of ours: passkeys, and nothing else.
PERMISSIONS_POLICY = {
    **{key: [] for key in ["accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media", "fullscreen", "gamepad", "geolocation", "gyroscope", "hid", "idle-detection", "magnetometer", "microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock", "serial", "storage-access", "usb", "window-management", "xr-spatial-tracking"]},
    "publickey-credentials-create": "self",
    "publickey-credentials-get": "self",
}  # fmt: skip

# Columns of the tables of changes: as the tracked ones, but that they may be empty and take no choices, names or
# defaults over, so that no migration is written because a word of a form changed.
PGHISTORY_FIELD = pghistory.Field(null=True)
PGHISTORY_EXCLUDE_FIELD_KWARGS = {
    "django.db.models.Field": ["choices", "default", "db_default", "validators", "help_text", "verbose_name", "blank"],
}

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = ["hms.formats"]
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_ALLOW_ALL_ORIGINS = False  # pages of other sites have no business with ours
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "hms.core.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": env("HMS_LOG_LEVEL", default="INFO")},
    # Who draws a document tells of every step and every glyph.
    "loggers": {name: {"level": "WARNING"} for name in ("weasyprint", "fontTools")},
}
