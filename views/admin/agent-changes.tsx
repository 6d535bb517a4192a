import { page } from '../layout.tsx';
import { Foreign, Told, visible } from '../text.tsx';
import { AGENT } from '../words/console-agent.ts';
import { KEY_OVERLAP, OFFERING, REMOVAL, ROTATION } from '../words/console-agent-changes.ts';
import { PARTS } from '../words/console-shell.ts';
import type { Said } from '../words/words.ts';
import type { AgentHead } from './agent.tsx';
import { AdminForm, OfferedPeople, RadioList, Select, TextArea, TextInput } from './form.tsx';
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
              cells: [<Foreign text={person} limit={60} />, <Told text={sentence} limit={160} />, until],
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

export interface AgentOffer extends Pick<AgentHead, 'frame' | 'csrf' | 'name'> {
  action: string;
  cancel: string;
  people: readonly { email: string; name: string }[];
  typed: { role?: string | undefined; person?: string | undefined };
  problem?: Said | undefined;
}

/** Somebody else is asked to answer for it. */
export const agentOfferPage = ({ frame, csrf, name, action, cancel, people, typed, problem }: AgentOffer): string => {
  const { say, markup } = frame.speaker;
  const agent = visible(name, 80);
  return page(
    <AdminLayout
      frame={frame}
      title={say(OFFERING.title, { agent })}
      error={problem !== undefined}
      above={[
        { href: '/admin/agents', label: say(PARTS.agents) },
        { href: cancel, label: name },
      ]}
      narrow
    >
      <h1>{markup(OFFERING.title, { agent: <bdi>{agent}</bdi> })}</h1>
      <p class="lead">{say(OFFERING.means)}</p>
      <AdminForm
        action={action}
        csrf={csrf}
        problems={problem === undefined ? [] : [{ field: 'person', text: problem }]}
        submit={say(OFFERING.ask)}
        cancel={cancel}
      >
        <RadioList
          name="role"
          legend={say(OFFERING.role)}
          options={(['owner', 'deputy'] as const).map((value) => ({
            value,
            label: say(OFFERING[value]),
            detail: say(OFFERING[`${value}Means`]),
            checked: typed.role === value,
          }))}
        />
        <TextInput
          name="person"
          label={say(OFFERING.person)}
          type="email"
          list="people"
          value={typed.person}
          invalid={problem !== undefined}
        />
        <OfferedPeople people={people} />
      </AdminForm>
    </AdminLayout>,
    frame,
  );
};

export interface AgentKey extends Pick<AgentHead, 'frame' | 'csrf' | 'name'> {
  action: string;
  cancel: string;
  /** Its owner has to agree first. */
  waits: boolean;
  /** Something else waits for the owner already. */
  pending: boolean;
  keys: readonly { kid: string; until: Said | undefined }[];
  /** Where its keys stand, if they stand elsewhere. */
  address: string | undefined;
  typed: { keys?: string; overlap?: string };
  problems: readonly { field: string; text: Said }[];
}

/** A3-2: a new key, and for how long the old one counts on. */
export const agentKeyPage = (props: AgentKey): string => {
  const { frame, csrf, name, action, cancel, waits, pending, keys, address, typed, problems } = props;
  const { say, markup } = frame.speaker;
  const agent = visible(name, 80);
  return page(
    <AdminLayout
      frame={frame}
      title={say(ROTATION.title, { agent })}
      error={problems.length > 0}
      narrow
      above={[
        { href: '/admin/agents', label: say(PARTS.agents) },
        { href: cancel, label: name },
      ]}
    >
      <h1>{markup(ROTATION.title, { agent: <bdi>{agent}</bdi> })}</h1>
      <p class="warning">{say(ROTATION.ends)}</p>
      {waits ? <p>{say(ROTATION.waits)}</p> : null}
      {pending ? <p class="warning">{say(ROTATION.pending)}</p> : null}
      {address === undefined ? (
        <Table
          label={say(ROTATION.now)}
          columns={[{ label: say(ROTATION.key) }, { label: say(ROTATION.until) }]}
          rows={keys.map(({ kid, until }) => ({
            key: kid,
            cells: [<code>{visible(kid, 80)}</code>, until ?? say(ROTATION.noEnd)],
          }))}
        />
      ) : (
        <p>{markup(ROTATION.atAddress, { address: <code>{visible(address, 200)}</code> })}</p>
      )}
      <AdminForm action={action} csrf={csrf} problems={problems} submit={say(ROTATION.submit)} cancel={cancel}>
        <TextArea
          name="keys"
          label={say(ROTATION.keys)}
          hint={say(ROTATION.keysHint)}
          rows={6}
          maxLength={8000}
          value={typed.keys}
        />
        <Select
          name="overlap"
          label={say(ROTATION.overlap)}
          hint={say(ROTATION.overlapHint)}
          value={typed.overlap ?? 's86400'}
          options={(Object.keys(KEY_OVERLAP) as (keyof typeof KEY_OVERLAP)[]).map((value) => ({
            value,
            label: say(KEY_OVERLAP[value]),
          }))}
        />
      </AdminForm>
    </AdminLayout>,
    frame,
  );
};
