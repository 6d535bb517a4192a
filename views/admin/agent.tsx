import type { ComponentChildren } from 'preact';

import { Csrf, page } from '../layout.tsx';
import { Foreign, visible } from '../text.tsx';
import { AGENT, MOVE } from '../words/console-agent.ts';
import { INVENTORY } from '../words/console-agents.ts';
import { PARTS, STATUS } from '../words/console-shell.ts';
import { useSpeaker } from '../words/context.tsx';
import type { Said } from '../words/words.ts';
import { LevelMark, TONES } from './agents.tsx';
import { Detail, Facts, Section } from './detail.tsx';
import { AdminForm, TextInput } from './form.tsx';
import { Pill, Table } from './list.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

/** What every side of an agent shows. */
export interface AgentHead {
  frame: AdminFrame;
  csrf: string;
  notice?: Said | undefined;
  name: string;
  purpose: string | undefined;
  status: keyof typeof STATUS;
  tabs: readonly { href: string; label: Said; current: boolean }[];
  /** Where a pause is posted: one step and a reason. */
  pause?: string | undefined;
  actions: readonly { href: string; label: Said; danger?: boolean | undefined }[];
}

export interface AgentSummary extends AgentHead {
  /** What somebody should look at, in words. */
  flags: readonly Said[];
  /** What keeps it from beginning. */
  lacks: readonly Said[];
  facts: readonly (readonly [label: Said, value: string])[];
  /** Where somebody else is asked to answer for it. */
  offer?: string | undefined;
  clients: readonly {
    id: string;
    name: string;
    method: Said;
    /** Where a new key is given. */
    rotate: string | undefined;
  }[];
}

/** A3, the first side: who it is, who answers for it, how it proves that. */
export const agentSummaryPage = (props: AgentSummary): string => {
  const { say } = props.frame.speaker;
  return page(
    <Side {...props}>
      {props.lacks.length === 0 ? null : <p class="warning">{say(AGENT.lacks, { lacks: props.lacks.join(', ') })}</p>}
      {props.flags.length === 0 ? null : (
        <ul class="warning" aria-label={say(AGENT.toLookAt)}>
          {props.flags.map((flag) => (
            <li>{flag}</li>
          ))}
        </ul>
      )}
      <Facts facts={props.facts.map(([label, value]) => [label, <Foreign text={value} limit={200} />] as const)} />
      {props.offer === undefined ? null : (
        <p>
          <a class="small-link" href={props.offer}>
            {say(AGENT.offer)}
          </a>
        </p>
      )}
      <Section title={say(AGENT.clients)}>
        {props.clients.length === 0 ? (
          <p class="quiet">{say(AGENT.noClient)}</p>
        ) : (
          <Table
            label={say(AGENT.clients)}
            columns={[{ label: say(AGENT.name) }, { label: say(AGENT.client) }, { label: say(AGENT.provesBy) }, {}]}
            rows={props.clients.map(({ id, name, method, rotate }) => ({
              key: id,
              cells: [
                <Foreign text={name || say(AGENT.unnamed)} limit={60} />,
                <code>{id}</code>,
                method,
                rotate === undefined ? (
                  ''
                ) : (
                  <a class="small-link" href={rotate}>
                    {say(AGENT.rotateKey)}
                  </a>
                ),
              ],
            }))}
          />
        )}
      </Section>
    </Side>,
    props.frame,
  );
};

export interface AgentMayDo extends AgentHead {
  days: number;
  reached: readonly {
    action: string;
    system: string;
    level: 'low' | 'medium' | 'high' | 'critical';
    ways: readonly Said[];
    because: Said | undefined;
    used: Said | undefined;
    unused: boolean;
    /** Where taking it away begins. */
    remove: string | undefined;
  }[];
  /** What a narrowing takes away. */
  unused: readonly string[];
  /** Where taking those away begins. */
  removeUnused: string | undefined;
  reviewBy: Said;
  review: string | undefined;
}

