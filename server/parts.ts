import type { Logger } from 'pino';

import { egressFetch } from '../adapters/egress.ts';
import { issuerKeys } from '../adapters/issuer-keys.ts';
import { putCommandLineClient } from '../adapters/postgres/admin.ts';
import { askingBarredBy, edgesBelow } from '../adapters/postgres/agents.ts';
import { postgresApprovals } from '../adapters/postgres/approvals.ts';
import { postgresUserCodes } from '../adapters/postgres/backchannel.ts';
import { loadCatalogue } from '../adapters/postgres/catalogue.ts';
import { postgresClients } from '../adapters/postgres/clients.ts';
import { Database } from '../adapters/postgres/database.ts';
import { postgresEvidence } from '../adapters/postgres/evidence.ts';
import { postgresDeciders } from '../adapters/postgres/groups.ts';
import { openInstance } from '../adapters/postgres/instances.ts';
import { ownsAgents } from '../adapters/postgres/inventory.ts';
import { postgresKeys } from '../adapters/postgres/keys.ts';
import { applyRestoreEpoch } from '../adapters/postgres/liveness.ts';
import { postgresPasskeys } from '../adapters/postgres/passkeys.ts';
import { postgresPeople, postgresSessions } from '../adapters/postgres/people.ts';
import { postgresPersonApprovals } from '../adapters/postgres/person-approvals.ts';
import { newestPolicies, readBefore } from '../adapters/postgres/policies.ts';
import { postgresReplays } from '../adapters/postgres/replays.ts';
import { openSignals } from '../adapters/postgres/signals.ts';
import { postgresTasks } from '../adapters/postgres/tasks.ts';
import { postgresTokens } from '../adapters/postgres/tokens.ts';
import { postgresTrustedIssuers } from '../adapters/postgres/trusted-issuers.ts';
import { statedFacts } from '../adapters/stated-facts.ts';
import type { MutualTls } from './agents/certificate.ts';
import type { ClientRecord } from './agents/clients.ts';
import { firstPresentation } from './agents/proven-key.ts';
import type { AskDependencies } from './approvals/ask.ts';
import { type Catalogue, compileCatalogue } from './catalogue/catalogue.ts';
import type { Config } from './config.ts';
import { type Alarm, alerting } from './evidence/alarm.ts';
import { certificateReader } from './http/client-certificate.ts';
import { watchClock } from './http/clock.ts';
import { cookiesWith } from './http/cookies.ts';
import { proofReader } from './http/sent-proof.ts';
import { loadKeys } from './keys/keys.ts';
import { sealingWith } from './keys/seal.ts';
import type { Metrics } from './management.ts';
import { noncesWith } from './oauth/nonce.ts';
import { certificatesInPem } from './oauth/x509.ts';
import { challengesWith } from './people/challenge.ts';
import { type Presented, readTrustedJwt } from './people/trusted-jwt.ts';
import { webAuthnAt } from './people/webauthn.ts';

export interface Settings {
  config: Config;
  databaseUrl: string;
  sealingKey: Buffer;
  logger: Logger;
  metrics: Metrics;
}

/** What more than one part of the house needs, made once. */
export type Parts = Awaited<ReturnType<typeof openParts>>;

export async function openParts(settings: Settings) {
  const kept = await openKept(settings);
  return { ...kept, ask: asking(kept) };
}

