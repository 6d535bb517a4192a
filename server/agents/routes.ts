import type Router from '@koa/router';
import type { Context } from 'koa';

import { agentPage } from '../../views/agent.tsx';
import {
  AGENT_FILTERS,
  type AgentFilter,
  type HistoryEntry,
  type MyAgent,
  myAgentsPage,
} from '../../views/my-agents.tsx';
import { AGENT_STATES, AGENTS } from '../../views/words/agents.ts';
import { ERRORS } from '../../views/words/errors.ts';
import { OUTCOMES } from '../../views/words/result.ts';
import type { Speaker } from '../../views/words/speaker.ts';
import type { PlainMessage } from '../../views/words/words.ts';
import type { Cookies } from '../http/cookies.ts';
import { BadRequest } from '../http/form.ts';
import { page } from '../http/respond.ts';
import { speakerFor } from '../people/language.ts';
import { checkedForm, frameOf, signedIn } from '../people/pages.ts';
import type { Session } from '../people/person.ts';
import { type MyAgents, type MyAgentsStore, type MyEvent, registeredBy } from './my-agents.ts';
import { purposeIn } from './presets.ts';

export interface AgentPages {
  myAgents: MyAgentsStore;
  /** Until when each agent does not ask this person, because they said no, or nothing, too often. */
  mutes(organization: string, person: string): Promise<ReadonlyMap<string, Date | undefined>>;
  unmute(organization: string, person: string, agent: string): Promise<boolean>;
  cookies: Cookies;
}

const SYMBOLS = { low: '○', medium: '◐', high: '▲', critical: '▲▲' } as const;

/** "Your agents": everything any agent may do for this person, and one step to stop each of it (U9). */
export function agentRoutes(router: Router, { myAgents, cookies, mutes, unmute }: AgentPages): void {
  const listOf = async (organization: string, person: string) => ({
    ...(await myAgents.list(organization, person)),
    mutes: await mutes(organization, person),
  });

  router.get('/agents', async (ctx) => {
    const session = signedIn(ctx);
    if (!session) return;
    const { organization, id } = session.person;
    const props = propsOf(ctx, cookies, session, await listOf(organization, id));
    const show = AGENT_FILTERS.find((filter) => filter === ctx.query.show) ?? 'all';
    const sought = String(ctx.query.q ?? '').slice(0, 80);
    const found = ({ name, purpose }: MyAgent) =>
      `${name} ${purpose}`.toLowerCase().includes(sought.toLowerCase().trim());
    const agents = props.agents.filter((agent) => FILTERS[show](agent) && found(agent));
    page(ctx, myAgentsPage({ ...props, agents, total: props.agents.length, show, sought }));
  });

  router.get('/agents/:id', async (ctx) => {
    const session = signedIn(ctx);
    if (!session) return;
    const { organization, id } = session.person;
    const found = await listOf(organization, id);
    const agent = propsOf(ctx, cookies, session, found).agents.find((candidate) => candidate.id === ctx.params.id);
    // Another person's agent looks like one that never was.
    if (!agent) throw new BadRequest('Nothing of yours has this id.', 404, ERRORS.noneOfYours);
    const speaker = speakerFor(ctx);
    const at = (date: Date) => speaker.clock(date, session.person.timeZone);
    page(
      ctx,
      agentPage({
        frame: frameOf(ctx, cookies),
        csrf: cookies.csrf(ctx),
        agent: {
          ...agent,
          registered: registeredBy(found.agents.find(({ id }) => id === agent.id)?.describedAt ?? null, speaker),
          mayHandTo: await myAgents.mayHandTo(organization, agent.id),
        },
        timeline: found.history.filter((event) => event.agent === agent.id).map((event) => entryOf(event, at, speaker)),
      }),
    );
  });

  const post = (path: string, work: (ctx: Context, session: Session, form: Map<string, string>) => Promise<boolean>) =>
    router.post(path, async (ctx) => {
      const session = signedIn(ctx);
      if (!session) return;
      const form = await checkedForm(ctx, cookies);
      if (!(await work(ctx, session, form)))
        throw new BadRequest('Nothing of yours has this id.', 404, ERRORS.noneOfYours);
      ctx.redirect('/agents');
      ctx.status = 303;
    });

  post('/agents/stop', async (_ctx, { person }) => {
    await myAgents.stopAll(person.organization, person.id);
    return true;
  });
  post('/agents/:id/pause', (ctx, { person }) => myAgents.pause(person.organization, person.id, String(ctx.params.id)));
  post('/agents/:id/stop', (ctx, { person }) =>
    myAgents.stopAgent(person.organization, person.id, String(ctx.params.id)),
  );
  post('/agents/:id/resume', async (ctx, { person }, form) => {
    // Stopping is one step; resuming is slow and typed (D12), so that no stray click brings an agent back.
    const agent = String(ctx.params.id);
    const name = await myAgents.known(person.organization, person.id, agent);
    if (name === undefined) return false;
    if (form.get('confirmation')?.trim() !== name)
      throw new BadRequest(`Type the name of the agent, ${name}, to resume it.`, 400, AGENTS.typeNameToResume);
    return myAgents.resume(person.organization, person.id, agent);
  });
  post('/agents/:id/unmute', (ctx, { person }) => unmute(person.organization, person.id, String(ctx.params.id)));
  post('/tasks/:id/stop', (ctx, { person }) =>
    myAgents.stopTask(person.organization, person.id, String(ctx.params.id)),
  );
}

