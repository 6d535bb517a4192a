import { Field } from './form.tsx';
import { Csrf, type Frame, Layout, page } from './layout.tsx';
import { Foreign, Told, visible } from './text.tsx';
import { AGENTS } from './words/agents.ts';
import { useSpeaker } from './words/context.tsx';
import { SHELL } from './words/shell.ts';
import type { Said } from './words/words.ts';

export interface MyAgentsPage {
  frame: Frame;
  csrf: string;
  /** Where "Stop all agents for me" is posted. */
  stopAll: string;
  agents: readonly MyAgent[];
  /** Before filter and search. */
  total: number;
  show: AgentFilter;
  sought: string;
}

export type AgentFilter = (typeof AGENT_FILTERS)[number];
export const AGENT_FILTERS = ['all', 'active', 'unused', 'paused'] as const;

export interface MyAgent {
  id: string;
  name: string;
  owner: string;
  purpose: string;
  lastUsed?: string | undefined;
  /** "active", "suspended by your organization". */
  status: Said;
  /** This person paused it for themselves. */
  paused: boolean;
  /** Within the last 30 days. */
  asked: { count: number; denied: number };
  /** Ends what it may do; it may ask again. */
  stopAction: string;
  pauseAction: string;
  resumeAction: string;
  /** It asked too often what was denied or left: until this day it cannot. */
  mutedUntil?: string | undefined;
  unmuteAction?: string | undefined;
  tasks: readonly MyTask[];
  recent: readonly HistoryEntry[];
}

/** What an agent may do now; the sentence is the one that was approved. */
export interface MyTask {
  id: string;
  sentence: string;
  impactSymbol: string;
  until: string;
  /** How often it was used, where there is a limit. */
  uses?: { done: number; most: number } | undefined;
  /** It does not ask again each time. */
  repeats?: boolean | undefined;
  /** When it ends by itself where nobody uses it. */
  endsUnused?: string | undefined;
  stopAction: string;
}

export interface HistoryEntry {
  text: string;
  at: string;
  outcome?: Said | undefined;
  /** What the system calls what it did. */
  reference?: string | undefined;
  /** Where the whole of it is. */
  href?: string | undefined;
}

/** U9: everything that any agent may do for this person, and one step to stop each of it. */
export const myAgentsPage = (props: MyAgentsPage): string => page(<MyAgents {...props} />, props.frame);

function MyAgents({ frame, csrf, stopAll, agents, total, show, sought }: MyAgentsPage) {
  const { say } = useSpeaker();
  return (
    <Layout frame={frame} title={say(SHELL.yourAgents)} current="agents" width="wide">
      <div class="heading">
        <h1>{say(SHELL.yourAgents)}</h1>
        {total === 0 ? null : (
          <form method="post" action={stopAll}>
            <Csrf value={csrf} />
            <button type="submit" class="button danger" data-testid="stop-all">
              {say(AGENTS.stopAll)}
            </button>
          </form>
        )}
      </div>
      <p>
        <a class="small-link" href="/owned">
          {say(AGENTS.youAnswerFor)}
        </a>
      </p>
      {total > FEW || show !== 'all' || sought !== '' ? <Filter show={show} sought={sought} /> : null}
      {agents.length === 0 ? (
        <p class="quiet">{say(total === 0 ? AGENTS.none : AGENTS.noneFound)}</p>
      ) : (
        agents.map((agent) => <AgentEntry csrf={csrf} agent={agent} />)
      )}
    </Layout>
  );
}

/** So many are seen at a glance. */
const FEW = 4;

function Filter({ show, sought }: Pick<MyAgentsPage, 'show' | 'sought'>) {
  const { say } = useSpeaker();
  return (
    <form class="filter" method="get" action="/agents">
      <label class="label" for="q">
        {say(AGENTS.search)}
      </label>
      <input class="input" id="q" name="q" type="search" value={sought} maxLength={80} autocomplete="off" />
      <label class="label" for="show">
        {say(AGENTS.filter)}
      </label>
      <select class="input" id="show" name="show">
        {AGENT_FILTERS.map((filter) => (
          <option value={filter} selected={filter === show}>
            {say(AGENTS[filter])}
          </option>
        ))}
      </select>
      <button type="submit" class="button">
        {say(AGENTS.find)}
      </button>
    </form>
  );
}

function AgentEntry({ csrf, agent }: { csrf: string; agent: MyAgent }) {
  const { say, markup } = useSpeaker();
  const { id, name, owner, purpose, lastUsed, asked, status, paused, pauseAction, tasks, recent } = agent;
  return (
    <article class="panel" aria-labelledby={`name-${id}`} data-agent={id}>
      <header class="panel-head">
        <div>
          <h2 class="agent-name" id={`name-${id}`}>
            <a href={`/agents/${id}`}>
              <Foreign text={name} limit={80} />
            </a>
          </h2>
          <p>
            <Foreign text={purpose} />
          </p>
          <p class="quiet">
            {markup(AGENTS.line, {
              owner: <Foreign text={owner} limit={80} />,
              status,
              used: lastUsed === undefined ? say(AGENTS.neverUsed) : say(AGENTS.lastUsed, { time: lastUsed }),
            })}
          </p>
          {asked.count === 0 ? null : <p class="quiet">{say(AGENTS.askedYouOften, asked)}</p>}
        </div>
        {paused ? null : <Pause csrf={csrf} action={pauseAction} name={name} />}
      </header>
      {paused ? null : <Muted csrf={csrf} agent={agent} />}
      {paused ? <Resume csrf={csrf} agent={agent} /> : <TaskList csrf={csrf} tasks={tasks} />}
      {recent.length === 0 ? null : (
        <details>
          <summary>{say(AGENTS.lately)}</summary>
          <Timeline entries={recent} />
        </details>
      )}
    </article>
  );
}

