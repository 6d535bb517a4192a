import type { IncomingMessage } from 'node:http';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type Koa from 'koa';
import compose from 'koa-compose';
import type { Provider } from 'oidc-provider';
import type { Logger } from 'pino';
import { RateLimiterMemory } from 'rate-limiter-flexible';

import { egressFetch, textRecordsAt } from '../adapters/egress.ts';
import { issuerKeys } from '../adapters/issuer-keys.ts';
import { ownEndpoint } from '../adapters/own-endpoint.ts';
import { postgresAccountability } from '../adapters/postgres/accountability.ts';
import { postgresAdmin, postgresOrganizations, putCommandLineClient } from '../adapters/postgres/admin.ts';
import { postgresAgentDrafts } from '../adapters/postgres/agent-drafts.ts';
import { addUpUse, sweepAgents } from '../adapters/postgres/agent-jobs.ts';
import { postgresLimits } from '../adapters/postgres/agent-limits.ts';
import { postgresReach } from '../adapters/postgres/agent-reach.ts';
import { postgresAgentRules } from '../adapters/postgres/agent-rules.ts';
import { askingBarredBy, edgesBelow, edgesOf, findAgent, postgresMyAgents } from '../adapters/postgres/agents.ts';
import { postgresApprovalList } from '../adapters/postgres/approval-list.ts';
import { postgresApprovals } from '../adapters/postgres/approvals.ts';
import {
  backchannelSettings,
  postgresBackchannelAdministration,
  postgresUserCodes,
} from '../adapters/postgres/backchannel.ts';
import { loadCatalogue } from '../adapters/postgres/catalogue.ts';
import { cleanUp, dropOldPartitions } from '../adapters/postgres/cleanup.ts';
import { livingSecrets, postgresClientSecrets } from '../adapters/postgres/client-secrets.ts';
import { postgresClients } from '../adapters/postgres/clients.ts';
import { Database, type Statements } from '../adapters/postgres/database.ts';
import { postgresEscalations } from '../adapters/postgres/deciders.ts';
import { postgresDeliveries } from '../adapters/postgres/deliveries.ts';
import { postgresDocuments, staleDocuments } from '../adapters/postgres/documents.ts';
import { postgresDocumentAdministration } from '../adapters/postgres/documents-admin.ts';
import { postgresEnrolments } from '../adapters/postgres/enrolments.ts';
import { postgresEvidence } from '../adapters/postgres/evidence.ts';
import { postgresEvidenceReader } from '../adapters/postgres/evidence-reader.ts';
import { warnOfExpiry } from '../adapters/postgres/expiry.ts';
import { postgresDeciders, postgresGroups } from '../adapters/postgres/groups.ts';
import { postgresIdempotency } from '../adapters/postgres/idempotency.ts';
import { openInstance } from '../adapters/postgres/instances.ts';
import { ownsAgents, postgresInventory } from '../adapters/postgres/inventory.ts';
import { postgresIssuers } from '../adapters/postgres/issuers-admin.ts';
import { postgresKeys } from '../adapters/postgres/keys.ts';
import { limiterOn } from '../adapters/postgres/limiter.ts';
import { applyRestoreEpoch, writeStop } from '../adapters/postgres/liveness.ts';
import { postgresJobs } from '../adapters/postgres/outbox.ts';
import { postgresOwnership } from '../adapters/postgres/ownership.ts';
import { postgresPasskeySignIns, postgresPasskeys } from '../adapters/postgres/passkeys.ts';
import { postgresPeople, postgresSessions } from '../adapters/postgres/people.ts';
import { postgresPersonApprovals } from '../adapters/postgres/person-approvals.ts';
import { newestPolicies, readBefore } from '../adapters/postgres/policies.ts';
import { postgresPolicies } from '../adapters/postgres/policy-admin.ts';
import { postgresPromptAdministration } from '../adapters/postgres/prompt-quality.ts';
import { postgresPrompts } from '../adapters/postgres/prompts.ts';
import { postgresPublications, postgresPublish } from '../adapters/postgres/publications.ts';
import { postgresIntroductions, postgresWebhooks } from '../adapters/postgres/reach-people.ts';
import { postgresReceipts } from '../adapters/postgres/receipts.ts';
import { postgresOwnRecoveries, postgresPasskeyRules, postgresRecoveries } from '../adapters/postgres/recoveries.ts';
import { postgresRedemptions } from '../adapters/postgres/redemptions.ts';
import { postgresRefreshTokens } from '../adapters/postgres/refresh-tokens.ts';
import { postgresReplays } from '../adapters/postgres/replays.ts';
import { postgresClaims } from '../adapters/postgres/resource-claims.ts';
import { attendToReviews, postgresReviews } from '../adapters/postgres/reviews.ts';
import { postgresScreens } from '../adapters/postgres/screens.ts';
import { postgresSignInLimits } from '../adapters/postgres/sign-in-limits.ts';
import {
  postgresSignInProviderAdmin,
  postgresSignInProviders,
  postgresUpstreamLogouts,
} from '../adapters/postgres/sign-in-providers.ts';
import { openSignals } from '../adapters/postgres/signals.ts';
import { postgresStanding } from '../adapters/postgres/standing.ts';
import { postgresStops } from '../adapters/postgres/stops.ts';
import { postgresStyleSheets } from '../adapters/postgres/style-sheets.ts';
import { postgresTasks } from '../adapters/postgres/tasks.ts';
import { holdersBeside, postgresTokens } from '../adapters/postgres/tokens.ts';
import { elsewhereOf, postgresTrustedIssuers } from '../adapters/postgres/trusted-issuers.ts';
import { statedFacts } from '../adapters/stated-facts.ts';
import { upstreamProviders } from '../adapters/upstream.ts';
import { cibaPush } from '../grants/ciba-push.ts';
import { type GrantDependencies, grantsOnOwnPath } from '../grants/index.ts';
import type { Mint } from '../grants/issue.ts';
import type { AdminCaller } from './admin/admin.ts';
import { makeConsole } from './admin/console.ts';
import { consolePages } from './admin/console-pages.ts';
import { adminRoutes } from './admin/routes.ts';
import { attestations } from './agents/attestation.ts';
import { signedBy } from './agents/authenticate.ts';
import type { MutualTls } from './agents/certificate.ts';
import { clientSecrets } from './agents/client-secret.ts';
import type { ClientRecord } from './agents/clients.ts';
import { type DocumentDependencies, newBreaker, refreshDocuments } from './agents/documents.ts';
import { handOver, isVouchedFor } from './agents/handover.ts';
import { type Stop, stopKeys } from './agents/liveness.ts';
import { ownerRoutes } from './agents/owner-routes.ts';
import { firstPresentation } from './agents/proven-key.ts';
import { applyDocument } from './agents/registration.ts';
import { readSoftwareStatement } from './agents/software-statement.ts';
import { workloads } from './agents/workload.ts';
import { createApp } from './app.ts';
import type { Approval } from './approvals/approval.ts';
import { type AskDependencies, askForExchange } from './approvals/ask.ts';
import { mutedUntil } from './approvals/budget.ts';
import { escalations } from './approvals/escalate.ts';
import { tellClient } from './approvals/tell-client.ts';
import { browserRequests } from './browser-requests.ts';
import { type Catalogue, compileCatalogue, type ResourceDocument } from './catalogue/catalogue.ts';
import { openChannels } from './channels.ts';
import type { Config } from './config.ts';
import { documentClients } from './documents.ts';
import { alerting } from './evidence/alarm.ts';
import type { Evidence, EvidenceEvent } from './evidence/evidence.ts';
import { certificateReader } from './http/client-certificate.ts';
import { type Clock, watchClock } from './http/clock.ts';
import { cookiesWith } from './http/cookies.ts';
import { watchLoad } from './http/overload.ts';
import { stateOf } from './http/request-state.ts';
import { proofReader } from './http/sent-proof.ts';
import { currentStyleSheet, styleSheetPath, templateVersion } from './http/template.ts';
import type { Handler, Job } from './jobs/jobs.ts';
import { type Runner, startRunner } from './jobs/runner.ts';
import { loadKeys } from './keys/keys.ts';
import { sealingWith } from './keys/seal.ts';
import type { Metrics } from './management.ts';
import { noncesWith } from './oauth/nonce.ts';
import type { Refusal } from './oauth/refusal.ts';
import { certificatesInPem } from './oauth/x509.ts';
import { challengesWith } from './people/challenge.ts';
import { enrolRoutes } from './people/enrol.ts';
import { beginAtProvider } from './people/federation.ts';
import { federationRoutes } from './people/federation-routes.ts';
import { providerLogoutRoutes } from './people/provider-logout.ts';
import { securityRoutes } from './people/security.ts';
import { upstreamIdentifier } from './people/trusted-issuer.ts';
import { type Presented, readTrustedJwt } from './people/trusted-jwt.ts';
import { webAuthnAt } from './people/webauthn.ts';
import { makeProvider } from './provider.ts';

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
 * The composition root: every part is made here, once, and handed what it needs. Nothing else in the house knows which
 * adapter stands behind an interface.
 */
