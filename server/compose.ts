import type Koa from 'koa';

import { addUpUse, sweepAgents } from '../adapters/postgres/agent-jobs.ts';
import { cleanUp, dropOldPartitions } from '../adapters/postgres/cleanup.ts';
import { livingSecrets } from '../adapters/postgres/client-secrets.ts';
import { isRegistrationToken } from '../adapters/postgres/clients.ts';
import type { Database, Statements } from '../adapters/postgres/database.ts';
import { postgresEscalations } from '../adapters/postgres/deciders.ts';
import { postgresDeliveries } from '../adapters/postgres/deliveries.ts';
import { postgresDocuments, staleDocuments } from '../adapters/postgres/documents.ts';
import { warnOfExpiry } from '../adapters/postgres/expiry.ts';
import { stopWithEvidence } from '../adapters/postgres/liveness.ts';
import { postgresJobs } from '../adapters/postgres/outbox.ts';
import { postgresRedemptions } from '../adapters/postgres/redemptions.ts';
import { postgresRefreshTokens } from '../adapters/postgres/refresh-tokens.ts';
import { attendToReviews } from '../adapters/postgres/reviews.ts';
import { postgresStyleSheets } from '../adapters/postgres/style-sheets.ts';
import { cibaPush } from '../grants/ciba-push.ts';
import { grantsOnOwnPath } from '../grants/index.ts';
import { openAdministration } from './administration.ts';
import { attestations } from './agents/attestation.ts';
import { clientSecrets } from './agents/client-secret.ts';
import { type DocumentDependencies, newBreaker, refreshDocuments } from './agents/documents.ts';
import { handOver } from './agents/handover.ts';
import { applyDocument } from './agents/registration.ts';
import { workloads } from './agents/workload.ts';
import { createApp } from './app.ts';
import { escalations } from './approvals/escalate.ts';
import { tellClient } from './approvals/tell-client.ts';
import { openChannels } from './channels.ts';
import { decisionPages } from './deciding.ts';
import { documentClients } from './documents.ts';
import { type Engine, openEngine } from './engine.ts';
import { grantDependencies, mintOf } from './granting.ts';
import type { Clock } from './http/clock.ts';
import { watchLoad } from './http/overload.ts';
import { currentStyleSheet } from './http/template.ts';
import type { Handler, Job } from './jobs/jobs.ts';
import { type Runner, startRunner } from './jobs/runner.ts';
import { agentPace, registrationPace } from './paces.ts';
import { openParts, type Settings } from './parts.ts';
import { openSigningIn } from './signing-in.ts';

export interface House {
  app: Koa;
  database: Database;
  clock: Pick<Clock, 'agrees'>;
  /** Whether the database answered within the last two seconds. */
  isInTouch(): boolean;
  /** Rebuilds the engine from the published catalogue. */
  reloadCatalogue(): Promise<void>;
  /** Begins with what the outbox holds and with the periodic jobs, beside the other instances. */
  startJobs(): Runner;
  close(): Promise<void>;
}

/**
 * The composition root: every part is made once, and handed what it needs. Nothing else in the house knows which
 * adapter stands behind an interface. `parts.ts` makes what several need; the others are put together by their names.
 */