type Listed = MyAgents & { mutes: ReadonlyMap<string, Date | undefined> };

function propsOf(ctx: Context, cookies: Cookies, { person }: Session, { agents, tasks, history, mutes }: Listed) {
  const speaker = speakerFor(ctx);
  const at = (date: Date) => speaker.clock(date, person.timeZone);
  return {
    frame: frameOf(ctx, cookies),
    csrf: cookies.csrf(ctx),
    stopAll: '/agents/stop',
    agents: agents.map((agent) => ({
      id: agent.id,
      name: agent.name,
      owner: agent.owner,
      purpose: purposeIn(agent.purpose ?? '', speaker),
      lastUsed: agent.lastUsed ? at(agent.lastUsed) : undefined,
      status: speaker.say(AGENT_STATES[agent.status]),
      paused: agent.paused,
      asked: { count: agent.asked, denied: agent.denied },
      stopAction: `/agents/${agent.id}/stop`,
      pauseAction: `/agents/${agent.id}/pause`,
      resumeAction: `/agents/${agent.id}/resume`,
      mutedUntil: mutes.get(agent.id) && speaker.date(mutes.get(agent.id) as Date, person.timeZone),
      unmuteAction: `/agents/${agent.id}/unmute`,
      tasks: tasks
        .filter((task) => task.agent === agent.id)
        .map((task) => ({
          id: task.id,
          sentence: task.sentence,
          impactSymbol: SYMBOLS[task.impact],
          until: at(task.standingUntil ?? task.expiresAt),
          uses: task.maxUses === null ? undefined : { done: task.uses ?? 0, most: task.maxUses },
          repeats: task.standingUntil !== null,
          endsUnused:
            task.standingUntil !== null && task.expiresAt < task.standingUntil ? at(task.expiresAt) : undefined,
          stopAction: `/tasks/${task.id}/stop`,
        })),
      recent: history
        .filter((event) => event.agent === agent.id)
        .slice(0, 8)
        .map((event) => entryOf(event, at, speaker)),
    })),
  };
}

function entryOf(event: MyEvent, at: (date: Date) => string, { say }: Speaker): HistoryEntry {
  const outcome = say(KINDS[event.kind]);
  return {
    at: at(event.at),
    text:
      event.sentence === null
        ? say(event.approval === null ? AGENTS.byYou : AGENTS.askedYou)
        : say(AGENTS.wantedTask, { task: event.sentence }),
    outcome: event.uses === 0 ? outcome : say(AGENTS.usedSince, { outcome, count: event.uses }),
    href: event.approval === null ? undefined : `/receipts/${event.approval}`,
  };
}

const KINDS: Readonly<Record<MyEvent['kind'], PlainMessage>> = {
  waiting: OUTCOMES.waiting,
  expired: OUTCOMES.expired,
  denied: OUTCOMES.denied,
  allowed: OUTCOMES.allowed,
  allowed_once: OUTCOMES.allowedOnce,
  silent: OUTCOMES.silent,
  stopped: OUTCOMES.stopped,
  resumed: OUTCOMES.resumed,
};

/** Of the list of agents, by what the address says: all of them, those that may do something now, and so on. */
const FILTERS: Readonly<Record<AgentFilter, (agent: MyAgent) => boolean>> = {
  all: () => true,
  active: ({ tasks }) => tasks.length > 0,
  unused: ({ lastUsed }) => lastUsed === undefined,
  paused: ({ paused, mutedUntil }) => paused || mutedUntil !== undefined,
};