export async function composeHouse({
  config,
  databaseUrl,
  sealingKey,
  logger,
  metrics,
}: {
  config: Config;
  databaseUrl: string;
  sealingKey: Buffer;
  logger: Logger;
  metrics: Metrics;
}): Promise<House> {
  const { issuer } = config;
  const database = new Database({
    url: databaseUrl,
    poolSize: config.databasePoolSize,
    prepared: config.databasePooler === 'none',
  });
  const sealing = sealingWith(sealingKey);
  if (config.restoreEpoch) await applyRestoreEpoch(database, config.restoreEpoch);
  await putCommandLineClient(database);
  const keys = await loadKeys(postgresKeys(database), sealing);
  // A pooler in transaction mode carries no notifications: without a way around it the poll alone is left.
  const directUrl = config.databaseDirectUrl ?? (config.databasePooler === 'none' ? databaseUrl : undefined);
  const clock = watchClock((agrees, aheadSeconds) => {
    if (agrees) logger.info('the clock agrees with the database again');
    else logger.error({ aheadSeconds }, 'the clock differs from the database: nothing is served until they agree');
  });
  const signals = await openSignals(database, directUrl, clock.looked);
  const instance = await openInstance(database, signals);

  const styleSheet = currentStyleSheet();
  const styleSheets = postgresStyleSheets(database);
  await styleSheets.keep(styleSheet);

  const clients = postgresClients(database, config.agentsPerOrganization);
  const people = postgresPeople(database);
  const sessions = postgresSessions(database);
  const evidence = alerting(postgresEvidence(database), (alarm) => {
    metrics.alarm(alarm.type, alarm.reason ?? '');
    logger.warn(alarm, 'alarm');
  });
  const tasks = postgresTasks(database);
  const tokens = postgresTokens(database, () => catalogue);
  const replays = postgresReplays(database);
  const approvals = postgresApprovals(database, config.testConsumeDelayMs);
  const personApprovals = postgresPersonApprovals(database, () => catalogue, config.passkeyWaitHours);
  const userCodes = postgresUserCodes(database, sealing);
  const prompts = postgresPrompts(database);
  const myAgents = postgresMyAgents(database);
  const cookies = cookiesWith(sealing.deriveKey('forms'), issuer.startsWith('https:'));
  const cookieKeys = [sealing.deriveKey('engine cookies').toString('base64url')];
  const reachedAt = [...config.resourceAddresses.values()].map((address) => new URL(address).host);
  const fetch = egressFetch([...config.egressAllow, ...reachedAt], config.dnsServers);
  const hashSecret = (secret: string) => sealing.keyedHash('client secret', secret);

  let catalogue: Catalogue = compileCatalogue(await loadCatalogue(database), () => true);
  const currentCatalogue = () => catalogue;
  const stop = (one: Stop, about: Partial<EvidenceEvent> = {}) => stopWithEvidence(database, one, about);

  const ask: AskDependencies = {
    issuer,
    catalogue: currentCatalogue,
    approvals,
    tasks,
    decisions: personApprovals,
    policies: (organization) => newestPolicies(database, organization),
    readBefore: (organization, person, agent, seconds) => readBefore(database, organization, person, agent, seconds),
    edgesBelow: (organization, agent) => edgesBelow(database, organization, agent),
    person: (id) => people.find(id),
    askingBarredBy: (organization, agent, person, resources) =>
      askingBarredBy(database, organization, agent, person, resources),
    askFacts: statedFacts({
      issuer,
      keys: () => keys,
      fetch,
      addresses: config.resourceAddresses,
      unanswered: ({ action, organization }, why) =>
        logger.warn({ action: action.key, organization, why }, 'a resource stated no facts'),
    }),
    deciders: postgresDeciders(database),
    sealing,
  };
  const reader = { issuer, keys, tokens, evidence };
  const nonces = noncesWith(sealing.deriveKey('DPoP nonces'), config.dpopNonces === 'required');
  const mutualTls = mutualTlsOf(config);
  const proofs = {
    proof: proofReader(issuer, nonces),
    certificate: mutualTls?.certificate ?? (() => undefined),
    firstUse: (by: string, jti: string, expiresAt: Date) => replays.firstUse('DPoP proof', by, jti, expiresAt),
  };

  const trustedIssuers = {
    issuer,
    issuers: postgresTrustedIssuers(database),
    keys: issuerKeys(fetch),
  };
  const challenges = config.clientAttestation
    ? noncesWith(sealing.deriveKey('attestation challenges'), true)
    : undefined;
  const firstProof = (client: string, jti: string, expiresAt: Date) =>
    replays.firstUse('attestation proof', client, jti, expiresAt, 'lasting');
  const claimOfTrustedJwt = (value: string, { organization, clientId, agent }: ClientRecord, presented: Presented) =>
    readTrustedJwt(value, presented, { organization, clientId, agent: agent?.id ?? '' }, trustedIssuers);

  const mint: Mint = {
    clock,
    issuer,
    keys,
    tokens,
    formatOf: (audience) => catalogue.resources.get(audience)?.tokenFormat ?? 'jwt',
    authorizationServerOf: (resource) => catalogue.resources.get(resource)?.authorizationServer ?? undefined,
  };

  const checkClient = (metadata: Record<string, unknown>) =>
    void new (provider.Client as unknown as new (metadata: object) => unknown)(metadata);
  const documents: DocumentDependencies = {
    store: postgresDocuments(database, config.agentsPerOrganization),
    fetch,
    privateHosts: config.egressAllow,
    prepare(document) {
      const metadata = applyDocument(document, (type) => catalogue.actions.get(type)?.organization === null);
      checkClient({ client_id: 'document', ...metadata });
      return metadata;
    },
    tooMany: registrationPace(database, config.registrationsPerMinute),
    breaker: newBreaker(),
  };
  const documentsHere = documentClients(database, issuer, documents);
  const tooFast = agentPace(database);
  const presented = firstPresentation((uses) => replays.firstUses(uses), proofs);
  const grants: GrantDependencies = {
    mint,
    checks: { keyProofs: proofs, firstPresentation: presented, tooFast },
    assertions: {
      trustedAssertion: claimOfTrustedJwt,
      spendAssertion: ({ issuer, jti, expiresAt }) => replays.firstUse('assertion', issuer, jti, expiresAt),
    },
    polls: {
      engine: () => provider,
      clock,
      approvals,
      tellsReason: async (organization) => (await backchannelSettings(database, organization)).tellsReason,
      defaultWait: config.longPollSeconds,
      decided({ id, organization, agent, person, clientId: client, actions, askedAt }) {
        const lineage = actions.map(({ resource }) => `resource:${resource}`);
        const keys = stopKeys({ organization, agents: [agent], person, client, lineage, since: askedAt });
        const stops = [organization, ...keys].map((key) => ['stop', key] as const);
        return (since, milliseconds, ended) =>
          signals.nextOf([['approval', id], ...stops], { since, milliseconds, ended });
      },
    },
    stopTask: (organization, task, reason) =>
      stop({ organization, kind: 'task', subject: task, by: 'countersign', reason }),
    exchange: {
      issuer,
      reader,
      catalogue: currentCatalogue,
      tasks,
      edge: async (organization, parent, child, task) => {
        const [edges, siblings, client] = await Promise.all([
          edgesOf(database, organization, parent),
          task === null ? 0 : holdersBeside(database, { organization, task, agent: child }),
          clientOfAgent(database, clients, child),
        ]);
        return { edge: edges.find((edge) => edge.child === child), siblings, client };
      },
      client: (clientId) => clients.find(clientId),
      signedBy: (client, jwt) => signedBy(client, jwt, fetch),
      thumbprints,
      activePerson: async (organization, id) => {
        const person = await people.find(id);
        return person?.organization === organization && person.status === 'active';
      },
      trustedClaim: claimOfTrustedJwt,
      elsewhere: (organization, authorizationServer, agent, person) =>
        elsewhereOf(database, organization, authorizationServer, agent, person),
      spend: async (uses) => {
        const first = await replays.firstUses(uses);
        return uses.find((_, index) => !first[index])?.kind;
      },
      spent: async (uses) => {
        const used = await replays.wereUsed(uses);
        return uses.find((_, index) => used[index])?.kind;
      },
      pace: paceOf(config.exchangesPerMinute),
      fanOut: config.fanOut,
      ask: askForExchange(ask),
    },
  };
  const channels = openChannels({
    config,
    database,
    sealing,
    signals,
    fetch,
    people,
    userCodes,
    cookies,
    metrics,
    catalogue: currentCatalogue,
  });

  const answersForAgents = (organization: string, person: string) => ownsAgents(database, organization, person);
  const makeEngine = (): Provider =>
    makeProvider({
      ownsAgents: answersForAgents,
      issuer,
      keys,
      cookieKeys,
      catalogue,
      database,
      clients,
      people,
      tasks,
      replays,
      keyProofs: proofs,
      firstPresentation: presented,
      tooFast,
      documentClient: documentsHere.inEngine,
      attestersOf:
        challenges &&
        (async (organization, attester) => {
          const trusted = await trustedIssuers.issuers.find(organization, attester);
          return trusted?.profiles.includes('attestation') ?? false;
        }),
      readStatement: (statement, organization) => readSoftwareStatement(statement, organization, trustedIssuers),
      mutualTls,
      ask,
      fetch,
      trustProxy: config.trustProxy,
      consumeDelayMs: config.testConsumeDelayMs,
      sessionHours: config.sessionHours,
      sealing,
      personAt: async (organization, at, subject) => {
        const trusted = await trustedIssuers.issuers.find(organization, at);
        if (!trusted?.profiles.includes('identity')) return undefined;
        return (
          await trustedIssuers.issuers.person(organization, upstreamIdentifier(at, subject, trusted.subjectClaim))
        )?.id;
      },
      trustedJwt: claimOfTrustedJwt,
      userCodes,
      push: config.backchannelPush,
      deliveryTerms: async (organization) => ({
        push: config.backchannelPush,
        notificationHosts: (await backchannelSettings(database, organization)).notificationHosts,
      }),
      refusedInBrowser: (error, request) => {
        recordBrowserRefusal(evidence, error, request).catch((cause) =>
          logger.error({ err: cause }, 'evidence of a refusal was lost'),
        );
      },
      fault: (error, request) =>
        logger.error({ id: stateOf(request).id, err: error, path: request.url?.split('?')[0] }, 'fault'),
      grants,
    });

  const authentication = {
    issuer,
    clients,
    documentClient: documentsHere.ofForm,
    fetch,
    authorities: mutualTls?.authorities ?? [],
    certificate: proofs.certificate,
  };

  let provider = makeEngine();
  let engine = compose(provider.middleware as Koa.Middleware[]);
  let reloading: Promise<void> = Promise.resolve();
  // One after another: a load that began earlier must not replace what a later one found.
  const reloadCatalogue = () => {
    reloading = reloading
      .catch(() => {})
      .then(async () => {
        catalogue = compileCatalogue(await loadCatalogue(database), () => true);
        provider = makeEngine();
        engine = compose(provider.middleware as Koa.Middleware[]);
      });
    return reloading;
  };
  signals.on('catalogue', () => {
    reloadCatalogue().catch((error) => logger.error({ err: error }, 'the catalogue could not be reloaded'));
  });

  const webAuthn = webAuthnAt(issuer);
  const passkeyChallenges = challengesWith(sealing.deriveKey('passkey challenges'));
  const passkeys = postgresPasskeys(database);
  const hasPasskey = async ({ organization, id }: { organization: string; id: string }) =>
    (await passkeys.of(organization, id)).length > 0;
  const signIn = {
    people,
    sessions,
    evidence,
    cookies,
    host: new URL(issuer).host,
    limits: postgresSignInLimits(database),
    sessionHours: config.sessionHours,
    providers: postgresSignInProviders(database, sealing),
    passkeys: postgresPasskeySignIns(database),
    webAuthn,
    challenges: passkeyChallenges,
    firstUse: (by: string, challenge: string, expiresAt: Date) =>
      replays.firstUse('passkey challenge', by, challenge, expiresAt, 'lasting'),
  };
  const upstream = upstreamProviders(fetch, keys.privateJwks.keys[0] as JWK);
  const federation = { ...signIn, issuer, upstream, sealing, keepConfirmation: personApprovals.keepSignIn };

  const publish = postgresPublish(database);
  const publications = {
    store: postgresPublications(database),
    publish: async (documents: readonly ResourceDocument[], caller: AdminCaller) => {
      const published = await publish(documents, caller);
      await reloadCatalogue(); // the others hear of it; whoever published sees it in the next answer
      return published;
    },
  };
  const ownership = postgresOwnership(database);
  const administration = {
    issuer,
    ownership,
    ownsAgents: answersForAgents,
    reader,
    clients,
    people,
    proofs,
    hasPasskey,
    organizations: postgresOrganizations(database),
    store: postgresAdmin(database),
    inventory: postgresInventory(database),
    approvalList: postgresApprovalList(database),
    accountability: postgresAccountability(database),
    stops: postgresStops(database),
    limits: postgresLimits(database),
    clientSecrets: { administration: postgresClientSecrets(database), hash: hashSecret },
    documents: { ...documents, administration: postgresDocumentAdministration(database) },
    claims: {
      store: postgresClaims(database),
      fetch,
      textRecords: textRecordsAt(config.dnsServers),
      privateHosts: config.egressAllow,
      reload: reloadCatalogue,
    },
    reach: postgresReach(database),
    evidence: postgresEvidenceReader(database),
    issuers: { store: postgresIssuers(database), keys: trustedIssuers.keys },
    signInProviders: { store: postgresSignInProviderAdmin(database, sealing), upstream },
    recorder: evidence,
    idempotency: postgresIdempotency(database, sealing),
    catalogue: currentCatalogue,
    publications,
    backchannel: postgresBackchannelAdministration(database),
    policies: postgresPolicies(database),
    groups: postgresGroups(database),
    deciders: postgresDeciders(database),
    prompts: postgresPromptAdministration(database),
    introductions: { ...channels.store, ...postgresIntroductions(database) },
    webhooks: { store: postgresWebhooks(database, sealing), isAddress: channels.isWebhookAddress },
    recoveries: postgresRecoveries(database),
    passkeyRules: postgresPasskeyRules(database),
    reviews: postgresReviews(database),
    agentRules: postgresAgentRules(database),
    checkClient,
  };
  const adminConsole = makeConsole({
    cookies,
    evidence,
    ownsAgents: answersForAgents,
    hasPasskey,
  });
  const toOurselves = ownEndpoint(issuer, () => config.port);
  const registerPages = {
    ...administration,
    drafts: postgresAgentDrafts(database),
    register: (token: string, metadata: object) => toOurselves('/reg', token, metadata),
  };
  const security = {
    passkeys,
    people,
    sessions,
    sessionIdleSeconds: config.sessionIdleMinutes * 60,
    recoveries: postgresOwnRecoveries(database),
    webAuthn,
    challenges: passkeyChallenges,
    firstUse: (person: string, challenge: string, expiresAt: Date) =>
      replays.firstUse('passkey challenge', person, challenge, expiresAt),
    evidence,
    cookies,
    waitHours: config.passkeyWaitHours,
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
    cookieKeys,
    sessions,
    sessionIdleSeconds: config.sessionIdleMinutes * 60,
    pseudoLanguages: config.pseudoLanguages ?? false,
    evidence,
    people: signIn,
    approvals: {
      approvals: personApprovals,
      catalogue: currentCatalogue,
      clients,
      people,
      cookies,
      sealing,
      screens: postgresScreens(database),
      receipts: postgresReceipts(database),
      template: templateVersion(styleSheet),
      styleSheet: styleSheetPath(styleSheet.hash),
      browser: browserRequests({
        provider: () => provider,
        issuer,
        catalogue: currentCatalogue,
        clients,
        people,
        ask,
        hasPasskey,
        async refused(refusal, { person }, clientId) {
          const client = await clients.find(clientId, person.organization);
          await evidence.record({
            organization: person.organization,
            type: 'request.refused',
            decision: 'refused',
            reason: refusal.reason,
            person: person.id,
            agent: client?.agent?.id,
            application: clientId,
            content: { endpoint: '/interaction', refusal },
          });
        },
      }),
      passkeys,
      webAuthn,
      async beginSignInAgain(id, asked) {
        const provider = await federation.providers.find(id);
        return provider && beginAtProvider(provider, { ...asked, fresh: true }, federation);
      },
      accountable: (organization, agent) => findAgent(database, organization, agent),
      evidence,
      history: (approval) => historyBefore(database, approval),
      prompts,
      standing: postgresStanding(database),
      announcements: { ...channels.store, reaches: channels.reaches },
      async report({ organization, person, agent, id }) {
        await myAgents.pause(organization, person, agent);
        await evidence.record({
          organization,
          type: 'person.alarm',
          decision: 'reported',
          reason: 'not_started',
          person,
          agent,
          approval: id,
        });
      },
    },
    agents: {
      myAgents,
      cookies,
      async mutes(organization, person) {
        const limits = await prompts.limits(organization);
        const answers = await prompts.answers(organization, person);
        return new Map(answers.map((one) => [one.agent, mutedUntil(one, limits, new Date())]));
      },
      unmute: (organization, person, agent) => prompts.unmute({ organization, person, agent }),
    },
    tokens: {
      reader,
      authentication: {
        ...authentication,
        // Introspection writes nothing after this.
        firstUse: (client, jti, expiresAt) => replays.firstUse('client assertion', client, jti, expiresAt, 'lasting'),
      },
      tasks,
      stop,
      refreshTokens: postgresRefreshTokens(database),
    },
    redemptions: {
      reader,
      clients,
      catalogue: currentCatalogue,
      store: postgresRedemptions(database),
      proofs,
    },
    registrations: {
      clients,
      isRegistrationToken: (hash, clientId) => isRegistrationToken(database, hash, clientId),
      tooMany: registrationPace(database, config.registrationsPerMinute),
    },
    more: [
      (router) => federationRoutes(router, federation),
      (router) =>
        providerLogoutRoutes(router, {
          providers: signIn.providers,
          upstream,
          keys: trustedIssuers.keys,
          logouts: postgresUpstreamLogouts(database),
          firstUse: (by, jti, expiresAt) => replays.firstUse('logout token', by, jti, expiresAt, 'lasting'),
        }),
      (router) => ownerRoutes(router, { ownership, cookies }),
      (router) => enrolRoutes(router, { enrolments: postgresEnrolments(database), cookies }),
      (router) => securityRoutes(router, security),
      channels.routes, //                                  /settings/notifications  /agents/:id/contact  /inbox/events
      (router) => adminRoutes(router, administration),
      (router) => consolePages(router, adminConsole, registerPages),
    ],
    isPublicType: (type) => catalogue.actions.get(type)?.organization === null,
    handOver: handOver(issuer, [
      workloads({ ...trustedIssuers, clients, proof: proofs.proof }),
      clientSecrets({ clients, living: (clientId) => livingSecrets(database, clientId), hash: hashSecret }),
      ...(challenges ? [attestations({ ...trustedIssuers, clients, challenges, firstUse: firstProof })] : []),
    ]),
    challenges,
    ownGrants: grantsOnOwnPath(grants, authentication),
    engine: () => engine,
  });

  /** By the kind of message (`adapters/postgres/outbox.ts`, `enqueue`). */
  const handlers: Record<string, Handler<Statements>> = {
    ...channels.handlers,
    ...escalations(postgresEscalations),
    ...tellClient<Statements>({
      deliveries: postgresDeliveries(database),
      clients,
      sealing,
      fetch,
      mint: cibaPush({ issuer, catalogue: currentCatalogue, provider: () => provider, mint, tasks, approvals }),
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
      await signals.close();
      await instance.close();
      await database.close();
    },
  };
}

