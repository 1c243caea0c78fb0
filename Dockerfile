# Requite as a service: docker build -t requite .

FROM python:3.11-slim AS build
# durable-rules is compiled here.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
RUN python -m venv /opt/requite
COPY requirements.lock ./
# uv installs every package in the version of the lock file and with one of its hashes; it comes from there itself.
RUN awk '/^[a-z]/ {wanted = /^uv==/} wanted && !/#/' requirements.lock > uv.lock \
    && pip install --no-cache-dir --require-hashes --requirement uv.lock
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN uv build --wheel --build-constraints requirements.lock --require-hashes --out-dir dist \
    && uv pip install --no-cache --compile-bytecode --python /opt/requite --constraints requirements.lock \
        "requite[service,postgres,otel] @ file://$(ls /build/dist/*.whl)"

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/requite --create-home requite
COPY --from=build /opt/requite /opt/requite
ENV PATH=/opt/requite/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    REQUITE_HOME=/var/lib/requite
USER requite
WORKDIR /var/lib/requite
VOLUME /var/lib/requite
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
# Inside a container every address is its own; what is let in from outside is said when it is run.
CMD ["requite", "serve", "--host", "0.0.0.0", "--port", "8000"]