/** All that opens, reads or remembers something. */
async function openKept({ config, databaseUrl, sealingKey, logger, metrics }: Settings) {
  const { issuer } = config;
  const tell = (alarm: Alarm) => {
    metrics.alarm(alarm.type, alarm.reason ?? '');
    logger.warn(alarm, 'alarm');
  };
  const database = new Database({
    url: databaseUrl,
    poolSize: config.databasePoolSize,
    prepared: config.databasePooler === 'none',
    tell,
  });
  const sealing = sealingWith(sealingKey);
  if (config.restoreEpoch) await applyRestoreEpoch(database, config.restoreEpoch);
  await putCommandLineClient(database);
  const keys = await loadKeys(postgresKeys(database), sealing);
  const clock = watchClock((agrees, aheadSeconds) => {
    if (agrees) logger.info('the clock agrees with the database again');
    else logger.error({ aheadSeconds }, 'the clock differs from the database: nothing is served until they agree');
  });
  // A pooler in transaction mode carries no notifications: without a way around it the poll alone is left.
  const directUrl = config.databaseDirectUrl ?? (config.databasePooler === 'none' ? databaseUrl : undefined);
  const signals = await openSignals(database, directUrl, clock.looked);
  const instance = await openInstance(database, signals);
  const catalogue = await publishedCatalogue(database);

  const people = postgresPeople(database);
  const tokens = postgresTokens(database, catalogue.current);
  const replays = postgresReplays(database);
  const passkeys = postgresPasskeys(database);
  const evidence = alerting(postgresEvidence(database), tell);
  const reachedAt = [...config.resourceAddresses.values()].map((address) => new URL(address).host);
  const fetch = egressFetch([...config.egressAllow, ...reachedAt], config.dnsServers);

  const nonces = noncesWith(sealing.deriveKey('DPoP nonces'), config.dpopNonces === 'required');
  const mutualTls = mutualTlsOf(config);
  const proofs = {
    proof: proofReader(issuer, nonces),
    certificate: mutualTls?.certificate ?? (() => undefined),
    firstUse: (by: string, jti: string, expiresAt: Date) => replays.firstUse('DPoP proof', by, jti, expiresAt),
  };
  const trustedIssuers = { issuer, issuers: postgresTrustedIssuers(database), keys: issuerKeys(fetch) };

  return {
    config,
    issuer,
    logger,
    metrics,
    database,
    sealing,
    keys,
    clock,
    signals,
    catalogue,
    fetch,
    evidence,
    replays,
    cookies: cookiesWith(sealing.deriveKey('forms'), issuer.startsWith('https:')),
    /** The engine signs its own cookies with these. */
    cookieKeys: [sealing.deriveKey('engine cookies').toString('base64url')],

    people,
    sessions: postgresSessions(database),
    passkeys,
    webAuthn: webAuthnAt(issuer),
    passkeyChallenges: challengesWith(sealing.deriveKey('passkey challenges')),
    hasPasskey: async ({ organization, id }: { organization: string; id: string }) =>
      (await passkeys.of(organization, id)).length > 0,
    ownsAgents: (organization: string, person: string) => ownsAgents(database, organization, person),

    clients: postgresClients(database, config.agentsPerOrganization),
    hashSecret: (secret: string) => sealing.keyedHash('client secret', secret),
    userCodes: postgresUserCodes(database, sealing),
    tasks: postgresTasks(database),
    tokens,
    approvals: postgresApprovals(database, config.testConsumeDelayMs),
    personApprovals: postgresPersonApprovals(database, catalogue.current, config.passkeyWaitHours),

    nonces,
    mutualTls,
    proofs,
    firstPresentation: firstPresentation((uses) => replays.firstUses(uses), proofs),
    /** What our own tokens are read with. */
    reader: { issuer, keys, tokens, evidence },
    trustedIssuers,
    trustedJwt: (value: string, { organization, clientId, agent }: ClientRecord, presented: Presented) =>
      readTrustedJwt(value, presented, { organization, clientId, agent: agent?.id ?? '' }, trustedIssuers),
    /** Of client attestations; undefined where they are not offered. */
    attestationChallenges: config.clientAttestation
      ? noncesWith(sealing.deriveKey('attestation challenges'), true)
      : undefined,

    async close() {
      await signals.close();
      await instance.close();
      await database.close();
    },
  };
}

/** What it takes to ask a person, in whichever way they are asked. */
function asking({
  config,
  issuer,
  database,
  catalogue,
  approvals,
  tasks,
  personApprovals,
  people,
  keys,
  fetch,
  logger,
  sealing,
}: Awaited<ReturnType<typeof openKept>>): AskDependencies {
  return {
    issuer,
    catalogue: catalogue.current,
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
}

/** The published catalogue, as this instance read it last. */
async function publishedCatalogue(database: Database) {
  const load = async (): Promise<Catalogue> => compileCatalogue(await loadCatalogue(database), () => true);
  let catalogue = await load();
  return {
    current: () => catalogue,
    async reload() {
      catalogue = await load();
    },
  };
}

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