/** Statements that wait for the database, past which an instance has fallen behind: seconds, on any machine. */
const QUEUE = 200;

/** RFC 8705, as the settings say where certificates come from. */
function mutualTlsOf({ mtls }: Config): MutualTls | undefined {
  return (
    mtls && {
      authorities: certificatesInPem(mtls.authorities ?? ''),
      certificate: certificateReader(mtls.from === 'proxy' ? mtls.header : undefined, mtls.address),
      address: mtls.address,
    }
  );
}

/** Exchanges under one task within a minute, as this instance counts them: what they cost here is what this is about. */
function paceOf(limit: number) {
  const limiter = new RateLimiterMemory({ points: limit, duration: 60 });
  return async (task: string) => {
    const { consumedPoints } = await limiter.penalty(task);
    return { count: consumedPoints, limit };
  };
}

/** Requests of one agent within a minute, over all instances, where its limits say how many there may be. */
function agentPace(database: Database) {
  const limiter = limiterOn(database, 'agent', 60);
  return async ({ agent }: ClientRecord): Promise<Refusal | undefined> => {
    const limit = agent?.limits.requests_per_minute;
    if (!agent || limit === undefined) return undefined;
    const { count, retryAfter } = await limiter.add(agent.id);
    return count > limit ? { reason: 'too_many_requests', limit, retryAfter } : undefined;
  };
}

