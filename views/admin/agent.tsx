import type { ComponentChildren } from 'preact';

import { Csrf, page } from '../layout.tsx';
import { Foreign, visible } from '../text.tsx';
import { STATUS } from '../words/console-shell.ts';
import { useSpeaker } from '../words/context.tsx';
import { LevelMark, TONES } from './agents.tsx';
import { Detail, Facts, Section } from './detail.tsx';
import { AdminForm, TextInput } from './form.tsx';
import { Pill, Table } from './list.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

/** What every side of an agent shows. */
export interface AgentHead {
  frame: AdminFrame;
  csrf: string;
  notice?: string | undefined;
  name: string;
  purpose: string | undefined;
  status: keyof typeof STATUS;
  tabs: readonly { href: string; label: string; current: boolean }[];
  /** Where a pause is posted: one step and a reason. */
  pause?: string | undefined;
  actions: readonly { href: string; label: string; danger?: boolean | undefined }[];
}

export interface AgentSummary extends AgentHead {
  /** What somebody should look at, in words. */
  flags: readonly string[];
  /** What keeps it from beginning. */
  lacks: readonly string[];
  facts: readonly (readonly [label: string, value: string])[];
  clients: readonly { id: string; name: string; method: string }[];
}

/** A3, the first side: who it is, who answers for it, how it proves that. */
export const agentSummaryPage = (props: AgentSummary): string =>
  page(
    <Side {...props}>
      {props.lacks.length === 0 ? null : <p class="warning">It cannot begin yet. It lacks {props.lacks.join(', ')}.</p>}
      {props.flags.length === 0 ? null : (
        <ul class="warning" aria-label="To look at">
          {props.flags.map((flag) => (
            <li>{flag}</li>
          ))}
        </ul>
      )}
      <Facts facts={props.facts.map(([label, value]) => [label, <Foreign text={value} limit={200} />] as const)} />
      <Section title="Clients">
        {props.clients.length === 0 ? (
          <p class="quiet">It has no client, so it cannot authenticate.</p>
        ) : (
          <Table
            label="Clients"
            columns={[{ label: 'Name' }, { label: 'Client' }, { label: 'Proves itself by' }]}
            rows={props.clients.map(({ id, name, method }) => ({
              key: id,
              cells: [<Foreign text={name || 'Without a name'} limit={60} />, <code>{id}</code>, method],
            }))}
          />
        )}
      </Section>
    </Side>,
    props.frame,
  );

export interface AgentMayDo extends AgentHead {
  days: number;
  reached: readonly {
    action: string;
    system: string;
    level: 'low' | 'medium' | 'high' | 'critical';
    ways: readonly string[];
    because: string | undefined;
    used: string | undefined;
    unused: boolean;
  }[];
  /** What a narrowing takes away. */
  unused: readonly string[];
  reviewBy: string;
  review: string | undefined;
}

/** A3 and A9: what it could reach, by which rule, what of it was used; and the three answers of a review. */
export const agentMayDoPage = (props: AgentMayDo): string => {
  const able = props.reached.filter(({ ways }) => ways.length > 0);
  const not = props.reached.filter(({ ways }) => ways.length === 0);
  return page(
    <Side {...props}>
      {able.length === 0 ? (
        <p class="quiet empty">It reaches nothing now.</p>
      ) : (
        <Table
          label="May do"
          columns={[
            { label: 'Action' },
            { label: 'System' },
            { label: 'Level' },
            { label: 'By which rule' },
            { label: `Used in ${props.days} days` },
          ]}
          rows={able.map(({ action, system, level, ways, used, unused }) => ({
            key: action,
            cells: [
              <code>{action}</code>,
              <Foreign text={system} limit={60} />,
              <LevelMark level={level} />,
              <ul>
                {ways.slice(0, 3).map((way) => (
                  <li>
                    <Foreign text={way} limit={160} />
                  </li>
                ))}
                {ways.length > 3 ? <li class="quiet">and {ways.length - 3} more</li> : null}
              </ul>,
              used ?? (unused ? <span class="flags">not used</span> : 'not yet'),
            ],
          }))}
        />
      )}
      {not.length === 0 ? null : (
        <details>
          <summary>{not.length} it does not reach, and why</summary>
          <Table
            label="Does not reach"
            columns={[{ label: 'Action' }, { label: 'System' }, { label: 'Why not' }]}
            rows={not.map(({ action, system, because }) => ({
              key: action,
              cells: [<code>{action}</code>, <Foreign text={system} limit={60} />, because ?? '–'],
            }))}
          />
        </details>
      )}
      {props.review === undefined ? null : (
        <Section title={`Review, due by ${props.reviewBy}`}>
          {props.unused.length === 0 ? null : (
            <p class="quiet">
              Narrowing takes away {props.unused.join(', ')}. What is approved for these is refused from then on.
            </p>
          )}
          <form class="actions" method="post" action={props.review}>
            <Csrf value={props.csrf} />
            <button type="submit" class="button" name="verdict" value="confirm">
              Keep it as it is
            </button>
            {props.unused.length === 0 ? null : (
              <button type="submit" class="button" name="verdict" value="narrow">
                Remove {props.unused.length} unused
              </button>
            )}
          </form>
        </Section>
      )}
    </Side>,
    props.frame,
  );
};

