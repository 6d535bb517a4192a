import type Router from '@koa/router';

import { agentOfferPage } from '../../views/admin/agent-changes.tsx';
import { OFFERING } from '../../views/words/console-agent-changes.ts';
import type { Said } from '../../views/words/words.ts';
import { offerOwnership } from './accountability.ts';
import type { AgentCard } from './admin.ts';
import type { AdminDependencies } from './call.ts';
import { type Console, nothingHere, refusalWords, type Visit } from './console.ts';
import { offeredPeople } from './offered.ts';

const AGENTS = '/admin/agents';

/** Somebody else is asked to answer for an agent, by the same answer as the admin API's. */
export function adminOfferPages(router: Router, console: Console, dependencies: AdminDependencies): void {
  const { store } = dependencies;
  const PATH = `${AGENTS}/:agent/offer`;

  const agentIn = async ({ ctx, organization }: Visit): Promise<AgentCard> => {
    const card = await store.agent(organization, String(ctx.params.agent));
    if (!card || card.status === 'retired' || card.status === 'expired') throw nothingHere();
    return card;
  };
  const show = async (
    visit: Visit,
    { id, name }: AgentCard,
    typed: { role?: string | undefined; person?: string | undefined },
    problem?: Said,
  ) =>
    agentOfferPage({
      frame: visit.frame(AGENTS),
      csrf: visit.csrf,
      name,
      action: `${AGENTS}/${id}/offer`,
      cancel: `${AGENTS}/${id}`,
      people: await offeredPeople(visit.organization, { store }),
      typed,
      problem,
    });

  console.get(router, PATH, ['admin'], async (visit) => show(visit, await agentIn(visit), {}));

  console.post(router, PATH, ['admin'], async (visit, form) => {
    const card = await agentIn(visit);
    const body = { role: form.get('role') ?? '', person: form.get('person')?.trim() ?? '' };
    const call = { caller: visit.caller, params: { agent: card.id }, query: {}, body, text: '' };
    const outcome = await offerOwnership(call, dependencies);
    if (outcome.ok) return `${AGENTS}/${card.id}?done=offered`;
    const problem =
      outcome.reason === 'invalid_request' ? visit.speaker.say(OFFERING.incomplete) : refusalWords(outcome, visit);
    return { document: await show(visit, card, body, problem), status: outcome.status };
  });
}