export async function composeHouse(settings: Settings): Promise<House> {
  const parts = await openParts(settings);
  const { config, issuer, logger, metrics, database, sealing, clock, signals, catalogue, fetch } = parts;
  const { clients, sessions, evidence, tasks, replays, approvals, cookies, nonces, mutualTls } = parts;
  const provider = () => engine.provider();
  const isPublicType = (type: string) => catalogue.current().actions.get(type)?.organization === null;

  /** @throws what the engine has against it (RFC 7591 §2) */
  const checkClient = (metadata: Record<string, unknown>) => {
    // By a name of its own: of `new (provider().Client as …)(…)` the compiler leaves `new provider()`.
    const Client = provider().Client as unknown as new (metadata: object) => unknown;
    new Client(metadata);
  };
  const documents: DocumentDependencies = {
    store: postgresDocuments(database, config.agentsPerOrganization),
    fetch,
    privateHosts: config.egressAllow,
    prepare(document) {
      const metadata = applyDocument(document, isPublicType);
      checkClient({ client_id: 'document', ...metadata });
      return metadata;
    },
    tooMany: registrationPace(database, config.registrationsPerMinute),
    breaker: newBreaker(),
  };
  const documentsHere = documentClients(database, issuer, documents);

  const mint = mintOf(parts);
  const tooFast = agentPace(database);
  const grants = grantDependencies(parts, { mint, tooFast, provider });
  const engine: Engine = openEngine(parts, { grants, documents: documentsHere, tooFast });
  let reloading: Promise<void> = Promise.resolve();
  // One after another: a load that began earlier must not replace what a later one found.
  const reloadCatalogue = () => {
    reloading = reloading
      .catch(() => {})
      .then(async () => {
        await catalogue.reload();
        engine.replace();
      });
    return reloading;
  };
  signals.on('catalogue', () => {
    reloadCatalogue().catch((error) => logger.error({ err: error }, 'the catalogue could not be reloaded'));
  });

  const channels = openChannels({ ...parts, catalogue: catalogue.current });
  const signingIn = openSigningIn(parts);
  const { signIn, upstream, federation } = signingIn;
  const styleSheet = currentStyleSheet();
  const styleSheets = postgresStyleSheets(database);
  await styleSheets.keep(styleSheet);
  const pages = decisionPages(parts, { provider, channels, federation, styleSheet });
  const administration = openAdministration(parts, { documents, channels, upstream, checkClient, reloadCatalogue });

  const authentication = {
    issuer,
    clients,
    documentClient: documentsHere.ofForm,
    fetch,
    authorities: mutualTls?.authorities ?? [],
    certificate: parts.proofs.certificate,
  };
  const load = watchLoad();
  const app = createApp({
    styleSheets,
    clock,
    isInTouch: signals.isInTouch,
    pace: {
      // Two connections are left to whoever does not wait for a person.
      atOnce: Math.max(1, config.databasePoolSize - 2),
      isBehind: () => load.isBehind() || database.waiting > QUEUE,
      isFull: load.isFull,
    },
    issuer,
    trustProxy: config.trustProxy,
    nonces,
    clients,
    certificateAddress: mutualTls?.address,
    logger,
    metrics,
    cookies,
    cookieKeys: parts.cookieKeys,
    sessions,
    sessionIdleSeconds: config.sessionIdleMinutes * 60,
    pseudoLanguages: config.pseudoLanguages ?? false,
    evidence,
    people: signIn,
    ...pages,
    tokens: {
      reader: parts.reader,
      authentication: {
        ...authentication,
        // Introspection writes nothing after this.
        firstUse: (client, jti, expiresAt) => replays.firstUse('client assertion', client, jti, expiresAt, 'lasting'),
      },
      tasks,
      stop: (one, about) => stopWithEvidence(database, one, about),
      refreshTokens: postgresRefreshTokens(database),
    },
    redemptions: {
      reader: parts.reader,
      clients,
      catalogue: catalogue.current,
      store: postgresRedemptions(database),
      proofs: parts.proofs,
    },
    registrations: {
      clients,
      isRegistrationToken: (hash, clientId) => isRegistrationToken(database, hash, clientId),
      tooMany: registrationPace(database, config.registrationsPerMinute),
    },
    more: [
      signingIn.routes, //  /enrol/:token  /settings/security  /federation
      channels.routes, //   /settings/notifications  /agents/:id/contact  /inbox/events
      administration, //    /owned  /offers  /admin  /admin/api
    ],
    isPublicType,
    handOver: handOver(issuer, verifiers()),
    challenges: parts.attestationChallenges,
    ownGrants: grantsOnOwnPath(grants, authentication),
    engine: engine.middleware,
  });

  /** Whoever proves who they are in a way that the engine does not know. */
  function verifiers() {
    const { trustedIssuers, attestationChallenges: challenges } = parts;
    const firstUse = (client: string, jti: string, expiresAt: Date) =>
      replays.firstUse('attestation proof', client, jti, expiresAt, 'lasting');
    return [
      workloads({ ...trustedIssuers, clients, proof: parts.proofs.proof }),
      clientSecrets({ clients, living: (clientId) => livingSecrets(database, clientId), hash: parts.hashSecret }),
      ...(challenges ? [attestations({ ...trustedIssuers, clients, challenges, firstUse })] : []),
    ];
  }

  /** By the kind of message (`adapters/postgres/outbox.ts`, `enqueue`). */
  const handlers: Record<string, Handler<Statements>> = {
    ...channels.handlers,
    ...escalations(postgresEscalations),
    ...tellClient<Statements>({
      deliveries: postgresDeliveries(database),
      clients,
      sealing,
      fetch,
      mint: cibaPush({ issuer, catalogue: catalogue.current, provider, mint, tasks, approvals }),
    }),
  };
  const jobs: Job[] = [
    { name: 'clean up', every: 30, run: () => cleanUp(database) },
    { name: 'drop old partitions', every: 3600, run: () => dropOldPartitions(database) },
    { name: 'metadata documents', every: 60, run: () => refreshDocuments(() => staleDocuments(database), documents) },
    { name: 'what ends soon', every: 600, run: () => warnOfExpiry(database) },
    { name: 'reviews', every: 60, run: () => attendToReviews(database) },
    { name: 'agents by date', every: 60, run: (signal) => sweepAgents(database, signal) },
    { name: 'use of agents', every: 60, run: () => addUpUse(database) },
  ];

  return {
    app,
    database,
    clock,
    isInTouch: signals.isInTouch,
    reloadCatalogue,
    startJobs() {
      const runner = startRunner({
        store: postgresJobs(database),
        handlers,
        jobs,
        mayWork: clock.agrees,
        failed: (error, what) => logger.error({ err: error, what }, 'a job failed'),
      });
      signals.on('outbox', () => runner.wake());
      return runner;
    },
    async close() {
      channels.close();
      await parts.close();
    },
  };
}

/** Statements that wait for the database, past which an instance has fallen behind: seconds, on any machine. */
const QUEUE = 200;
