"""Aura's settings. This is the only place that reads the process environment and `.env`;
every variable is described in `env.example`."""

import os
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

from aura_site import __version__
from aura_site.auto_revert import auto_revert
from aura_site.background import background
from aura_site.data_folder import data_folder
from aura_site.databases import database
from aura_site.deadlines import deadlines
from aura_site.dotenv import read_dotenv
from aura_site.embedded_models import started
from aura_site.environment import FALSE_WORDS, Environment
from aura_site.logs import LEVELS, logging_config
from aura_site.mail import mail_server
from aura_site.model_servers import model_servers
from aura_site.secret_key import secret_key
from brains.layers import VARIABLES

BASE_DIR = Path(__file__).resolve().parent.parent

# Before numpy is loaded: in a server its threads wait for each other longer than they help.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

AURA_DOTENV = read_dotenv(Path(os.environ.get("AURA_ENV_FILE") or BASE_DIR / ".env"))
_env = Environment(os.environ, AURA_DOTENV)

# What Aura is
AURA_VERSION = __version__
_data = Path(_env.text("AURA_DATA_DIR") or BASE_DIR / "data")
AURA_DATA_DIR_IS_NEW = not _data.exists()
AURA_DATA_DIR = data_folder(_data)
AURA_ENV_RUNG = _env.rung("env", VARIABLES)
AURA_DOTENV_RUNG = _env.rung("dotenv", VARIABLES)
AURA_MODEL_ALIASES = _env.mapping("AURA_MODEL_ALIASES")
AURA_PROVIDERS = model_servers(_env, started(AURA_DATA_DIR))
AURA_DEADLINES = deadlines(_env)
AURA_AUTO_REVERT = auto_revert(_env)
AURA_OFFLINE = _env.word(
    "AURA_OFFLINE",
    "auto",
    {"auto": "auto", **dict.fromkeys(sorted(FALSE_WORDS), "off")},
)
# Whether the models of a preset must answer before it may become live.
AURA_PREFLIGHT = _env.boolean("AURA_PREFLIGHT", True)
# What the questions of one check may cost together, by the catalogue's prices.
AURA_PREFLIGHT_MAX_USD = _env.number("AURA_PREFLIGHT_MAX_USD", 0.10, maximum=1000)
# Whether the embedding model and its dimension stay as they are.
AURA_EMBEDDING_LOCK = _env.boolean("AURA_EMBEDDING_LOCK", False)
# How long the vectors of an embedding model are kept after another one took its place.
AURA_EMBEDDING_GRACE_HOURS = _env.integer(
    "AURA_EMBEDDING_GRACE_HOURS", 72, minimum=1, maximum=8_760
)
# A folder with prompts of the operator's own, in place of those that come with Aura.
AURA_PROMPTS_DIR = (
    Path(_prompts) if (_prompts := _env.text("AURA_PROMPTS_DIR")) else None
)
# Who finds the nearest memories: this process, or PostgreSQL with pgvector.
AURA_MEMORY_INDEX = _env.word(
    "AURA_MEMORY_INDEX", "numpy", {"numpy": "numpy", "pgvector": "pgvector"}
)
AURA_PUBLIC_STATUS = _env.boolean("AURA_PUBLIC_STATUS", True)

# First run
AURA_ADMIN_PASSWORD = _env.secret("AURA_ADMIN_PASSWORD")
AURA_API_KEY = _env.secret("AURA_API_KEY")

# Server
AURA_HOST = _env.text("HOST", "127.0.0.1")
AURA_PORT = _env.integer("PORT", 8080, minimum=1, maximum=65_535)
AURA_WORKERS = _env.integer("WEB_CONCURRENCY", 2, minimum=1, maximum=256)
AURA_MAX_IN_FLIGHT = _env.integer(
    "AURA_MAX_IN_FLIGHT", 2_000, minimum=1, maximum=1_000_000
)

DEBUG = _env.boolean("DEBUG", False)
DEFAULT_EXCEPTION_REPORTER_FILTER = "aura_site.debug_pages.ExceptionFilter"
SECRET_KEY = secret_key(
    _env.secret("SECRET_KEY") or _env.secret("DJANGO_SECRET_KEY"), AURA_DATA_DIR
)
ALLOWED_HOSTS = list(_env.items("ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]")))
CSRF_TRUSTED_ORIGINS = list(_env.items("CSRF_TRUSTED_ORIGINS"))

INSTALLED_APPS = [
    "aura_site",
    "cognition",
    "gateway",
    "brains",
    # Up to Django 5.2 the Tasks API is a package of its own; from 6.0 on it is built in.
    *(() if find_spec("django.tasks") else ("django_tasks",)),
    "aura_site.tasks_app.BackgroundTasksConfig",
    "axes",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    # Around all others: so their refusals have these headers, too.
    "aura_site.page_headers.PageHeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "aura_site.static_files.StaticFilesMiddleware",
    "aura_site.database_away.DatabaseAwayMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "aura_site.urls"
ASGI_APPLICATION = "aura_site.asgi.application"
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
            ]
        },
    }
]

DATABASES = {
    "default": database(
        _env.secret("DATABASE_URL"),
        _env.text("AURA_DATABASE_PASSWORD_FILE"),
        AURA_DATA_DIR,
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Background work
_background = background(
    _env.word("AURA_TASKS", "database", {"database": "database", "redis": "redis"}),
    _env.secret("REDIS_URL"),
)
TASKS, RQ_QUEUES = _background.tasks, _background.queues
# At once, so that a Redis that does not answer is known where the task is put there.
RQ = {"COMMIT_MODE": "auto"}
INSTALLED_APPS += _background.apps
AURA_CALL_RETENTION_DAYS = _env.integer(
    "AURA_CALL_RETENTION_DAYS", 30, minimum=0, maximum=36_500
)

# Whether what clients ask and are answered is kept, sealed, and for how long at most.
AURA_KEEP_PROMPTS = _env.boolean("AURA_KEEP_PROMPTS", False)
AURA_KEEP_PROMPTS_DAYS = _env.integer("AURA_KEEP_PROMPTS_DAYS", 7, minimum=1, maximum=7)

# Who is told of changes
AURA_WEBHOOK_URL = _env.secret("AURA_WEBHOOK_URL")
AURA_WEBHOOK_SECRET = _env.secret("AURA_WEBHOOK_SECRET")
AURA_NOTICE_EMAILS = list(_env.items("AURA_NOTICE_EMAILS"))
DEFAULT_FROM_EMAIL = _env.text("DEFAULT_FROM_EMAIL", "aura@localhost")
_mail = mail_server(_env.secret("EMAIL_URL"))
EMAIL_BACKEND, EMAIL_HOST, EMAIL_PORT = _mail.backend, _mail.host, _mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.uses_starttls, _mail.uses_tls
EMAIL_TIMEOUT = 10

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Who guesses passwords is locked out for a while, from that address and for that name alone:
# so nobody can lock another one out from afar.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=5)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False  # its tables are no business of an operator's
AXES_LOCKOUT_CALLABLE = "aura_site.error_pages.locked_out"

# Behind a proxy that speaks TLS: cookies and redirects for https only.
AURA_HTTPS = _env.boolean("AURA_HTTPS", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = AURA_HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if AURA_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = AURA_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if AURA_HTTPS else None
SECURE_REFERRER_POLICY = SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = "aura_site.formats"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = AURA_DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

LOGGING = logging_config(_env.word("LOG_LEVEL", "INFO", LEVELS))

# Last: by now every variable has been read.
AURA_SETTING_PROBLEMS = tuple(_env.problems)
