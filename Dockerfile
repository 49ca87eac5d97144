# syntax=docker/dockerfile:1
# One image for every role: the command says which (serve, api, scheduler, dispatcher).
ARG NODE_VERSION=24.21.0

FROM node:${NODE_VERSION}-slim AS installed
WORKDIR /opt/resonate
COPY package.json package-lock.json LICENSE ./
COPY packages packages
COPY apps apps
# No dependency needs its install script: better-sqlite3 ships its binaries.
RUN --mount=type=cache,target=/var/cache/npm \
    npm ci --omit=dev --ignore-scripts --no-audit --no-fund --cache /var/cache/npm
# Removes files that only readers, compilers, editors, bundlers, browsers or other platforms need, and our sources: the
# next stage bundles them.
RUN find node_modules -type f '(' -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -iname 'readme*.md' \
        -o -iname 'changelog*.md' ')' -delete && \
    rm -rf node_modules/luxon/src node_modules/luxon/build/amd node_modules/luxon/build/cjs-browser node_modules/luxon/build/global && \
    rm -rf node_modules/@opentelemetry/semantic-conventions/build/esm node_modules/@opentelemetry/semantic-conventions/build/esnext && \
    rm -rf node_modules/better-sqlite3/deps node_modules/better-sqlite3/src && \
    find node_modules/better-sqlite3/prebuilds -type f ! -name "linux-$(node -p process.arch).node" -delete && \
    rm -rf apps packages node_modules/@resonate node_modules/.bin

# Builds the command and the dashboard. The final image contains only the built files.
FROM node:${NODE_VERSION}-slim AS built
WORKDIR /opt/resonate
COPY package.json package-lock.json tsconfig.json ./
COPY packages packages
COPY apps apps
COPY scripts scripts
RUN --mount=type=cache,target=/var/cache/npm \
    npm ci --workspace @resonate/cli --workspace @resonate/dashboard --ignore-scripts --no-audit --no-fund --cache /var/cache/npm && \
    node scripts/bundle.ts && npx vite build apps/dashboard

FROM node:${NODE_VERSION}-slim
LABEL org.opencontainers.image.title="resonate-server" \
      org.opencontainers.image.description="A Resonate-compatible durable promise server" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
COPY --from=installed /opt/resonate /opt/resonate
COPY --from=built /opt/resonate/apps/cli/dist /opt/resonate/apps/cli/dist
COPY --from=built /opt/resonate/apps/dashboard/dist /opt/resonate/apps/dashboard/dist
RUN ln -s /opt/resonate/apps/cli/dist/main.js /usr/local/bin/resonate && \
    install -d -o node -g node /var/lib/resonate
# The user `node`, as a number, so that an orchestrator can see that it is not root.
USER 1000:1000
# The only place that `serve` writes to (resonate.db): everything else may be read-only.
WORKDIR /var/lib/resonate
VOLUME /var/lib/resonate
# The API, and metrics with /health and /ready.
EXPOSE 8001 9090
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.RESONATE_OBSERVABILITY__METRICS_PORT || 9090}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["resonate"]
CMD ["serve"]