/** A3 and A9: what it could reach, by which rule, what of it was used; and the three answers of a review. */
export const agentMayDoPage = (props: AgentMayDo): string => {
  const able = props.reached.filter(({ ways }) => ways.length > 0);
  const not = props.reached.filter(({ ways }) => ways.length === 0);
  const removable = able.some(({ remove }) => remove !== undefined);
  const { say, markup } = props.frame.speaker;
  return page(
    <Side {...props}>
      {able.length === 0 ? (
        <p class="quiet empty">{say(AGENT.reachesNothing)}</p>
      ) : (
        <Table
          label={say(AGENT.mayDo)}
          columns={[
            { label: say(AGENT.action) },
            { label: say(AGENT.system) },
            { label: say(AGENT.level) },
            { label: say(AGENT.byWhichRule) },
            { label: say(AGENT.usedIn, { days: props.days }) },
            ...(removable ? [{}] : []),
          ]}
          rows={able.map(({ action, system, level, ways, used, unused, remove }) => ({
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
                {ways.length > 3 ? <li class="quiet">{say(AGENT.andMore, { count: ways.length - 3 })}</li> : null}
              </ul>,
              used ?? (unused ? <span class="flags">{say(AGENT.notUsed)}</span> : say(AGENT.notYet)),
              ...(removable
                ? [
                    remove === undefined ? (
                      ''
                    ) : (
                      <a class="small-link" href={remove}>
                        {markup(AGENT.remove, { unseen: <span class="unseen"> {action}</span> })}
                      </a>
                    ),
                  ]
                : []),
            ],
          }))}
        />
      )}
      {not.length === 0 ? null : (
        <details>
          <summary>{say(AGENT.doesNotReach, { count: not.length })}</summary>
          <Table
            label={say(AGENT.notReached)}
            columns={[{ label: say(AGENT.action) }, { label: say(AGENT.system) }, { label: say(AGENT.whyNot) }]}
            rows={not.map(({ action, system, because }) => ({
              key: action,
              cells: [<code>{action}</code>, <Foreign text={system} limit={60} />, because ?? '–'],
            }))}
          />
        </details>
      )}
      {props.review === undefined ? null : (
        <Section title={say(AGENT.reviewDue, { time: props.reviewBy })}>
          {props.unused.length === 0 ? null : (
            <p class="quiet">{say(AGENT.narrowing, { actions: props.unused.join(', ') })}</p>
          )}
          <form class="actions" method="post" action={props.review}>
            <Csrf value={props.csrf} />
            <button type="submit" class="button" name="verdict" value="confirm">
              {say(AGENT.keep)}
            </button>
            {props.removeUnused === undefined ? null : (
              <a class="button" href={props.removeUnused}>
                {say(AGENT.removeUnused, { count: props.unused.length })}
              </a>
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
    lastAsked: Said;
    stop: string | undefined;
  }[];
}

/** A3: for whom it acts. */
export const agentPeoplePage = (props: AgentPeople): string => {
  const { say, markup, number } = props.frame.speaker;
  return page(
    <Side {...props}>
      {props.people.length === 0 ? (
        <p class="quiet empty">{say(AGENT.askedNobody)}</p>
      ) : (
        <Table
          label={say(AGENT.people)}
          columns={[
            { label: say(AGENT.person) },
            { label: say(AGENT.asked), number: true },
            { label: say(AGENT.allowed), number: true },
            { label: say(AGENT.denied), number: true },
            { label: say(AGENT.liveTasks), number: true },
            { label: say(AGENT.lastAsked) },
            {},
          ]}
          rows={props.people.map((person) => ({
            key: person.id,
            cells: [
              <>
                <Foreign text={person.name} limit={60} /> <span class="quiet">{visible(person.email, 80)}</span>{' '}
                {person.paused ? <Pill tone="bad">{say(AGENT.pausedByThem)}</Pill> : null}
              </>,
              number(person.asked),
              number(person.allowed),
              number(person.denied),
              number(person.live_tasks),
              person.lastAsked,
              person.stop === undefined ? (
                ''
              ) : (
                <a class="small-link" href={person.stop}>
                  {markup(AGENT.stopFor, {
                    unseen: (
                      <span class="unseen">{say(AGENT.stopForUnseen, { person: visible(person.name, 60) })}</span>
                    ),
                  })}
                </a>
              ),
            ],
          }))}
        />
      )}
    </Side>,
    props.frame,
  );
};

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
  const { say } = props.frame.speaker;
  return page(
    <Side {...props}>
      <EdgeTable title={say(AGENT.mayHandOn)} links={below} nothing={say(AGENT.handsNothing)} />
      <EdgeTable title={say(AGENT.mayGet)} links={above} nothing={say(AGENT.getsNothing)} />
    </Side>,
    props.frame,
  );
};

function EdgeTable({ title, links, nothing }: { title: Said; links: AgentEdges['links']; nothing: Said }) {
  const { say, number } = useSpeaker();
  return (
    <Section title={title}>
      {links.length === 0 ? (
        <p class="quiet">{nothing}</p>
      ) : (
        <Table
          label={title}
          columns={[
            { label: say(AGENT.from) },
            { label: say(AGENT.to) },
            { label: say(AGENT.actions) },
            { label: say(AGENT.depth), number: true },
          ]}
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
              number(depth),
            ],
          }))}
        />
      )}
    </Section>
  );
}

export interface AgentActivity extends AgentHead {
  /** All there is about it, for whoever sees the whole organization. */
  evidence: string | undefined;
  events: readonly { id: string; at: Said; what: Said; person: string; system: string; outcome: string }[];
}

