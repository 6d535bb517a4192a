import { Field } from './form.tsx';
import { Csrf, type Frame, Layout, page } from './layout.tsx';
import { Foreign, visible } from './text.tsx';

export interface MyAgentsPage {
  frame: Frame;
  csrf: string;
  /** Where "Stop all agents for me" is posted. */
  stopAll: string;
  agents: readonly MyAgent[];
}

export interface MyAgent {
  id: string;
  name: string;
  owner: string;
  purpose: string;
  lastUsed?: string | undefined;
  /** "active", "suspended by your organization". */
  status: string;
  /** This person paused it for themselves. */
  paused: boolean;
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
  /** "7 of 20 uses". */
  uses?: string | undefined;
  stopAction: string;
}

export interface HistoryEntry {
  text: string;
  at: string;
  outcome?: string | undefined;
}

/** U9: everything that any agent may do for this person, and one step to stop each of it. */
export const myAgentsPage = (props: MyAgentsPage): string => page(<MyAgents {...props} />);

function MyAgents({ frame, csrf, stopAll, agents }: MyAgentsPage) {
  return (
    <Layout frame={frame} title="Your agents" current="agents" width="wide">
      <div class="heading">
        <h1>Your agents</h1>
        {agents.length === 0 ? null : (
          <form method="post" action={stopAll}>
            <Csrf value={csrf} />
            <button type="submit" class="button danger" data-testid="stop-all">
              Stop all agents for me
            </button>
          </form>
        )}
      </div>
      <p>
        <a class="small-link" href="/owned">
          Agents you answer for
        </a>
      </p>
      {agents.length === 0 ? (
        <p class="quiet">No agent has asked you for anything yet.</p>
      ) : (
        agents.map((agent) => <AgentEntry csrf={csrf} agent={agent} />)
      )}
    </Layout>
  );
}

function AgentEntry({ csrf, agent }: { csrf: string; agent: MyAgent }) {
  const { id, name, owner, purpose, lastUsed, status, paused, pauseAction, tasks, recent } = agent;
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
            Owner <Foreign text={owner} limit={80} /> · {status} ·{' '}
            {lastUsed === undefined ? 'never used' : `last used ${lastUsed}`}
          </p>
        </div>
        {paused ? null : <Pause csrf={csrf} action={pauseAction} name={name} />}
      </header>
      {paused ? null : <Muted csrf={csrf} agent={agent} />}
      {paused ? <Resume csrf={csrf} agent={agent} /> : <TaskList csrf={csrf} tasks={tasks} />}
      {recent.length === 0 ? null : (
        <details>
          <summary>Lately</summary>
          <Timeline entries={recent} />
        </details>
      )}
    </article>
  );
}

/** It wore somebody down; taking that back is theirs. */
export function Muted({ csrf, agent }: { csrf: string; agent: Pick<MyAgent, 'name' | 'mutedUntil' | 'unmuteAction'> }) {
  const { name, mutedUntil, unmuteAction } = agent;
  if (mutedUntil === undefined) return null;
  return (
    <form class="warning" method="post" action={unmuteAction}>
      <Csrf value={csrf} />
      <p>
        <strong>Muted until {mutedUntil}.</strong> You denied or ignored too many of its questions.
      </p>
      <button type="submit" class="button small" aria-label={`Unmute ${visible(name, 80)}`}>
        Unmute
      </button>
    </form>
  );
}

/** What may be done now, each with its own stop. */
export function TaskList({ csrf, tasks }: { csrf: string; tasks: readonly MyTask[] }) {
  if (tasks.length === 0) return <p class="quiet">May do nothing now.</p>;
  return (
    <ul class="tasks" aria-label="May do now">
      {tasks.map(({ id, sentence, impactSymbol, until, uses, stopAction }) => (
        <li class="task" data-task={id}>
          <span class="symbol" aria-hidden="true">
            {impactSymbol}
          </span>
          <span class="words">
            <span>{sentence}</span>{' '}
            <span class="quiet">
              until {until}
              {uses === undefined ? '' : ` · ${uses}`}
            </span>
          </span>
          <form method="post" action={stopAction}>
            <Csrf value={csrf} />
            <button type="submit" class="button danger small" aria-label={`Stop: ${sentence}`}>
              Stop
            </button>
          </form>
        </li>
      ))}
    </ul>
  );
}

/** Pausing is one step. */
export function Pause({ csrf, action, name }: { csrf: string; action: string; name: string }) {
  return (
    <form method="post" action={action}>
      <Csrf value={csrf} />
      <button type="submit" class="button small" aria-label={`Pause ${visible(name, 80)}`}>
        Pause
      </button>
    </form>
  );
}

/** Resuming is slow and typed (D12): the agent's name, posted as `confirmation`. */
export function Resume({ csrf, agent }: { csrf: string; agent: Pick<MyAgent, 'id' | 'name' | 'resumeAction'> }) {
  return (
    <div class="warning">
      <p>
        <strong>Paused by you.</strong> It gets nothing and cannot ask you.
      </p>
      <details>
        <summary>Let it ask again</summary>
        <form class="form" method="post" action={agent.resumeAction}>
          <Csrf value={csrf} />
          <p>What it could do before does not come back: it has to ask you again.</p>
          <Field
            name="confirmation"
            id={`confirmation-${agent.id}`}
            label={`Type ${visible(agent.name, 80)} to resume`}
            autocomplete="off"
            verbatim
          />
          <button type="submit" class="button wide">
            Resume
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
      {entries.map(({ text, at, outcome }) => (
        <li class="event">
          <span class="quiet">{at}</span>{' '}
          <span>
            <Foreign text={text} limit={200} />
            {outcome === undefined ? null : <span class="quiet">{`\u00a0· ${outcome}`}</span>}
          </span>
        </li>
      ))}
    </ol>
  );
}
