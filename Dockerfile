# syntax=docker/dockerfile:1
#
# The image of a server:                docker build --build-arg SERVER=axum-server -t marketplace .
# The same on the other framework:      docker build --build-arg SERVER=actix-server -t marketplace .
# Paystack's twin, for development:     docker build --target twin -t paystack-sandbox .
#
# How to run it: docs/deploy.md. Every setting: docs/settings.md.

# Not older than `rust-version` in Cargo.toml; a test compares the two.
ARG RUST_VERSION=1.95
ARG SERVER=axum-server

FROM rust:${RUST_VERSION}-slim-trixie AS build
ARG SERVER
WORKDIR /src
COPY . .
# The caches keep what was compiled between builds, so what is built is taken out of them at once. Packages are named, because
# a build of the workspace takes the features that its tests need.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --release --package "example-${SERVER%-server}" --bin "${SERVER}" \
        --package marketplace-paystack --features marketplace-paystack/sandbox --bin paystack-sandbox \
 && install -D "target/release/${SERVER}" /out/marketplace-server \
 && install -D target/release/paystack-sandbox /out/paystack-sandbox

FROM debian:13-slim AS runtime
# Buckets are reached with the certificates that the machine trusts; mail, gateway and database bring theirs.
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/*
# A number, not a name: Kubernetes can then tell that it is not root.
RUN install -d -o 10001 -g 10001 -m 0700 /var/lib/marketplace /var/lib/twin
USER 10001:10001

FROM runtime AS twin
COPY --from=build /out/paystack-sandbox /usr/local/bin/paystack-sandbox
VOLUME /var/lib/twin
EXPOSE 4011
# It ends with Ctrl-C.
STOPSIGNAL SIGINT
ENTRYPOINT ["paystack-sandbox"]

# The last stage is what is built when none is named.
FROM runtime AS server
COPY --from=build /out/marketplace-server /usr/local/bin/marketplace-server
# In production unless somebody says otherwise: the development pages show every mail and move time, and must not be open to
# all only because a variable was forgotten. What production needs is named at the start.
ENV APP_ENV=production \
    HOST=0.0.0.0 \
    PORT=3000 \
    MARKETPLACE_DATA_DIR=/var/lib/marketplace \
    LOG_FORMAT=json
VOLUME /var/lib/marketplace
EXPOSE 3000
STOPSIGNAL SIGTERM
# The server itself gives a database that is out of reach five seconds. No start interval: builders before 2023 do not know it.
HEALTHCHECK --interval=5s --timeout=10s --start-period=60s --retries=3 \
    CMD ["marketplace-server", "healthcheck"]
ENTRYPOINT ["marketplace-server"]
