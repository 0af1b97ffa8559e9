# CPU by default; for CUDA build with
#   --build-arg FEATURES=cuda --build-arg BUILD_IMAGE=nvidia/cuda:13.0.1-devel-ubuntu24.04 --build-arg RUN_IMAGE=nvidia/cuda:13.0.1-runtime-ubuntu24.04
ARG BUILD_IMAGE=debian:bookworm-slim
ARG RUN_IMAGE=debian:bookworm-slim

FROM ${BUILD_IMAGE} AS build
ARG FEATURES=""
ARG RUST_VERSION=1.95.0
RUN apt-get update \
 && apt-get install --yes --no-install-recommends build-essential ca-certificates curl \
 && rm -rf /var/lib/apt/lists/*
RUN curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal --default-toolchain ${RUST_VERSION}
ENV PATH=/root/.cargo/bin:$PATH
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY src src
COPY benches benches
COPY spider-eval spider-eval
COPY training/prepare training/prepare
RUN cargo build --release --locked --package argiope --features "${FEATURES}"

FROM ${RUN_IMAGE}
RUN useradd --no-create-home --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin argiope
COPY --from=build /build/target/release/argiope /usr/local/bin/argiope
COPY weights /usr/local/share/argiope/weights
ENV ARGIOPE_WEIGHTS=/usr/local/share/argiope/weights
USER argiope
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/argiope"]
CMD ["serve", "--addr", "0.0.0.0:8080"]