export interface AgentPeople extends AgentHead {
  people: readonly {
    id: string;
    name: string;
    email: string;
    asked: number;
    allowed: number;
    denied: number;
    live_tasks: number;
    paused: boolean;
    lastAsked: string;
    stop: string | undefined;
  }[];
}

/** A3: for whom it acts. */
export const agentPeoplePage = (props: AgentPeople): string =>
  page(
    <Side {...props}>
      {props.people.length === 0 ? (
        <p class="quiet empty">It has asked nobody yet.</p>
      ) : (
        <Table
          label="People"
          columns={[
            { label: 'Person' },
            { label: 'Asked', number: true },
            { label: 'Allowed', number: true },
            { label: 'Denied', number: true },
            { label: 'Live tasks', number: true },
            { label: 'Last asked' },
            {},
          ]}
          rows={props.people.map((person) => ({
            key: person.id,
            cells: [
              <>
                <Foreign text={person.name} limit={60} /> <span class="quiet">{visible(person.email, 80)}</span>{' '}
                {person.paused ? <Pill tone="bad">paused by them</Pill> : null}
              </>,
              person.asked,
              person.allowed,
              person.denied,
              person.live_tasks,
              person.lastAsked,
              person.stop === undefined ? (
                ''
              ) : (
                <a class="small-link" href={person.stop}>
                  Stop<span class="unseen">{` for ${visible(person.name, 60)}`}</span>…
                </a>
              ),
            ],
          }))}
        />
      )}
    </Side>,
    props.frame,
  );

export interface AgentEdges extends AgentHead {
  links: readonly {
    from: { href: string; name: string };
    to: { href: string; name: string };
    actions: string;
    depth: number;
    distance: number;
  }[];
}

/** A3: to whom it may hand parts of its work, and from whom it may get some. */
export const agentEdgesPage = (props: AgentEdges): string => {
  const below = props.links.filter(({ distance }) => distance > 0);
  const above = props.links.filter(({ distance }) => distance < 0);
  return page(
    <Side {...props}>
      <EdgeTable title="May hand on to" links={below} nothing="It hands nothing on." />
      <EdgeTable title="May get something from" links={above} nothing="No agent hands anything to it." />
    </Side>,
    props.frame,
  );
};

function EdgeTable({ title, links, nothing }: { title: string; links: AgentEdges['links']; nothing: string }) {
  return (
    <Section title={title}>
      {links.length === 0 ? (
        <p class="quiet">{nothing}</p>
      ) : (
        <Table
          label={title}
          columns={[{ label: 'From' }, { label: 'To' }, { label: 'Actions' }, { label: 'Depth', number: true }]}
          rows={links.map(({ from, to, actions, depth, distance }, index) => ({
            key: String(index),
            cells: [
              <span class="branch" data-depth={Math.min(distance, 4)}>
                <a class="row-link" href={from.href}>
                  <Foreign text={from.name} limit={60} />
                </a>
              </span>,
              <a class="row-link" href={to.href}>
                <Foreign text={to.name} limit={60} />
              </a>,
              actions,
              depth,
            ],
          }))}
        />
      )}
    </Section>
  );
}

export interface AgentActivity extends AgentHead {
  events: readonly { id: string; at: string; what: string; person: string; system: string; outcome: string }[];
}

