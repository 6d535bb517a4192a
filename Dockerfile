# The server and nothing else: no embedded database, no compiler, no root.
#   docker build -t countersign .
#   docker run -p 3000:3000 -e ISSUER=… -e DATABASE_URL=… -e COUNTERSIGN_SEALING_KEY=… countersign
# Every setting: docs/configuration.md. The command line: docker exec <container> node dist/server/cli/main.js --help

FROM node:24-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build

FROM node:24-trixie-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund

FROM node:24-trixie-slim
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
# Demonstration data and what is made at the first start; the home directory is the one place that belongs to `node`.
ENV NODE_ENV=production DATA_DIR=/home/node/data
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --start-interval=1s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.MANAGEMENT_PORT || 3001}/health/ready`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--enable-source-maps", "dist/server/main.js"]
