# One image for web, worker and migrate; docker-compose.yml says which command each runs.

FROM python:3.13-slim AS build
# mysqlclient has no Linux wheel: it is compiled here, and the compiler stays behind.
# Versions of Debian's packages follow the base image: a pinned one disappears from Debian with its next fix.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libmariadb-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/venv
COPY requirements/base.txt requirements/mariadb.txt /tmp/requirements/
RUN /opt/venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r /tmp/requirements/base.txt \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r /tmp/requirements/mariadb.txt

FROM python:3.13-slim
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libmariadb3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin evosync
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY . .
COPY vkmarket/static/vkmarket/default_product.png /app/default_product.png
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    KEYS_DIR=/app/keys \
    MEDIA_ROOT=/app/media \
    PROMETHEUS_MULTIPROC_DIR=/app/metrics \
    VK_DEFAULT_PHOTO_PATH=/app/default_product.png
# DEBUG for this one command, which needs no keys of anybody's then. The root is read-only when it runs: what Python
# would compile at each start is compiled here. A new volume takes over the owner of its folder.
RUN DEBUG=true python manage.py collectstatic --noinput --verbosity 0 \
    && python -m compileall -q . \
    && mkdir -p keys media metrics \
    && chown evosync:evosync keys media metrics \
    && chmod 700 keys
USER 10001
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "--bind", "0.0.0.0:8000"]
