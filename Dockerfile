# Build:  docker build -t leakwatch .          Run: config/compose.example.yaml
# BASE_IMAGE is any Debian-like image with Python 3.11 or newer as python3, with venv.
ARG BASE_IMAGE=python:3.13-slim

FROM ${BASE_IMAGE} AS build
WORKDIR /src
COPY requirements.lock .ci/build.lock ./
# Wheels only: nothing is compiled, and no code of a dependency runs while it is installed.
RUN python3 -m venv /opt/leakwatch \
 && /opt/leakwatch/bin/pip install --quiet --no-cache-dir --disable-pip-version-check \
      --only-binary :all: --require-hashes -r requirements.lock
RUN python3 -m venv /opt/build \
 && /opt/build/bin/pip install --quiet --no-cache-dir --disable-pip-version-check \
      --only-binary :all: --require-hashes -r build.lock
COPY pyproject.toml README.md LICENSE ./
COPY leakwatch leakwatch
COPY migrations migrations
RUN /opt/build/bin/hatchling build -t wheel -d dist \
 && /opt/leakwatch/bin/pip install --quiet --no-cache-dir --disable-pip-version-check --no-index --no-deps dist/*.whl \
 && /opt/leakwatch/bin/pip uninstall --quiet --yes pip


FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="leakwatch" \
      org.opencontainers.image.description="Dark-web leak monitoring: knows stolen files when it sees them" \
      org.opencontainers.image.licenses="Apache-2.0"
# Opens CD images, cabinets, cpio and the like. Debian 13 calls it libarchive13t64 and knows the old name.
RUN ldconfig -p | grep -q 'libarchive\.so\.13' \
 || { apt-get update -qq && apt-get install -y -qq --no-install-recommends libarchive13 \
      && rm -rf /var/lib/apt/lists/*; }
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/leakwatch \
      --shell /usr/sbin/nologin leakwatch \
 && install -d -m 0755 /etc/leakwatch \
 && install -d -m 0700 -o 10001 -g 10001 /var/lib/leakwatch
COPY --from=build /opt/leakwatch /opt/leakwatch
# The health check below asks at LEAKWATCH_DAEMON__LISTEN, which overrules daemon.listen of the settings file.
ENV PATH=/opt/leakwatch/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    LEAKWATCH_DAEMON__LISTEN=127.0.0.1:8787
# By number, so that an orchestrator can see that it is not root.
USER 10001:10001
WORKDIR /var/lib/leakwatch
# Settings, matters and sources are mounted read-only at /etc/leakwatch; all that is written goes to this volume and /tmp.
VOLUME /var/lib/leakwatch
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python3", "-c", \
  "import os, urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://' + os.environ['LEAKWATCH_DAEMON__LISTEN'] + '/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["leakwatch"]
CMD ["run"]
