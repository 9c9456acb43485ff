"""All settings, read from the environment; one file for every place it runs."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import django_stubs_ext
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from dext_sync import env, logs

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.flag("DEBUG", default=False)
SITE_URL = env.text("SITE_URL", "http://localhost:8000").rstrip("/")
_SITE = urlsplit(SITE_URL)
IS_HTTPS = _SITE.scheme == "https"

SECRET_KEY = env.text("SECRET_KEY")
ENCRYPTION_KEYS = env.words("ENCRYPTION_KEYS")
"""Fernet keys for what is secret at rest; the first encrypts, all decrypt."""

ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", _SITE.hostname or "localhost")
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "dext_sync.businesses",
    "connections",
    "publishing",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "heroicons",
    "csp",
]

MIDDLEWARE = [
    # What every answer carries, whoever below gives it.
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dext_sync.monitoring.Probes",
    "dext_sync.monitoring.RequestLog",
    "dext_sync.businesses.own_address.OwnAddress",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dext_sync.businesses.sessions.SessionLimits",
    "dext_sync.businesses.access.PersonDoor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "dext_sync.urls"
FORCE_SCRIPT_NAME = ""  # or whoever sends a header SCRIPT_NAME says where links begin
WSGI_APPLICATION = "dext_sync.wsgi.application"

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
                "dext_sync.businesses.frame.frame",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Databases: the application's role owns nothing; the owner's migrates.

DATABASES: dict[str, dict[str, object]] = {"default": env.database("DATABASE_URL")}
if env.text("DATABASE_OWNER_URL", ""):
    DATABASES["owner"] = env.database("DATABASE_OWNER_URL")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Redis: Celery's broker, the budget of calls to Zoho, and the tries to sign in.

REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1).replace(
    "?db=", "?virtual_host="
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # A task longer than this runs twice, so tasks are short and everything repeatable.
    "visibility_timeout": 300,
    # With the defaults a killed worker's task is back after a minute and a half.
    "unacked_restore_throttle": 1,
    "unacked_restore_interval": 5,
    # The queues in their order, not one after the other: see dext_sync.celery.
    "queue_order_strategy": "priority",
}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SYNC_EVERY = 1
"""The timetable's file is written at each sending: its age tells whether beat lives."""
WORKER_HEARTBEAT_FILE = env.text("WORKER_HEARTBEAT_FILE", "")

# What all processes count together: how often somebody tried to sign in.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "web",
    }
}

# People.