/** A3: what it did lately, from the evidence. */
export const agentActivityPage = (props: AgentActivity): string =>
  page(
    <Side {...props}>
      {props.events.length === 0 ? (
        <p class="quiet empty">Nothing happened yet.</p>
      ) : (
        <Table
          label="Activity"
          columns={[{ label: 'When' }, { label: 'What' }, { label: 'For' }, { label: 'System' }, { label: 'Outcome' }]}
          rows={props.events.map(({ id, at, what, person, system, outcome }) => ({
            key: id,
            cells: [
              at,
              what,
              person === '' ? '–' : <Foreign text={person} limit={60} />,
              system === '' ? '–' : <Foreign text={system} limit={60} />,
              outcome === '' ? '–' : <Foreign text={outcome} limit={120} />,
            ],
          }))}
        />
      )}
    </Side>,
    props.frame,
  );

export interface AgentChanges extends AgentHead {
  changes: readonly { at: string; what: string; by: string; reason: string }[];
}

/** A3: every change of it, with who, when and why. */
export const agentChangesPage = (props: AgentChanges): string =>
  page(
    <Side {...props}>
      {props.changes.length === 0 ? (
        <p class="quiet empty">Nothing was changed since it was registered.</p>
      ) : (
        <Table
          label="Changes"
          columns={[{ label: 'When' }, { label: 'What' }, { label: 'By' }, { label: 'Why' }]}
          rows={props.changes.map(({ at, what, by, reason }, index) => ({
            key: String(index),
            cells: [at, what, <Foreign text={by} limit={80} />, <Foreign text={reason || '–'} limit={200} />],
          }))}
        />
      )}
    </Side>,
    props.frame,
  );

export interface AgentMove extends AgentHead {
  move: 'activate' | 'resume' | 'retire';
  action: string;
  problems: readonly { field?: string | undefined; text: string }[];
}

const MOVE_WORDS = {
  activate: ['Activate', 'From then on it may ask people. It gets nothing that nobody approves.'],
  resume: ['Resume', 'It may ask again. What it could do before does not come back.'],
  retire: ['Retire', 'It loses access now, and never comes back.'],
} as const;

/** A step that is slow and typed (D12). */
export const agentMovePage = ({ move, action, problems, ...head }: AgentMove): string => {
  const [verb, effect] = MOVE_WORDS[move];
  const name = visible(head.name, 80);
  return page(
    <AdminLayout
      frame={head.frame}
      title={`${verb} ${name}`}
      error={problems.length > 0}
      narrow
      above={[
        { href: '/admin/agents', label: 'Agents' },
        { href: action.replace(/\/[a-z]+$/, ''), label: head.name },
      ]}
    >
      <h1>
        {verb} <bdi>{name}</bdi>
      </h1>
      <p class="lead">{effect}</p>
      <AdminForm
        action={action}
        csrf={head.csrf}
        problems={problems}
        submit={verb}
        danger={move === 'retire'}
        cancel={action.replace(/\/[a-z]+$/, '')}
      >
        <TextInput name="confirmation" label={`Type ${name}`} verbatim maxLength={200} invalid={problems.length > 0} />
        <TextInput name="reason" label="Why" maxLength={200} />
      </AdminForm>
    </AdminLayout>,
    head.frame,
  );
};

function Side({
  frame,
  csrf,
  notice,
  name,
  purpose,
  status,
  tabs,
  pause,
  actions,
  children,
}: AgentHead & { children: ComponentChildren }) {
  const { say } = useSpeaker();
  return (
    <AdminLayout frame={frame} title={name} above={[{ href: '/admin/agents', label: 'Agents' }]} notice={notice}>
      <Detail
        title={name}
        state={<Pill tone={TONES[status]}>{say(STATUS[status])}</Pill>}
        lead={purpose === undefined ? undefined : <Foreign text={purpose} />}
        tabs={tabs}
        actions={
          <>
            {pause === undefined ? null : (
              <details class="here">
                <summary class="button small">Pause</summary>
                <form class="here-form" method="post" action={pause}>
                  <Csrf value={csrf} />
                  <label class="label" for="reason">
                    Why?
                  </label>
                  <input class="input" id="reason" name="reason" maxLength={200} required autocomplete="off" />
                  <button type="submit" class="button danger">
                    Pause now
                  </button>
                </form>
              </details>
            )}
            {actions.map(({ href, label, danger }) => (
              <a class={danger ? 'button danger small' : 'button small'} href={href}>
                {label}
              </a>
            ))}
          </>
        }
      >
        {children}
      </Detail>
    </AdminLayout>
  );
}