/** It wore somebody down; taking that back is theirs. */
export function Muted({ csrf, agent }: { csrf: string; agent: Pick<MyAgent, 'name' | 'mutedUntil' | 'unmuteAction'> }) {
  const { name, mutedUntil, unmuteAction } = agent;
  const { say, markup } = useSpeaker();
  if (mutedUntil === undefined) return null;
  return (
    <form class="warning" method="post" action={unmuteAction}>
      <Csrf value={csrf} />
      <p>{markup(AGENTS.muted, { strong: <strong>{say(AGENTS.mutedUntil, { time: mutedUntil })}</strong> })}</p>
      <button type="submit" class="button small" aria-label={say(AGENTS.unmuteThis, { agent: visible(name, 80) })}>
        {say(AGENTS.unmute)}
      </button>
    </form>
  );
}

/** What may be done now, each with its own stop. */
export function TaskList({ csrf, tasks }: { csrf: string; tasks: readonly MyTask[] }) {
  const { say, markup } = useSpeaker();
  if (tasks.length === 0) return <p class="quiet">{say(AGENTS.mayDoNothing)}</p>;
  return (
    <ul class="tasks" aria-label={say(AGENTS.mayDoNow)}>
      {tasks.map(({ id, sentence, impactSymbol, until, uses, repeats, endsUnused, stopAction }) => (
        <li class="task" data-task={id}>
          <span class="symbol" aria-hidden="true">
            {impactSymbol}
          </span>
          <span class="words">
            <span>
              {markup(isUsedUp(uses) ? AGENTS.usedUpTask : AGENTS.mayTask, {
                task: (
                  <bdi>
                    <Told text={sentence} />
                  </bdi>
                ),
              })}
            </span>{' '}
            <span class="quiet">
              {repeats ? `${say(AGENTS.withoutAsking)} · ` : ''}
              {uses === undefined
                ? say(AGENTS.until, { time: until })
                : say(AGENTS.untilUses, { time: until, uses: uses.done, count: uses.most })}
              {endsUnused === undefined ? '' : ` · ${say(AGENTS.endsUnused, { time: endsUnused })}`}
            </span>
          </span>
          <form method="post" action={stopAction}>
            <Csrf value={csrf} />
            <button type="submit" class="button danger small" aria-label={say(AGENTS.stopThis, { task: sentence })}>
              {say(AGENTS.stop)}
            </button>
          </form>
        </li>
      ))}
    </ul>
  );
}

/** Nothing is left of it, unless its system says that the last use was none after all. */
const isUsedUp = (uses: MyTask['uses']): boolean => uses !== undefined && uses.done >= uses.most;

/** Pausing is one step. */
export function Pause({ csrf, action, name }: { csrf: string; action: string; name: string }) {
  const { say } = useSpeaker();
  return (
    <form method="post" action={action}>
      <Csrf value={csrf} />
      <button type="submit" class="button small" aria-label={say(AGENTS.pauseThis, { agent: visible(name, 80) })}>
        {say(AGENTS.pause)}
      </button>
    </form>
  );
}

/** Resuming is slow and typed (D12): the agent's name, posted as `confirmation`. */
export function Resume({ csrf, agent }: { csrf: string; agent: Pick<MyAgent, 'id' | 'name' | 'resumeAction'> }) {
  const { say, markup } = useSpeaker();
  return (
    <div class="warning">
      <p>{markup(AGENTS.pausedByYou, { strong: <strong>{say(AGENTS.pausedByYouStrong)}</strong> })}</p>
      <details>
        <summary>{say(AGENTS.letAskAgain)}</summary>
        <form class="form" method="post" action={agent.resumeAction}>
          <Csrf value={csrf} />
          <p>{say(AGENTS.comesNotBack)}</p>
          <Field
            name="confirmation"
            id={`confirmation-${agent.id}`}
            label={say(AGENTS.typeToResume, { agent: visible(agent.name, 80) })}
            autocomplete="off"
            verbatim
          />
          <button type="submit" class="button wide">
            {say(AGENTS.resume)}
          </button>
        </form>
      </details>
    </div>
  );
}

/** What happened, latest first. */
export function Timeline({ entries }: { entries: readonly HistoryEntry[] }) {
  return (
    <ol class="timeline">
      {entries.map(({ text, at, outcome, reference, href }) => (
        <li class="event">
          <span class="quiet">{at}</span>{' '}
          <span>
            {href === undefined ? (
              <Told text={text} limit={200} />
            ) : (
              <a href={href}>
                <Told text={text} limit={200} />
              </a>
            )}
            {outcome === undefined ? null : <span class="quiet">{`\u00a0· ${outcome}`}</span>}
            {reference === undefined ? null : (
              <span class="quiet">
                {' · '}
                <code>
                  <Foreign text={reference} limit={60} />
                </code>
              </span>
            )}
          </span>
        </li>
      ))}
    </ol>
  );
}