AUTH_USER_MODEL = "businesses.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "dext_sync.businesses.signup.AccountAdapter"
ACCOUNT_FORMS = {
    "signup": "dext_sync.businesses.forms.SignupForm",
    "login": "dext_sync.businesses.account_forms.LoginForm",
    "reauthenticate": "dext_sync.businesses.account_forms.ReauthenticateForm",
    "add_email": "dext_sync.businesses.account_forms.AddEmailForm",
    "change_password": "dext_sync.businesses.account_forms.ChangePasswordForm",
    "set_password": "dext_sync.businesses.account_forms.SetPasswordForm",
    "reset_password": "dext_sync.businesses.account_forms.ResetPasswordForm",
    "reset_password_from_key": (
        "dext_sync.businesses.account_forms.ResetPasswordKeyForm"
    ),
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = False
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _SITE.scheme
ACCOUNT_SESSION_REMEMBER = True
MFA_ADAPTER = "dext_sync.businesses.signup.MFAAdapter"
MFA_FORMS = {
    "authenticate": "dext_sync.businesses.account_forms.SecondStepForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_TOTP_ISSUER = "dext_sync"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_HTTPS

SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_LONGEST = timedelta(days=14)
SESSION_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_FAILURE_VIEW = "dext_sync.businesses.views.frame.csrf_failure"

SUPPORT_EMAILS = env.words("SUPPORT_EMAILS")
"""Who may look into a business, read-only, once one of its Admins has let support in."""

# Zoho.

ZOHO_REGIONS = env.text("ZOHO_REGIONS", "")
ZOHO_CLIENT_ID = env.text("ZOHO_CLIENT_ID", "")
ZOHO_CLIENT_SECRET = env.text("ZOHO_CLIENT_SECRET", "")
ZOHO_HOME_REGION = env.text("ZOHO_HOME_REGION", "us")
ZOHO_CALLBACK_URL = f"{SITE_URL}/connections/zoho/callback"
ZOHO_CALLS_A_MINUTE = env.number("ZOHO_CALLS_A_MINUTE", 80)
ZOHO_CALLS_AT_ONCE = env.number("ZOHO_CALLS_AT_ONCE", 4)
ZOHO_USER_CALLS_A_MINUTE = env.number("ZOHO_USER_CALLS_A_MINUTE", 500)
ZOHO_MINUTE_SECONDS = env.number("ZOHO_MINUTE_SECONDS", 60)
"""How long Zoho's minute is: shorter only for a stand-in whose clock runs faster."""
ZOHO_UNCERTAIN_SECONDS = env.number("ZOHO_UNCERTAIN_SECONDS", 120)
"""How long a request whose answer was lost may still be at work inside Zoho."""
AUTO_PUBLISH_RESTS_SECONDS = env.number("AUTO_PUBLISH_RESTS_SECONDS", 20)
"""So long after its last change it is decided whether an item goes by itself."""

# Documents.

DOCUMENTS_DIR = Path(env.text("DOCUMENTS_DIR", str(BASE_DIR / "var" / "documents")))
DOCUMENT_MAX_BYTES = env.number("DOCUMENT_MAX_BYTES", 10 * 1024 * 1024)
DOCUMENT_MAX_PAGES = env.number("DOCUMENT_MAX_PAGES", 50)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 20
UPLOAD_MAX_BYTES = DATA_UPLOAD_MAX_NUMBER_FILES * (DOCUMENT_MAX_BYTES + 64 * 1024)
"""A form of so many documents, with room for what stands between them."""
FORM_MAX_BYTES = 8 * 1024 * 1024
"""Of any other form, with the files in it."""
FILE_UPLOAD_HANDLERS = [
    "dext_sync.businesses.incoming.ShortForms",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_PERMISSIONS = 0o600

# Mail.

DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "dext_sync <no-reply@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
if MAIL_DIR := env.text("MAIL_DIR", ""):
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = MAIL_DIR
else:
    EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
    EMAIL_PORT = env.number("EMAIL_PORT", 25)
    EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
    EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
    EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=False)
    EMAIL_TIMEOUT = 20

# Metrics: only who knows the token may read them, and without one nobody.

METRICS_TOKEN = env.text("METRICS_TOKEN", "")
METRICS_ORGANISATIONS = env.number("METRICS_ORGANISATIONS", 200)
"""How many organisations are told apart; the calls of the others are one number."""

# Language, time, static files.

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("en-gb", _("British English"))]
LOCALE_PATHS = [BASE_DIR / "templates" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(BASE_DIR / "var" / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = env.flag("STATIC_FROM_SOURCE", default=True)
WHITENOISE_AUTOREFRESH = DEBUG

# Errors.

DEFAULT_EXCEPTION_REPORTER = "dext_sync.businesses.debug_pages.Reporter"

# Security headers.

SECURE_SSL_REDIRECT = IS_HTTPS
# What asks for these stands beside the process, and speaks plain http to it.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
BEHIND_PROXY = env.flag("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXIES", 1 if BEHIND_PROXY else 0)
"""How many last entries of X-Forwarded-For are our own proxies' words."""
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        # Filled in by connections: the Connect form is redirected to these hosts.
        "form-action": [SELF],
    }
}

# Logs: for machines where the site is a real one.

LOG_FORMAT = env.choice("LOG_FORMAT", logs.FORMS, logs.JSON if IS_HTTPS else logs.LINE)
LOGGING = logs.configuration(LOG_FORMAT)

if not DEBUG and not ENCRYPTION_KEYS:
    raise ImproperlyConfigured(
        "ENCRYPTION_KEYS must hold at least one Fernet key: Zoho's tokens are "
        "never stored in the clear."
    )
