import { Csrf, page } from '../layout.tsx';
import { Foreign, visible } from '../text.tsx';
import { type AdminList, AdminListing, Pill, type Tone } from './list.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

export interface AgentsPage {
  frame: AdminFrame;
  csrf: string;
  /** "42 agents"; without filters only. */
  total: string;
  list: Omit<AdminList, 'label' | 'columns' | 'rows'>;
  columns: AdminList['columns'];
  agents: readonly AgentRow[];
  /** Where an agent is registered; left out for whoever may not. */
  register?: string | undefined;
  notice?: string | undefined;
}

export interface AgentRow {
  id: string;
  href: string;
  name: string;
  purpose: string;
  status: string;
  owner: string;
  /** "31 people", "itself". */
  actsFor: string;
  systems: number;
  level?: 'low' | 'medium' | 'high' | 'critical' | undefined;
  lastUsed: string;
  asked: number;
  /** "92 %", or nothing where nothing was decided. */
  allowed: string;
  flags: readonly string[];
  /** Where a pause is posted; left out where there is nothing to pause, or not by this person. */
  pause?: string | undefined;
}

const SYMBOLS = { low: '○', medium: '◐', high: '▲', critical: '▲▲' } as const;

export const TONES: Readonly<Record<string, Tone>> = {
  active: 'good',
  pending: 'waiting',
  suspended: 'bad',
  stopped: 'bad',
  expired: 'over',
  retired: 'over',
};

/** A2: which agents exist, who answers for each, what each may do, and which of them somebody should look at. */
export const agentsPage = (props: AgentsPage): string => page(<Agents {...props} />, props.frame);

function Agents({ frame, csrf, total, list, columns, agents, register, notice }: AgentsPage) {
  const rows = agents.map((agent) => ({
    key: agent.id,
    cells: [
      <>
        <a class="row-link" href={agent.href}>
          <Foreign text={agent.name} limit={60} />
        </a>{' '}
        <Pill tone={TONES[agent.status] ?? 'over'}>{agent.status}</Pill>
      </>,
      <Foreign text={agent.owner} limit={40} />,
      agent.actsFor,
      agent.systems,
      agent.level === undefined ? '–' : <LevelMark level={agent.level} />,
      agent.lastUsed,
      agent.asked,
      agent.allowed,
      agent.flags.length === 0 ? '–' : <span class="flags">{agent.flags.join(', ')}</span>,
      agent.pause === undefined ? '' : <PauseHere action={agent.pause} csrf={csrf} agent={agent} />,
    ],
  }));
  return (
    <AdminLayout frame={frame} title="Agents" notice={notice}>
      <div class="heading">
        <h1>
          Agents <span class="count">{total}</span>
        </h1>
        {register === undefined ? null : (
          <a class="button" href={register}>
            Register an agent
          </a>
        )}
      </div>
      <AdminListing {...list} label="Agents" columns={columns} rows={rows} />
    </AdminLayout>
  );
}

/** How high an action can reach: by symbol, word and colour. */
export function LevelMark({ level }: { level: keyof typeof SYMBOLS }) {
  return (
    <span class="level" data-level={level}>
      <span class="symbol" data-level={level} aria-hidden="true">
        {SYMBOLS[level]}
      </span>{' '}
      {level}
    </span>
  );
}

/** A2-4: one click and a reason; the list that comes back shows the state. */
function PauseHere({ action, csrf, agent }: { action: string; csrf: string; agent: AgentRow }) {
  const field = `reason-${agent.id}`;
  return (
    <details class="here">
      <summary>
        Pause<span class="unseen">{` ${visible(agent.name, 60)}`}</span>
      </summary>
      <form class="here-form" method="post" action={action}>
        <Csrf value={csrf} />
        <label class="label" for={field}>
          Why?
        </label>
        <input class="input" id={field} name="reason" maxLength={200} required autocomplete="off" />
        <button type="submit" class="button danger">
          Pause now
        </button>
      </form>
    </details>
  );
}
