import { findAgent, postgresMyAgents } from '../adapters/postgres/agents.ts';
import { historyBefore } from '../adapters/postgres/history.ts';
import { newestPolicies } from '../adapters/postgres/policies.ts';
import { postgresPrompts } from '../adapters/postgres/prompts.ts';
import { postgresReceipts } from '../adapters/postgres/receipts.ts';
import { postgresScreens } from '../adapters/postgres/screens.ts';
import { postgresStanding } from '../adapters/postgres/standing.ts';
import type { AgentPages } from './agents/routes.ts';
import { mutedUntil } from './approvals/budget.ts';
import type { ApprovalPages } from './approvals/pages.ts';
import { browserRequests } from './browser-requests.ts';
import type { openChannels } from './channels.ts';
import type { Engine } from './engine.ts';
import { styleSheetPath, templateVersion } from './http/template.ts';
import type { Parts } from './parts.ts';
import { beginAtProvider } from './people/federation.ts';
import type { openSigningIn } from './signing-in.ts';

/** The pages where a person decides, and those where they take it back. */
export function decisionPages(
  parts: Parts,
  {
    provider,
    channels,
    federation,
    styleSheet,
  }: Pick<Engine, 'provider'> & {
    channels: ReturnType<typeof openChannels>;
    federation: ReturnType<typeof openSigningIn>['federation'];
    styleSheet: Parameters<typeof templateVersion>[0];
  },
): { approvals: ApprovalPages; agents: AgentPages } {
  const { issuer, database, evidence, clients, people, cookies, sealing, hasPasskey } = parts;
  const catalogue = parts.catalogue.current;
  const prompts = postgresPrompts(database);
  const myAgents = postgresMyAgents(database);
  return {
    approvals: {
      approvals: parts.personApprovals,
      catalogue,
      clients,
      people,
      cookies,
      sealing,
      screens: postgresScreens(database),
      receipts: postgresReceipts(database),
      template: templateVersion(styleSheet),
      styleSheet: styleSheetPath(styleSheet.hash),
      browser: browserRequests({
        provider,
        issuer,
        catalogue,
        clients,
        people,
        ask: parts.ask,
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
      passkeys: parts.passkeys,
      webAuthn: parts.webAuthn,
      async beginSignInAgain(id, asked) {
        const at = await federation.providers.find(id);
        return at && beginAtProvider(at, { ...asked, fresh: true }, federation);
      },
      accountable: (organization, agent) => findAgent(database, organization, agent),
      evidence,
      policies: (organization) => newestPolicies(database, organization),
      history: (approval) => historyBefore(database, approval),
      prompts,
      standing: postgresStanding(database),
      ruling: parts.ask,
      announcements: { ...channels.store, reaches: channels.reaches },
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
  };
}
