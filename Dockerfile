# Aura's image: one stage installs what the lock pins, the other holds only what runs.
FROM python:3.13-slim AS install
# requirements-fast.lock is compiled. python3-dev is for bases without Python's headers.
# hadolint ignore=DL3008
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends \
        gcc libc6-dev python3-dev >/dev/null \
    && rm -rf /var/lib/apt/lists/*
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/aura
COPY requirements.lock requirements-fast.lock requirements-redis.lock /tmp/
RUN /opt/aura/bin/pip install --quiet --require-hashes \
        -r /tmp/requirements.lock -r /tmp/requirements-fast.lock -r /tmp/requirements-redis.lock \
    && /opt/aura/bin/pip uninstall --quiet --yes pip

FROM python:3.13-slim
LABEL org.opencontainers.image.title="Aura" \
      org.opencontainers.image.licenses="MIT"
ENV PATH=/opt/aura/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 PORT=8080 AURA_DATA_DIR=/data AURA_OFFLINE=off
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent aura \
    && install -d -o aura -g aura -m 0700 /data && install -d -o aura -g aura -m 0755 /run/aura
COPY --from=install /opt/aura /opt/aura
WORKDIR /srv/aura
COPY manage.py gunicorn.conf.py env.example ./
COPY aura_site aura_site
COPY brains brains
COPY cognition cognition
COPY gateway gateway
COPY providers providers
COPY templates templates
COPY static static
# The file system is read-only later: without this each start compiles everything anew.
RUN python -m compileall -q .
USER aura
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/health/live', timeout=2)"]
CMD ["gunicorn", "-c", "gunicorn.conf.py", "aura_site.asgi:application"]
