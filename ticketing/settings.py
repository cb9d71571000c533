"""All settings, from environment variables with safe defaults.

Nothing set: embedded mode (own PostgreSQL and Redis under var/, files, practice payments).
DATABASE_URL set: serious mode; what is half given stops the start (see ticketing/checks.py).
Every variable is listed in docs/settings.md.
"""

import hashlib
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from environs import Env

from ticketing import csp, embedded
from ticketing.lib import languages

env = Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var")))

# --- mode -----------------------------------------------------------------------------
DATABASE_URL = env.str("DATABASE_URL", "")
REDIS_URL = env.str("REDIS_URL", "")
EMBEDDED = not DATABASE_URL
DEBUG = env.bool("DEBUG", False)
DEMO = env.bool("DEMO", False)


def _embedded_secret() -> str:
    """A secret of this checkout's own, made once and kept in var/ (embedded mode only)."""
    path = VAR_DIR / "secret-key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


SECRET_KEY = env.str("SECRET_KEY", "") or (_embedded_secret() if EMBEDDED else "")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", [])
SITE_URL = env.str("SITE_URL", f"http://127.0.0.1:{env.str('PORT', '8000')}").rstrip("/")
SITE_NAME = env.str("SITE_NAME", "Ticketing")
_site = urlsplit(SITE_URL)
HTTPS = _site.scheme == "https"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", [_site.hostname or "127.0.0.1"] + (["127.0.0.1", "localhost"] if EMBEDDED else []))
CSRF_TRUSTED_ORIGINS = [SITE_URL]

# --- rooms ----------------------------------------------------------------------------
INSTALLED_APPS = [
    "operations",
    "api",
    "workspace",
    "payments",
    "scanning",
    "registrations",
    "events",
    "accounts",
    "outbox",
    "trail",
    "ticketing",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.forms",  # its field templates, which ours override
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "storages",
]

MIDDLEWARE = [
    "ticketing.metering.MeterMiddleware",  # counts whatever is answered below
    "ticketing.language_choice.LanguageMiddleware",  # whom to speak to in which language
    "ticketing.lib.pagecache.PageCacheMiddleware",  # answers cached anonymous pages before all else
    "ticketing.trouble.TroubleMiddleware",  # the database or Redis is away: 503 with Retry-After
    "django.middleware.security.SecurityMiddleware",
    "api.door.ApiDoor",  # other programs need nothing of what is below
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "ticketing.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "trail.middleware.ActorMiddleware",  # what a request changes is noted as its user's
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "ticketing.urls"
WSGI_APPLICATION = "ticketing.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "ticketing.lib.spoken_templates.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ticketing.lib.site.site",
            ],
            "builtins": ["ticketing.templatetags.pages", "ticketing.templatetags.icons"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- database -------------------------------------------------------------------------
if EMBEDDED:
    DATABASES = {"default": embedded.database_settings(VAR_DIR)}
else:
    DATABASES = {"default": env.dj_db_url("DATABASE_URL")}
DATABASES["default"] |= {
    "ENGINE": "ticketing.database",
    "CONN_MAX_AGE": env.int("CONN_MAX_AGE", 600),
    "CONN_HEALTH_CHECKS": True,
}
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"] |= {
    "connect_timeout": 5,
    # A lock nobody gives up must not take every worker with it (F4).
    "options": "-c lock_timeout=5s -c statement_timeout=30s -c idle_in_transaction_session_timeout=60s",
}
# With Stripe buyers wait for an answer over the network, so more threads serve them than there are connections: this
# many for each process. Without it each thread keeps its own, which is cheaper by 0.1 ms a request. 0 is no pool.
WEB_THREADS = env.int("WEB_THREADS", 4 if env.str("STRIPE_SECRET_KEY", "") else 1)  # as the web server was started
DATABASE_POOL = env.int("DATABASE_POOL", 4 if env.str("STRIPE_SECRET_KEY", "") else 0)
if DATABASE_POOL:
    DATABASES["default"] |= {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}  # ticketing.database looks, without asking
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": DATABASE_POOL, "timeout": 5}
if env.bool("DATABASE_PREPARE", True):  # set to 0 behind a transaction pooler such as PgBouncer
    DATABASES["default"]["OPTIONS"] |= {"prepare_threshold": 3, "server_side_binding": True}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: cache, broker, limits; never the truth ---------------------------------------
REDIS_ADDRESS = REDIS_URL or (embedded.redis_url(VAR_DIR) if EMBEDDED else "")
CACHES = {
    "default": {
        "BACKEND": "ticketing.lib.forgiving_cache.ForgivingRedisCache",
        "LOCATION": REDIS_ADDRESS,
        "KEY_PREFIX": env.str("REDIS_PREFIX", "t"),
        "OPTIONS": {"socket_timeout": 0.25, "socket_connect_timeout": 0.25},
    }
}
PAGE_CACHE_ENABLED = env.bool("PAGE_CACHE", True)
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14

