import { edgesOf } from '../adapters/postgres/agents.ts';
import { backchannelSettings } from '../adapters/postgres/backchannel.ts';
import { clientOfAgent } from '../adapters/postgres/clients.ts';
import { stopWithEvidence } from '../adapters/postgres/liveness.ts';
import { holdersBeside } from '../adapters/postgres/tokens.ts';
import { elsewhereOf } from '../adapters/postgres/trusted-issuers.ts';
import type { GrantDependencies } from '../grants/index.ts';
import type { Mint } from '../grants/issue.ts';
import { signedBy } from './agents/authenticate.ts';
import { stopKeys } from './agents/liveness.ts';
import { thumbprints } from './agents/thumbprints.ts';
import { askForExchange } from './approvals/ask.ts';
import type { Engine } from './engine.ts';
import { exchangePace } from './paces.ts';
import type { Parts } from './parts.ts';

/** What every token is minted with. */
export const mintOf = ({ clock, issuer, keys, tokens, catalogue }: Parts): Mint => ({
  clock,
  issuer,
  keys,
  tokens,
  formatOf: (audience) => catalogue.current().resources.get(audience)?.tokenFormat ?? 'jwt',
  authorizationServerOf: (resource) => catalogue.current().resources.get(resource)?.authorizationServer ?? undefined,
});

/** What the grants at /token need. */
export function grantDependencies(
  parts: Parts,
  {
    mint,
    tooFast,
    provider,
  }: { mint: Mint; tooFast: GrantDependencies['checks']['tooFast'] } & Pick<Engine, 'provider'>,
): GrantDependencies {
  const { config, issuer, database, signals, clients, people, replays, approvals, tasks } = parts;
  return {
    mint,
    checks: { keyProofs: parts.proofs, firstPresentation: parts.firstPresentation, tooFast },
    assertions: {
      trustedAssertion: parts.trustedJwt,
      spendAssertion: ({ issuer, jti, expiresAt }) => replays.firstUse('assertion', issuer, jti, expiresAt),
    },
    polls: {
      engine: provider,
      clock: parts.clock,
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
      stopWithEvidence(database, { organization, kind: 'task', subject: task, by: 'countersign', reason }),
    exchange: {
      issuer,
      reader: parts.reader,
      catalogue: parts.catalogue.current,
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
      signedBy: (client, jwt) => signedBy(client, jwt, parts.fetch),
      thumbprints,
      activePerson: async (organization, id) => {
        const person = await people.find(id);
        return person?.organization === organization && person.status === 'active';
      },
      trustedClaim: parts.trustedJwt,
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
      pace: exchangePace(config.exchangesPerMinute),
      fanOut: config.fanOut,
      ask: askForExchange(parts.ask),
    },
  };
}
