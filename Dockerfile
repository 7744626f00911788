# Builds the service without its development dependencies. It needs DATABASE_URL: there is no embedded PostgreSQL inside.
FROM node:26-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY nest-cli.json openapi.json tsconfig.json tsconfig.build.json vite.config.js ./
COPY scripts scripts
COPY src src
COPY migrations migrations
RUN npm run build

FROM node:26-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# The service needs the frameworks that only some users of the package need. The optional packages are the embedded PostgreSQL's programs.
RUN npm pkg delete devDependencies peerDependenciesMeta && npm ci --omit=optional

FROM node:26-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
RUN install -d -o node dist/compile-cache
USER node
# Loads what the service loads, so that Node has it compiled before the first start.
RUN node --import ./dist/src/compiled-code.js dist/src/openapi.js /dev/null
EXPOSE 3000
# Lives, not is ready: an outage of the database must not restart every replica.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=1s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Not npm: node itself takes the signals, and lets running calls finish.
CMD ["node", "dist/src/main.js"]
