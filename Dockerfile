# Guichet in a container: the program and its libraries, nothing to build with, nobody's root.
#   docker build -t guichet .
#   docker run --env-file .env -v guichet:/data -p 127.0.0.1:8000:8000 guichet

FROM python:3.11-slim-bookworm AS libraries
WORKDIR /build
COPY requirements.txt .
# Hashed to the last file: what is installed is what was tested.
RUN python -m venv /opt/guichet \
 && /opt/guichet/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
      --require-hashes --only-binary :all: -r requirements.txt

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin guichet \
 && install -d -o guichet -g guichet -m 0700 /data
COPY --from=libraries /opt/guichet /opt/guichet
WORKDIR /app
COPY LICENSE pyproject.toml ./
COPY boxoffice boxoffice
COPY storage storage
COPY chat chat
COPY gate_scanner gate_scanner
COPY bot bot
ENV PATH=/opt/guichet/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    LOG_FORMAT=json \
    DATABASE_URL=sqlite:////data/guichet.db \
    ACCOUNTS_FILE=/data/accounts.json
USER guichet
VOLUME /data
EXPOSE 8000
# SIGTERM: turns and sends under way are finished, within 50 seconds.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=4 \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/healthz', timeout=4)"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