/** Registrations under one key within a minute, over all instances. */
function registrationPace(database: Database, limit: number) {
  const limiter = limiterOn(database, 'registration', 60);
  return async (key: string): Promise<number | undefined> => {
    const { count, retryAfter } = await limiter.add(key);
    return count > limit ? retryAfter : undefined;
  };
}

/**
 * RFC 7638 thumbprints of the registered keys that the client authenticates with, as registered first. Whoever does so
 * by a certificate of some authority registered no key for that, whatever else stands there.
 */
async function thumbprints({ metadata }: ClientRecord): Promise<string[]> {
  const { token_endpoint_auth_method: method } = metadata;
  // Nor does whoever we vouch for.
  if (method === 'tls_client_auth' || isVouchedFor(metadata)) return [];
  const keys = (metadata.jwks as { keys?: JWK[] } | undefined)?.keys ?? [];
  return Promise.all(
    keys
      .filter(({ use, x5c }) => (method === 'self_signed_tls_client_auth' ? x5c !== undefined : use !== 'enc'))
      .map((jwk) => calculateJwkThumbprint(jwk)),
  );
}

async function clientOfAgent(database: Database, clients: ReturnType<typeof postgresClients>, agent: string) {
  const row = await database.first<{ client_id: string }>(
    `select client_id from clients where agent = $1 and metadata ? 'jwks' order by created_at limit 1`,
    [agent],
  );
  return row && clients.find(row.client_id);
}