/** A3: what it did lately, from the evidence. */
export const agentActivityPage = (props: AgentActivity): string => {
  const { say } = props.frame.speaker;
  return page(
    <Side {...props}>
      {props.events.length === 0 ? (
        <p class="quiet empty">{say(AGENT.nothingHappened)}</p>
      ) : (
        <Table
          label={say(AGENT.activity)}
          columns={[
            { label: say(AGENT.when) },
            { label: say(AGENT.what) },
            { label: say(AGENT.forWhom) },
            { label: say(AGENT.system) },
            { label: say(AGENT.outcome) },
          ]}
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
      {props.evidence === undefined ? null : (
        <div class="take">
          <a class="small-link" href={props.evidence}>
            {say(AGENT.allEvidence)}
          </a>
        </div>
      )}
    </Side>,
    props.frame,
  );
};

export interface AgentChanges extends AgentHead {
  changes: readonly { at: Said; what: Said; by: string; reason: string }[];
}

/** A3: every change of it, with who, when and why. */
export const agentChangesPage = (props: AgentChanges): string => {
  const { say } = props.frame.speaker;
  return page(
    <Side {...props}>
      {props.changes.length === 0 ? (
        <p class="quiet empty">{say(AGENT.nothingChanged)}</p>
      ) : (
        <Table
          label={say(AGENT.changes)}
          columns={[
            { label: say(AGENT.when) },
            { label: say(AGENT.what) },
            { label: say(AGENT.by) },
            { label: say(AGENT.why) },
          ]}
          rows={props.changes.map(({ at, what, by, reason }, index) => ({
            key: String(index),
            cells: [at, what, <Foreign text={by} limit={80} />, <Foreign text={reason || '–'} limit={200} />],
          }))}
        />
      )}
    </Side>,
    props.frame,
  );
};

export interface AgentMove extends AgentHead {
  move: 'activate' | 'resume' | 'retire';
  action: string;
  /** What is still missing to become active. */
  lacks?: readonly Said[] | undefined;
  /** What came back, with what is wrong with it. */
  typed?: ReadonlyMap<string, string> | undefined;
  problems: readonly { field?: string | undefined; text: Said }[];
}

const MOVE_WORDS = {
  activate: [MOVE.activate, MOVE.activateAgent, MOVE.activateMeans],
  resume: [MOVE.resume, MOVE.resumeAgent, MOVE.resumeMeans],
  retire: [MOVE.retire, MOVE.retireAgent, MOVE.retireMeans],
} as const;

/** A step that is slow and typed (D12). */
export const agentMovePage = ({ move, action, lacks = [], typed, problems, ...head }: AgentMove): string => {
  const [verb, heading, effect] = MOVE_WORDS[move];
  const { say, markup } = head.frame.speaker;
  const name = visible(head.name, 80);
  return page(
    <AdminLayout
      frame={head.frame}
      title={say(heading, { agent: name })}
      error={problems.length > 0}
      narrow
      above={[
        { href: '/admin/agents', label: say(PARTS.agents) },
        { href: action.replace(/\/[a-z]+$/, ''), label: head.name },
      ]}
    >
      <h1>{markup(heading, { agent: <bdi>{name}</bdi> })}</h1>
      <p class="lead">{say(effect)}</p>
      {lacks.length === 0 ? null : <p class="warning">{say(AGENT.lacks, { lacks: lacks.join(', ') })}</p>}
      <AdminForm
        action={action}
        csrf={head.csrf}
        problems={problems}
        submit={say(verb)}
        danger={move === 'retire'}
        cancel={action.replace(/\/[a-z]+$/, '')}
      >
        <TextInput
          name="confirmation"
          label={say(AGENT.type, { agent: name })}
          verbatim
          maxLength={200}
          value={typed?.get('confirmation')}
          invalid={problems.length > 0}
        />
        <TextInput name="reason" label={say(AGENT.why)} maxLength={200} value={typed?.get('reason')} />
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
    <AdminLayout
      frame={frame}
      title={name}
      above={[{ href: '/admin/agents', label: say(PARTS.agents) }]}
      notice={notice}
    >
      <Detail
        title={name}
        state={<Pill tone={TONES[status]}>{say(STATUS[status])}</Pill>}
        lead={purpose === undefined ? undefined : <Foreign text={purpose} />}
        tabs={tabs}
        actions={
          <>
            {pause === undefined ? null : (
              <details class="here">
                <summary class="button small">{say(AGENT.pause)}</summary>
                <form class="here-form" method="post" action={pause}>
                  <Csrf value={csrf} />
                  <label class="label" for="reason">
                    {say(INVENTORY.why)}
                  </label>
                  <input class="input" id="reason" name="reason" maxLength={200} required autocomplete="off" />
                  <button type="submit" class="button danger">
                    {say(INVENTORY.pauseNow)}
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
