import type { IncomingMessage } from 'node:http';
import type Koa from 'koa';
import type { Context, Next } from 'koa';
import compose from 'koa-compose';
import type { Provider } from 'oidc-provider';

import { backchannelSettings } from '../adapters/postgres/backchannel.ts';
import type { GrantDependencies } from '../grants/index.ts';
import { readSoftwareStatement } from './agents/software-statement.ts';
import type { DocumentClients } from './documents.ts';
import type { Evidence } from './evidence/evidence.ts';
import { stateOf } from './http/request-state.ts';
import type { Parts } from './parts.ts';
import { upstreamIdentifier } from './people/trusted-issuer.ts';
import { type EngineDependencies, makeProvider } from './provider.ts';

/** The engine in service: oidc-provider with everything that it asks us. */
export interface Engine {
  provider(): Provider;
  middleware(): (ctx: Context, next: Next) => Promise<void>;
  /** Another one in its place, of the catalogue as it is now. */
  replace(): void;
}

export function openEngine(
  parts: Parts,
  {
    grants,
    documents,
    tooFast,
  }: { grants: GrantDependencies; documents: DocumentClients; tooFast: EngineDependencies['tooFast'] },
): Engine {
  const { config, database, evidence, logger, trustedIssuers } = parts;
  const { issuers } = trustedIssuers;
  const make = (): Provider =>
    makeProvider({
      ...parts,
      catalogue: parts.catalogue.current(),
      keyProofs: parts.proofs,
      grants,
      tooFast,
      documentClient: documents.inEngine,
      attestersOf:
        parts.attestationChallenges &&
        (async (organization, attester) =>
          (await issuers.find(organization, attester))?.profiles.includes('attestation') ?? false),
      readStatement: (statement, organization) => readSoftwareStatement(statement, organization, trustedIssuers),
      trustProxy: config.trustProxy,
      consumeDelayMs: config.testConsumeDelayMs,
      sessionHours: config.sessionHours,
      personAt: async (organization, at, subject) => {
        const trusted = await issuers.find(organization, at);
        if (!trusted?.profiles.includes('identity')) return undefined;
        return (await issuers.person(organization, upstreamIdentifier(at, subject, trusted.subjectClaim)))?.id;
      },
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
    });
  const middlewareOf = (provider: Provider) => compose(provider.middleware as Koa.Middleware[]);

  let provider = make();
  let middleware = middlewareOf(provider);
  return {
    provider: () => provider,
    middleware: () => middleware,
    replace() {
      provider = make();
      middleware = middlewareOf(provider);
    },
  };
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
