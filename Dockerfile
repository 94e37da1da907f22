# The hospital's own processes. docker-compose.yml starts them on the official PostgreSQL and Redis images.
FROM python:3.13-slim-bookworm

RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /srv/hms
COPY requirements.txt .
RUN pip install --no-cache-dir --only-binary :all: -r requirements.txt
COPY . .

ENV PYTHONUNBUFFERED=1 PYTHONUTF8=1 DJANGO_SETTINGS_MODULE=hms.settings HMS_DATA_DIR=/srv/hms/var
# The key only lets the settings load while the pages' files are gathered; every start needs a real one.
RUN HMS_SECRET_KEY=while-building python manage.py collectstatic --noinput --verbosity 0 \
    && useradd --system --no-create-home hms
USER hms
EXPOSE 8000
CMD ["gunicorn", "hms.wsgi:application", "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--bind", "0.0.0.0:8000", "--timeout", "60", "--graceful-timeout", "6", "--no-control-socket", "--logger-class", "hms.weblog.Log"]
