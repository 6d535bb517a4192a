import { Csrf, page } from '../layout.tsx';
import { Foreign, visible } from '../text.tsx';
import { INVENTORY } from '../words/console-agents.ts';
import { LEVEL, STATUS } from '../words/console-shell.ts';
import { useSpeaker } from '../words/context.tsx';
import type { Said } from '../words/words.ts';
import { type AdminList, AdminListing, Pill, type Tone } from './list.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

export interface AgentsPage {
  frame: AdminFrame;
  csrf: string;
  /** How many there are, whatever the filter says. */
  total: number;
  list: Omit<AdminList, 'label' | 'columns' | 'rows'>;
  columns: AdminList['columns'];
  agents: readonly AgentRow[];
  /** Where an agent is registered; left out for whoever may not. */
  register?: string | undefined;
  notice?: Said | undefined;
}

export interface AgentRow {
  id: string;
  href: string;
  name: string;
  purpose: string;
  status: keyof typeof STATUS;
  owner: string;
  /** "31 people", "other agents". */
  actsFor: Said;
  systems: number;
  level?: 'low' | 'medium' | 'high' | 'critical' | undefined;
  lastUsed: Said;
  asked: number;
  /** "92 %", or nothing where nothing was decided. */
  allowed: Said;
  flags: readonly Said[];
  /** Where a pause is posted; left out where there is nothing to pause, or not by this person. */
  pause?: string | undefined;
}

const SYMBOLS = { low: '○', medium: '◐', high: '▲', critical: '▲▲' } as const;

export const TONES: Readonly<Record<keyof typeof STATUS, Tone>> = {
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
  const { say, number } = useSpeaker();
  const rows = agents.map((agent) => ({
    key: agent.id,
    cells: [
      <>
        <a class="row-link" href={agent.href}>
          <Foreign text={agent.name} limit={60} />
        </a>{' '}
        <Pill tone={TONES[agent.status]}>{say(STATUS[agent.status])}</Pill>
      </>,
      <Foreign text={agent.owner} limit={40} />,
      agent.actsFor,
      number(agent.systems),
      agent.level === undefined ? '–' : <LevelMark level={agent.level} />,
      agent.lastUsed,
      number(agent.asked),
      agent.allowed,
      agent.flags.length === 0 ? '–' : <span class="flags">{agent.flags.join(', ')}</span>,
      agent.pause === undefined ? '' : <PauseHere action={agent.pause} csrf={csrf} agent={agent} />,
    ],
  }));
  return (
    <AdminLayout frame={frame} title={say(INVENTORY.title)} notice={notice}>
      <div class="heading">
        <h1>
          {say(INVENTORY.title)} <span class="count">{number(total)}</span>
        </h1>
        {register === undefined ? null : (
          <a class="button" href={register}>
            {say(INVENTORY.register)}
          </a>
        )}
      </div>
      <AdminListing {...list} label={say(INVENTORY.title)} columns={columns} rows={rows} />
    </AdminLayout>
  );
}

/** How high an action can reach: by symbol, word and colour. */
export function LevelMark({ level }: { level: keyof typeof SYMBOLS }) {
  const { say } = useSpeaker();
  return (
    <span class="level" data-level={level}>
      <span class="symbol" data-level={level} aria-hidden="true">
        {SYMBOLS[level]}
      </span>{' '}
      {say(LEVEL[level])}
    </span>
  );
}

/** A2-4: one click and a reason; the list that comes back shows the state. */
function PauseHere({ action, csrf, agent }: { action: string; csrf: string; agent: AgentRow }) {
  const { say, markup } = useSpeaker();
  const field = `reason-${agent.id}`;
  const name = visible(agent.name, 60);
  return (
    <details class="here">
      <summary>
        {markup(INVENTORY.pause, {
          unseen: <span class="unseen">{say(INVENTORY.pauseUnseen, { agent: name })}</span>,
        })}
      </summary>
      <form class="here-form" method="post" action={action}>
        <Csrf value={csrf} />
        <label class="label" for={field}>
          {say(INVENTORY.why)}
        </label>
        <input class="input" id={field} name="reason" maxLength={200} required autocomplete="off" />
        <button type="submit" class="button danger">
          {say(INVENTORY.pauseNow)}
        </button>
      </form>
    </details>
  );
}
