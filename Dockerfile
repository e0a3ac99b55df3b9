# syntax=docker/dockerfile:1
# The gateway in a container: no shell, no package manager, nobody's user, nothing that is written to.
# Base images are pinned by tag; docs/deployment.md says how to pin them by digest.

FROM node:26-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY src/pages/browser/package.json src/pages/browser/package-lock.json src/pages/browser/.npmrc src/pages/browser/
COPY deploy/build/install-packages.ts deploy/build/
RUN npm ci --ignore-scripts && node deploy/build/install-packages.ts src/pages/browser
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY deploy/build deploy/build
# The pages for browsers are made of them.
COPY schema/generated schema/generated
COPY schema/operations schema/operations
RUN npm run build

FROM gcr.io/distroless/nodejs26-debian13:nonroot
ARG VERSION=0.3.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="customer-evaluations-gateway" \
      org.opencontainers.image.description="A GraphQL gateway and federated subgraph for Stripe Radar's customer evaluations" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="gcr.io/distroless/nodejs26-debian13:nonroot"
WORKDIR /app
COPY package.json ./
# The operations that TRUSTED_DOCUMENTS knows of itself.
COPY schema/operations schema/operations
COPY --from=build /app/dist dist
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=4000
USER 65532:65532
EXPOSE 4000
# The image has no shell and no curl. Liveness only: an upstream that is down is no reason to replace a container.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["/nodejs/bin/node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Of 768 MiB: 384 for the old generation, up to 192 for the young one, the rest for code, buffers and sockets. A call
# lives as long as Stripe takes: with a larger young generation fewer calls in flight are copied by its collections.
ENTRYPOINT ["/nodejs/bin/node", "--max-old-space-size-percentage=50", "--max-semi-space-size=64"]
CMD ["dist/main.js"]