# --- tasks ----------------------------------------------------------------------------
_broker = REDIS_ADDRESS
if _broker.startswith("unix://"):
    _broker = "redis+socket://" + _broker.removeprefix("unix://").replace("?db=", "?virtual_host=")
CELERY_BROKER_URL = _broker
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_DEFAULT_QUEUE = "soon"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "priority_steps": [0],  # queues are separate by promise; priorities within one would be more keys to ask
    "socket_timeout": 5,
    "socket_connect_timeout": 1,
    "global_keyprefix": env.str("REDIS_PREFIX", "t") + ":",
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # its log goes where the others go, redacted like them
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = "UTC"

# --- people ---------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.backend.Backend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/manage/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.sign_up.SignUpForm"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _site.scheme
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
MFA_TOTP_ISSUER = SITE_NAME
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "login"
AXES_HANDLER = "axes.handlers.cache.AxesCacheHandler"
AXES_VERBOSE = False

# --- mail: everything goes through the outbox, the outbox through this -------------------
EMAIL_BACKEND = "outbox.backend.OutboxEmailBackend"
EMAIL_URL = env.str("EMAIL_URL", "")
if EMAIL_URL:
    _mail = env.dj_email_url("EMAIL_URL")
    OUTBOX_TRANSPORT = _mail.pop("EMAIL_BACKEND")
    globals().update(_mail)
else:
    OUTBOX_TRANSPORT = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(VAR_DIR / "mail")
