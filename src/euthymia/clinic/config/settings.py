"""Settings. What differs between a demo, a clinic and the tests is in the environment that ``./run`` sets.

``DATABASE_URL``         the application's role: everything but migrations
``DATABASE_OWNER_URL``   the owner: migrations, backups
``EUTHYMIA_DB_ROLE``     ``owner`` makes the owner's connection the default one, for this process
``EUTHYMIA_MODE``        ``demo``, ``serve`` or ``test``; without it nothing is served
``EUTHYMIA_STATE``       the folder of the secret key, the audit anchors and the log of backups
``EUTHYMIA_HOSTS``       host names served, separated by commas; loopback always
``EUTHYMIA_TLS``         ``1`` when the server speaks TLS
``EUTHYMIA_IDLE_MINUTES``  after how long without use a session ends; 15
"""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

CONFIG = Path(__file__).resolve().parent

MODE_IS_SAID = "EUTHYMIA_MODE" in os.environ  # without it: a tool that reads the settings, and no server
MODE = os.environ.get("EUTHYMIA_MODE", "test")
if MODE not in ("demo", "serve", "test"):
    raise ImproperlyConfigured(f"EUTHYMIA_MODE is demo, serve or test, not {MODE!r}.")
STATE_FOLDER = Path(os.environ.get("EUTHYMIA_STATE", ".euthymia/test")).resolve()
TLS = os.environ.get("EUTHYMIA_TLS") == "1"
NOT_FOR_PATIENT_CARE = True  # until the issues that complete the rules have closed

DEBUG = False
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
ALLOWED_HOSTS = ["127.0.0.1", "localhost", *filter(None, os.environ.get("EUTHYMIA_HOSTS", "").split(","))]
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS] if TLS else []
ROOT_URLCONF = "euthymia.clinic.config.urls"
WSGI_APPLICATION = "euthymia.clinic.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def _secret_key() -> str:
    """The key kept in the state folder. Tests use one that everybody can read, and only where they say so."""
    if MODE == "test":
        return "the tests' key, which protects nothing" if MODE_IS_SAID else secrets.token_urlsafe(64)
    return (STATE_FOLDER / "secret-key").read_text().strip()


SECRET_KEY = _secret_key()


def database(url: str) -> dict[str, object]:
    """A ``postgresql://role:password@host:port/name?host=/socket/folder`` address as Django wants it."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    host = query.get("host", [parts.hostname or ""])[0]
    port = query.get("port", [str(parts.port or "")])[0]
    options = {key: values[0] for key, values in query.items() if key not in {"host", "port"}}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": port,
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


_url = os.environ.get(
    "DATABASE_OWNER_URL" if os.environ.get("EUTHYMIA_DB_ROLE") == "owner" else "DATABASE_URL",
    "postgresql://unset@127.0.0.1/unset",
)
DATABASES = {"default": database(_url)}
APPLICATION_ROLE = unquote(urlsplit(os.environ.get("DATABASE_URL", "")).username or "")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "pgtrigger",
    "pghistory",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "euthymia.clinic.config",
    "euthymia.clinic.access",
    "euthymia.clinic.audit",
    "euthymia.clinic.rulebook",
    "euthymia.clinic.forecasts",
    "euthymia.clinic.people",
    "euthymia.clinic.measures",
    "euthymia.clinic.safety",
    "euthymia.clinic.pharmacy",
    "euthymia.clinic.courses",
    "euthymia.clinic.visits",
    "euthymia.clinic.portal",
    "euthymia.clinic.reports",
    "euthymia.clinic.fhir",
]

MIDDLEWARE = [
    "euthymia.clinic.config.middleware.OriginMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "euthymia.clinic.config.clock.ClockMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "euthymia.clinic.config.middleware.SizeMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
    "euthymia.clinic.config.middleware.AccessMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [CONFIG / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "euthymia.clinic.config.theme.theme",
                "euthymia.clinic.config.context.frame",
            ],
            "builtins": ["euthymia.clinic.looks.tags", "euthymia.clinic.access.tags"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- sign-in ---------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
# Length and a list of common ones; no rules of composition and no forced change (ASVS 5.0, 6.2).
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
# Not Django's default, a cookie: what was saved about a patient would stay on the tablet for the next user.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
CSRF_FAILURE_VIEW = "euthymia.clinic.config.errors.form_too_old"

ACCOUNT_ADAPTER = "euthymia.clinic.access.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # an administrator hands over the one-time link
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_FORMS = {"login": "euthymia.clinic.access.forms.SignInForm"}
# One account from any address; django-axes counts one account from one. Nothing is limited by address
# alone: everybody in a clinic shares it.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "30/15m/key"}

MFA_ADAPTER = "euthymia.clinic.access.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn"]
MFA_FORMS = {"authenticate": "euthymia.clinic.access.forms.SecondFactorForm"}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a passkey stands for a person, not for a device
MFA_RATE_LIMITS = {"webauthn_login": None}
MFA_ALLOW_UNVERIFIED_EMAIL = True

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_USERNAME_CALLABLE = "euthymia.clinic.access.lockout.username"
AXES_LOCKOUT_CALLABLE = "euthymia.clinic.access.lockout.response"
AXES_SENSITIVE_PARAMETERS = ["login", "password", "code", "credential", "csrfmiddlewaretoken"]
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True  # the audit chain is the log
AXES_VERBOSE = False

SESSION_IDLE = timedelta(minutes=int(os.environ.get("EUTHYMIA_IDLE_MINUTES", "15")))  # ours: a shared tablet
SESSION_LIFETIME = timedelta(hours=12)  # ours: a long shift
SESSION_COOKIE_AGE = int(SESSION_LIFETIME.total_seconds())
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

# --- history ---------------------------------------------------------------------------------------------
# What a history row says of its author, and why it claims none, is in euthymia.clinic.audit.bases.
PGHISTORY_APPEND_ONLY = True

# --- what is sent to us ----------------------------------------------------------------------------------
LARGEST_REQUEST_BYTES = 4_000_000  # ours: an imported file is 1 MB, and comes back once more to be confirmed
# In memory alone: a file of referrals is never left in a folder for temporary files.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = LARGEST_REQUEST_BYTES

# --- caches ----------------------------------------------------------------------------------------------
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
}

# --- logs ------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"()": "euthymia.clinic.config.logs.PlainFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.request": {"level": "ERROR"},  # what is not found or not allowed is in no log: paths hold ids
    },
}

# --- page policy -----------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_HSTS_SECONDS = 31_536_000 if TLS else 0
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = TLS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
# The __Host- prefix binds a cookie to this host and to TLS; without TLS a browser would refuse it.
SESSION_COOKIE_NAME = "__Host-session" if TLS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if TLS else "csrf"
DEVICE_COOKIE_NAME = "__Host-device" if TLS else "device"

# --- static files ----------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = STATE_FOLDER / "static" if MODE == "serve" else None  # gathered before a clinic is served
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "euthymia.clinic.config.bundles.BundleFinder",
]
WHITENOISE_USE_FINDERS = MODE != "serve"
if MODE == "serve":  # compressed, and named by their content: a tablet asks for each only once
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
