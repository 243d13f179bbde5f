# syntax=docker/dockerfile:1
# One image for every role: `serve`, `worker`, `migrate`, `keys`, `doctor`. How to run it: docs/deploy.md.
FROM node:24-trixie-slim AS base

FROM base AS build
WORKDIR /src
# First what changes seldom, so that an edit of a source does not install the packages again.
COPY package.json package-lock.json ./
COPY apps/studio/package.json apps/studio/
# Without install scripts: nothing the build uses needs one, and that of the package `node` would fetch a second Node.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build

FROM base AS packages
WORKDIR /src
COPY package.json package-lock.json ./
# Without those of the Studio, which are in its build; with the install script that links the embedded PostgreSQL's libraries.
RUN npm ci --omit=dev --workspaces=false --no-audit --no-fund

FROM base
RUN apt-get update \
  && apt-get install -y --no-install-recommends bubblewrap ca-certificates ffmpeg tini \
  && rm -rf /var/lib/apt/lists/* \
  && install -d -o node -g node /var/lib/sluice
WORKDIR /app
COPY --from=packages /src/node_modules node_modules
COPY --from=build /src/dist dist
COPY --from=build /src/apps/studio/dist apps/studio/dist
COPY package.json LICENSE NOTICE ./
COPY docs/errors docs/errors
COPY examples examples
ENV NODE_ENV=production SLUICE_DATA=/var/lib/sluice SLUICE_HOST=0.0.0.0
VOLUME /var/lib/sluice
EXPOSE 8787
USER node
# Of the server. A worker listens on nothing and ends when it cannot go on: run it with --no-healthcheck.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.SLUICE_PORT || 8787}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Drains. Whoever stops the container waits longer than SLUICE_DRAIN_MS: `docker stop --time 30`.
STOPSIGNAL SIGTERM
# tini reaps what a killed FFmpeg leaves behind, and passes the signal on.
ENTRYPOINT ["tini", "--", "node", "/app/dist/cli/main.js"]
CMD ["serve"]