EMAIL_TIMEOUT = 10
BULK_MAILS_PER_MINUTE = env.int("BULK_MAILS_PER_MINUTE", 600)  # messages to many; mail one person waits for is not limited
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", f"{SITE_NAME} <tickets@{_site.hostname}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- files ----------------------------------------------------------------------------
S3_BUCKET = env.str("S3_BUCKET", "")
S3_ENDPOINT_URL = env.str("S3_ENDPOINT_URL", "")
if S3_BUCKET:
    _s3 = {
        "BACKEND": "ticketing.lib.bucket.MeteredS3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": S3_ENDPOINT_URL or None,
            "region_name": env.str("AWS_REGION", "us-east-1"),
            "querystring_auth": True,
            "querystring_expire": 300,
            "signature_version": "s3v4",
            "default_acl": None,
            "addressing_style": env.str("S3_ADDRESSING_STYLE", "path" if S3_ENDPOINT_URL else "auto"),
            "client_config": None,
        },
    }
    from botocore.config import Config as _BotoConfig

    _s3["OPTIONS"]["client_config"] = _BotoConfig(
        connect_timeout=2,
        read_timeout=5,
        retries={"max_attempts": 2, "mode": "standard"},
        s3={"addressing_style": _s3["OPTIONS"].pop("addressing_style")},
        signature_version="s3v4",
        # Other S3-compatible servers do not know the newest checksums.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
else:
    _s3 = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
STORAGES = {
    "default": _s3,
    "staticfiles": {"BACKEND": "ticketing.hashed_files.HashedFiles"},
}
if DEBUG:
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL = "/media/"
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
# Front-end packages' own files, put there by bin/install; without Node charts and the camera's reader are absent.
_vendor = BASE_DIR / "node_modules" / ".served"
STATICFILES_DIRS = [BASE_DIR / "static", *([("vendor", _vendor)] if _vendor.is_dir() else [])]
HAS_CHARTS = (_vendor / "uplot").is_dir()
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_ADD_HEADERS_FUNCTION = csp.decoder_headers
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # pages name no others, and compressing takes most of a first start
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
COVER_MAX_BYTES = 10 * 1024 * 1024

# --- selling --------------------------------------------------------------------------
HOLD_MINUTES = env.int("HOLD_MINUTES", 15)
HOLD_EXTENSIONS = env.int("HOLD_EXTENSIONS", 2)
JOBS_AT_ONCE = env.int("JOBS_AT_ONCE", 1 if EMBEDDED else 4)  # exports, imports and acts on many orders
PDF_IN_MAIL = env.bool("PDF_IN_MAIL", True)
_stripe_key = env.str("STRIPE_SECRET_KEY", "")
PAYMENT_GATEWAY = env.str("PAYMENT_GATEWAY", "stripe" if _stripe_key else "practice" if EMBEDDED else "")
STRIPE_SECRET_KEY = _stripe_key
STRIPE_WEBHOOK_SECRETS = env.list("STRIPE_WEBHOOK_SECRETS", [])  # two while one is being replaced
STRIPE_API_BASE = env.str("STRIPE_API_BASE", "")  # another address than Stripe's, for tries without an account
STRIPE_CALLS_PER_SECOND = env.int("STRIPE_CALLS_PER_SECOND", 25)  # per endpoint, over all processes
APPLICATION_FEE_PERCENT = env.decimal("APPLICATION_FEE_PERCENT", 0)  # of payments to organisers' own accounts
AUTOMATIC_REFUNDS_PER_HOUR = env.int("AUTOMATIC_REFUNDS_PER_HOUR", 50)  # late or double money; more of it asks staff
ALLOW_PRACTICE_PAYMENTS = env.bool("ALLOW_PRACTICE_PAYMENTS", EMBEDDED)
PRACTICE_AWAY = env.bool("PRACTICE_AWAY", False)  # the practice provider does not answer

# --- wallets: certificates as PEM text; nothing set, no buttons ------------------------------
APPLE_PASS_TYPE_ID = env.str("APPLE_PASS_TYPE_ID", "")  # such as pass.com.example.tickets
APPLE_TEAM_ID = env.str("APPLE_TEAM_ID", "")
APPLE_PASS_CERTIFICATE = env.str("APPLE_PASS_CERTIFICATE", "").replace("\\n", "\n")
APPLE_PASS_KEY = env.str("APPLE_PASS_KEY", "").replace("\\n", "\n")
APPLE_PASS_KEY_PASSWORD = env.str("APPLE_PASS_KEY_PASSWORD", "")
APPLE_WWDR_CERTIFICATE = env.str("APPLE_WWDR_CERTIFICATE", "").replace("\\n", "\n")  # Apple's intermediate
GOOGLE_WALLET_ISSUER_ID = env.str("GOOGLE_WALLET_ISSUER_ID", "")
GOOGLE_WALLET_ACCOUNT = env.str("GOOGLE_WALLET_ACCOUNT", "")  # the service account's JSON

# --- what it costs (operations/costs/) ----------------------------------------------------
COST_PRICE_BOOK = env.str("COST_PRICE_BOOK", "machines")
COST_MACHINES = env.int("COST_MACHINES", 1)
COST_BUDGET = env.decimal("COST_BUDGET", 50)  # dollars a month

# --- traces (docs/traces.md); the standard variables of OpenTelemetry say where they are sent ------
TRACES_ENABLED = not env.bool("OTEL_SDK_DISABLED", False)
TRACES_PER_SECOND = env.float("TRACES_PER_SECOND", 20)  # of checkouts, kept by each process; failed and slow ones beside
TRACES_KEPT_DAYS = env.int("TRACES_KEPT_DAYS", 14)
TRACES_EXPORTED = TRACES_ENABLED and bool(env.str("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "") or env.str("OTEL_EXPORTER_OTLP_ENDPOINT", ""))

# --- other programs (api/) --------------------------------------------------------------
API_CALLS_PER_TOKEN = env.int("API_CALLS_PER_TOKEN", 3000)  # a minute
API_CALLS_PER_ADDRESS = env.int("API_CALLS_PER_ADDRESS", 300)  # a minute, without a valid token
WEBHOOK_PRIVATE_NETWORKS = env.bool("WEBHOOK_PRIVATE_NETWORKS", EMBEDDED)

# --- operations -----------------------------------------------------------------------
ALARM_EMAILS = env.list("ALARM_EMAILS", [])
ALARM_PRIVATE_NETWORKS = env.bool("ALARM_PRIVATE_NETWORKS", EMBEDDED)
CLOUDWATCH_METRICS = env.bool("CLOUDWATCH_METRICS", False)
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
VERSION = env.str("VERSION", "")

# --- security -------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", False)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31_536_000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", False)
if env.bool("BEHIND_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_FAILURE_VIEW = "ticketing.trouble.csrf_failure"

# --- words and time -------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"  # docs/decisions/0041: English is what is spoken unless a language is asked for
LANGUAGES = [(LANGUAGE_CODE, "English"), *((code, name) for code, name in languages.CHOICES if code != languages.ENGLISH)]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
USE_THOUSAND_SEPARATOR = False

CSRF_COOKIE_AGE = 60 * 60 * 24
CACHE_NAMESPACE = hashlib.sha256(SECRET_KEY.encode()).hexdigest()[:8]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redacted": {"()": "ticketing.lib.log_lines.Redacted"}},
    "formatters": {
        "line": {"()": "ticketing.lib.log_lines.Lines", "format": "{asctime} {levelname} {name} {message}{trace}", "style": "{"},
        "json": {"()": "ticketing.lib.log_lines.JsonLines"},
        "bare": {"format": "%(message)s"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": env.str("LOG_FORMAT", "line"), "filters": ["redacted"]},
        "metrics": {"class": "logging.StreamHandler", "formatter": "bare"},
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "ticketing": {"level": "INFO"},
        "ticketing.metrics": {"handlers": ["metrics"], "propagate": False},  # each line is an object of its own
        "axes": {"level": "ERROR"},
        "django.request": {"level": "ERROR"},
    },
}
SILENCED_SYSTEM_CHECKS: list[str] = []