/** A task that nobody was asked for counts as well: it is as much of the past as one that was. */
async function historyBefore(
  database: Database,
  { organization, person, agent, id }: Approval,
): Promise<{ asked: boolean; allowed: number }> {
  const row = await database.within(organization, (statements) =>
    statements.first<{ asked: boolean; allowed: number }>(
      `select exists (select from approvals
                      where organization = $1 and person = $2 and agent = $3 and id <> $4
                        and asked_at <= (select asked_at from approvals where organization = $1 and id = $4)) as asked,
              (select count(*)::int from tasks where organization = $1 and person = $2 and agent = $3) as allowed`,
      [organization, person, agent, id],
    ),
  );
  return { asked: (row?.asked ?? false) || (row?.allowed ?? 0) > 0, allowed: row?.allowed ?? 0 };
}

async function isRegistrationToken(database: Database, hash: Buffer, clientId: string): Promise<boolean> {
  const row = await database.first(
    `select from engine_artefacts where id_hash = $1 and model = 'RegistrationAccessToken' and client_id = $2`,
    [hash, clientId],
  );
  return row !== undefined;
}

/** An authorization request that was refused while a person was signed in; a denial is recorded where it is decided. */
async function recordBrowserRefusal(
  evidence: Evidence,
  error: { error?: string | undefined },
  request: IncomingMessage,
): Promise<void> {
  const { session, client, refusal } = stateOf(request);
  if (!session || error.error === 'access_denied') return;
  await evidence.record({
    organization: session.person.organization,
    type: 'request.refused',
    decision: 'refused',
    reason: refusal?.reason ?? error.error,
    person: session.person.id,
    ...(client?.organization === session.person.organization && {
      agent: client.agent?.id,
      application: client.clientId,
    }),
    content: { endpoint: '/auth', error: error.error, refusal },
  });
}

/** A stop and its evidence, both or neither. */
async function stopWithEvidence(database: Database, one: Stop, about: Partial<EvidenceEvent>): Promise<void> {
  await database.transaction(async (statements) => {
    await writeStop(statements, one);
    await postgresEvidence(statements).record({
      ...about,
      organization: one.organization,
      type: 'authority.stopped',
      decision: 'allowed',
      reason: one.kind,
      ...(one.kind === 'task' && { task: one.subject }),
      ...(one.kind === 'agent' && { agent: one.subject }),
      ...(one.kind === 'token' && { jti: one.subject }),
      content: { subject: one.subject, by: one.by, reason: one.reason },
    });
  });
}
