import { page } from '../layout.tsx';
import { Foreign, visible } from '../text.tsx';
import { AGENT } from '../words/console-agent.ts';
import { REMOVAL } from '../words/console-agent-changes.ts';
import { PARTS } from '../words/console-shell.ts';
import type { Said } from '../words/words.ts';
import type { AgentHead } from './agent.tsx';
import { AdminForm, TextInput } from './form.tsx';
import { Table } from './list.tsx';
import { AdminLayout } from './shell.tsx';

export interface AgentRemove extends Pick<AgentHead, 'frame' | 'csrf' | 'name'> {
  action: string;
  cancel: string;
  removed: readonly string[];
  people: number;
  /** The live tasks that end by it. */
  ends: readonly { task: string; sentence: string; person: string; actions: readonly string[]; until: Said }[];
  /** Something else would end than what they were shown when they confirmed. */
  changed: boolean;
}

/** A3-3: what would end, before it does. */
export const agentRemovePage = ({ frame, csrf, name, action, cancel, removed, people, ends, changed }: AgentRemove) => {
  const { say, markup } = frame.speaker;
  const agent = visible(name, 80);
  return page(
    <AdminLayout
      frame={frame}
      title={say(REMOVAL.title, { agent })}
      error={changed}
      above={[
        { href: '/admin/agents', label: say(PARTS.agents) },
        { href: cancel, label: name },
      ]}
    >
      <h1>{markup(REMOVAL.title, { agent: <bdi>{agent}</bdi> })}</h1>
      <p class="lead">{say(REMOVAL.means, { actions: removed.join(', ') })}</p>
      {ends.length === 0 ? (
        <p>{say(REMOVAL.endsNothing)}</p>
      ) : (
        <>
          <p class="warning">
            {say(REMOVAL.ends, { count: ends.length, people: say(REMOVAL.people, { count: people }) })}
          </p>
          <Table
            label={say(REMOVAL.listed)}
            columns={[{ label: say(REMOVAL.person) }, { label: say(REMOVAL.task) }, { label: say(REMOVAL.until) }]}
            rows={ends.map(({ task, person, sentence, until }) => ({
              key: task,
              cells: [<Foreign text={person} limit={60} />, <Foreign text={sentence} limit={160} />, until],
            }))}
          />
        </>
      )}
      <p class="quiet">{say(REMOVAL.others)}</p>
      <AdminForm
        action={action}
        csrf={csrf}
        problems={changed ? [{ text: say(REMOVAL.changed) }] : []}
        submit={say(REMOVAL.remove)}
        danger
        cancel={cancel}
      >
        <input type="hidden" name="actions" value={removed.join(',')} />
        <input type="hidden" name="shown" value={ends.map(({ task }) => task).join(' ')} />
        <TextInput name="reason" label={say(AGENT.why)} maxLength={200} optional />
      </AdminForm>
    </AdminLayout>,
    frame,
  );
};
