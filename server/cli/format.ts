import type { Named } from '../admin/admin.ts';
import type { ChainToken, ReadableEvent, TaskChain } from '../admin/evidence.ts';
import type { EventType } from '../evidence/evidence.ts';

/** What JSON makes of a type: instants are texts. */
export type Json<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? Json<Item>[]
    : T extends object
      ? { [K in keyof T]: Json<T[K]> }
      : T;

export interface FormatOptions {
  /** Escape sequences; false where NO_COLOR is set or nobody watches. */
  color?: boolean;
  /** An IANA name; UTC where none is given. */
  timeZone?: string;
  /** Columns of the terminal. */
  width?: number;
}

/** The story of one task as `GET /admin/api/evidence/chain/:task` tells it: a line per event, oldest first. */
export function formatChain(chain: Json<TaskChain>, options: FormatOptions = {}): string {
  const { task, tokens, events } = chain;
  const { bold, dim, mark } = inks(options);
  const labels = new Map(tokens.map(({ jti }, index) => [jti, `T${index + 1}`]));
  const said = new Set(task.actions.map(spell));
  const lines = events.map((event) => [
    clockOf(event.at, options),
    whoIn(event),
    tell(event, { tokens, labels, said, options }),
    event.decision,
    event.outcome ?? plainReason(event) ?? '',
  ]);
  const state = task.over === null ? `alive until ${clockOf(task.expires_at, options)}` : `over: ${words(task.over)}`;
  const head = [
    `${bold(printable(`${task.agent?.name ?? 'Sign-in'} for ${task.person.name ?? task.person.id}`))}: ${printable(task.sentence)}`,
    dim(
      printable(
        `${task.id}  ${chain.organization.name}  ${dayOf(task.approved_at, options)}  impact ${task.impact}  ${state}`,
      ),
    ),
    ...task.actions.map(({ action, parameters, uses, max_uses: maxUses }) =>
      dim(printable(`  ${spell({ action, parameters })}${maxUses === null ? '' : `  used ${uses} of ${maxUses}`}`)),
    ),
  ];
  const lineage = tokens.map((token) => {
    const from =
      token.parent === null ? 'from the approval' : `from ${labels.get(token.parent) ?? 'a token that is gone'}`;
    const chained = [...[...token.acting].reverse(), ...(token.handed_to ? [token.handed_to] : [])]
      .map(nameOf)
      .join(' → ');
    const used = token.kind === 'handoff' && tokens.some(({ parent }) => parent === token.jti);
    const state = used
      ? 'used'
      : token.over === null
        ? `lives until ${clockOf(token.expires_at, options)}`
        : words(token.over);
    const place = token.kind === 'leaf' || token.kind === 'own' ? `at ${placeOf(token.resource)}` : KINDS[token.kind];
    return printable(`  ${labels.get(token.jti)}  ${from}: ${chained || nameOf(token.agent)}, ${place}, ${state}`);
  });
  return [
    ...head,
    '',
    ...table(['TIME', 'WHO', 'WHAT', 'DECISION', 'REASON, OUTCOME'], lines, {
      ...options,
      ink: (row, text) => (events[row] ? mark(events[row].decision, text) : text),
    }),
    ...(lineage.length > 0 ? ['', bold('Tokens'), ...lineage] : []),
    '',
  ].join('\n');
}

/** Events as a list, a line each. */
export function formatEvents(events: readonly Json<ReadableEvent>[], options: FormatOptions = {}): string {
  const { mark } = inks(options);
  const several = new Set(events.map(({ organization }) => organization)).size > 1;
  const rows = events.map((event) => [
    clockOf(event.at, options, true),
    ...(several ? [event.organization] : []),
    whoIn(event),
    tell(event, { tokens: [], labels: new Map(), said: new Set(), options }),
    event.decision,
    event.outcome ?? plainReason(event) ?? '',
    event.task ?? '',
  ]);
  const titles = ['TIME', ...(several ? ['ORGANIZATION'] : []), 'WHO', 'WHAT', 'DECISION', 'REASON, OUTCOME', 'TASK'];
  return `${table(titles, rows, { ...options, ink: (row, text) => (events[row] ? mark(events[row].decision, text) : text) }).join('\n')}\n`;
}

/** Columns as wide as their content; the last one is not padded. */
export function table(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  { color = false, ink = (_row, text) => text }: FormatOptions & { ink?: (row: number, text: string) => string } = {},
): string[] {
  const clean = rows.map((row) => row.map(printable));
  const widths = titles.map((title, column) => Math.max(width(title), ...clean.map((row) => width(row[column] ?? ''))));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === cells.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - width(cell)),
      )
      .join('  ')
      .trimEnd();
  return [inks({ color }).dim(line(titles)), ...clean.map((row, index) => ink(index, line(row)))];
}

/** Who did it: an administrator, the resource's server, the agent or the person. */
function whoIn({ type, by, person, agent, application, resource }: Json<ReadableEvent>): string {
  if (type === 'task.approved' || type === 'task.denied' || type === 'approval.given') return nameOf(person);
  if (type === 'approval.asked' || type === 'approval.refused') return nameOf(person);
  if (type === 'approval.escalated') return 'time';
  if (type.startsWith('redemption.') || type === 'outcome.reported') return nameOf(resource ?? application);
  if (type.startsWith('authority.') || type.startsWith('admin.') || type === 'agent.changed')
    return nameOf(by ?? person);
  return nameOf(agent ?? person ?? application ?? by);
}

/** What stands around an event that is told: in a chain, what was said once need not be said again. */
interface Around {
  tokens: readonly Json<ChainToken>[];
  labels: ReadonlyMap<string, string>;
  /** Actions whose parameters stand in the head of the story. */
  said: ReadonlySet<string>;
  options: FormatOptions;
}

/** What happened, in one clause. */
function tell(event: Json<ReadableEvent>, { tokens, labels, said, options }: Around): string {
  const { type, content, reason, person, agent, resource, jti } = event;
  const token = tokens.find((one) => one.jti === jti);
  const label = jti === null ? undefined : labels.get(jti);
  switch (type) {
    case 'request.received':
      return `asked ${nameOf(person)} for ${actionsIn(requested(content), said)}`;
    case 'request.refused':
      return `asked at ${String(content.endpoint ?? 'the server')}`;
    case 'task.covered':
      return `asked for ${actionsIn(requested(content), said)}, covered by this task`;
    case 'task.approved':
      return `allowed ${nameOf(agent)} ${actionsIn(granted(content), said)}${durationIn(content, options)}${orderIn(content)}`;
    case 'task.denied':
      return `denied ${nameOf(agent)}${orderIn(content)}`;
    case 'approval.given':
      return `approved it${orderIn(content)}`;
    case 'approval.asked':
      return `asked ${groupIn(content) ?? 'others'} for approval`;
    case 'approval.escalated': {
      const asked = Array.isArray(content.asked)
        ? content.asked.map((id) => event.names[String(id)] ?? String(id))
        : [];
      return `ran out: ${asked.join(', ') || 'nobody'} may decide as well`;
    }
    case 'token.issued': {
      const parent = typeof content.parent === 'string' ? ` from ${labels.get(content.parent) ?? 'a token'}` : '';
      const child =
        typeof content.handed_to === 'string' ? (event.names[content.handed_to] ?? content.handed_to) : 'another agent';
      const what = content.kind === 'handoff' ? `lets ${child} act, by` : 'got';
      const at =
        content.kind === 'handoff' ? '' : content.kind === 'root' ? ' for exchange' : ` at ${placeOf(resource)}`;
      const actions =
        actionsIn(Array.isArray(content.actions) ? content.actions : [], said) || scopesIn(content.scopes);
      return `${what} ${label ?? 'a token'}${parent}${at}${actions && `: ${actions}`}${actingIn(token, event)}`;
    }
    case 'token.refused':
      return `was refused a token${typeof content.endpoint === 'string' && content.endpoint !== '/token' ? ` at ${content.endpoint}` : ''}`;
    case 'token.alarm':
      return 'presented a token that was never issued here';
    case 'redemption.reserved':
      return `accepted ${actionsIn([content], said)}${label ? ` with ${label}` : ''}`;
    case 'redemption.refused':
    case 'redemption.alarm':
      return `did not accept ${actionsIn([content], said)}${label ? ` with ${label}` : ''}`;
    case 'redemption.closed':
      return `did ${String(content.action)}${referenceIn(content)}`;
    case 'outcome.reported':
      return `${reason === 'refused' ? 'refused' : 'did'} ${String(content.action)}${referenceIn(content)}`;
    case 'authority.stopped':
      return `stopped ${objectOf(event)}`;
    case 'authority.resumed':
      return `resumed ${objectOf(event)}`;
    case 'agent.registered':
      return 'was registered';
    case 'agent.changed':
      return `changed ${nameOf(agent)}: ${words(reason ?? '')} ${inline(content, event.names)}`;
    case 'person.signed_in':
      return 'signed in';
    case 'person.signed_out':
      return 'signed out';
    case 'person.enrolled':
      return 'chose a password';
    case 'admin.acted':
      return `${words(reason ?? '')} ${inline(content, event.names)}`;
    default:
      return type in PLAIN ? PLAIN[type as keyof typeof PLAIN] : type;
  }
}

/** What needs no more than its name to be understood. */
const PLAIN = {
  'approval.refused': 'said yes, which was not taken',
  'proof.refused': 'did not prove who they are',
  'token.explained': 'asked what an exchange would give',
  'person.sign_in_refused': 'could not sign in',
  'person.alarm': 'raised an alarm',
  'person.roles_changed': 'has other roles now',
  'delivery.sent': 'was told of the answer',
  'delivery.failed': 'could not be told of the answer',
  'delivery.escalated': 'asked, and the deputy was told',
  'push.suppressed': 'asked, and nobody was called for it',
  'agent.introduced': 'may call this person’s devices',
  'passkey.added': 'added a passkey',
  'passkey.renamed': 'renamed a passkey',
  'passkey.removed': 'removed a passkey',
  'passkey.recovery_asked': 'asked to end the passkeys of somebody who lost them',
  'passkey.recovered': 'ended the passkeys of somebody who lost them',
  'passkey.recovery_ended': 'ended a recovery before it happened',
  'passkey.recovery_codes_made': 'made recovery codes',
} satisfies Partial<Record<EventType, string>>;

function objectOf({ reason, agent, person, task, resource, application, content }: Json<ReadableEvent>): string {
  switch (reason) {
    case 'agent':
      return nameOf(agent);
    case 'person':
      return `every agent of ${nameOf(person)}`;
    case 'pair':
    case 'person_and_agent':
      return `${nameOf(agent)} for ${nameOf(person)}`;
    case 'all_agents_of_person':
      return 'all their agents';
    case 'task':
      return `task ${task ?? ''}`.trim();
    case 'read_since':
      return `what ${nameOf(agent)} could carry out, because it may read more now`;
    case 'resource':
      return `everything at ${nameOf(resource)}`;
    case 'client':
      return nameOf(application);
    case 'organization':
      return 'the whole organization';
    default:
      return `${reason ?? 'something'} ${typeof content.subject === 'string' ? content.subject : ''}`.trim();
  }
}

/** A stop's own words say more than its kind; a kind of asking or granting says nothing beyond the clause. */
function plainReason({ type, reason, decision, content }: Json<ReadableEvent>): string | undefined {
  if (type.startsWith('authority.')) return typeof content.reason === 'string' ? content.reason : undefined;
  if (decision !== 'refused') return undefined;
  return reason === null ? undefined : words(reason);
}

const requested = (content: Json<ReadableEvent>['content']): unknown[] => membersOf(content.request, 'actions');
const granted = (content: Json<ReadableEvent>['content']): unknown[] => membersOf(content.decision, 'granted');
const membersOf = (value: unknown, name: string): unknown[] => {
  const members = (value as Record<string, unknown> | undefined)?.[name];
  return Array.isArray(members) ? members : [];
};

/** "(2 of 3, passkey, as one of Privacy by the policy Exports, version 4)", where it was not the person alone. */
function orderIn(content: Json<ReadableEvent>['content']): string {
  const { order, of, part, proof } = content;
  const { rule, version } = (content.deciders ?? {}) as { rule?: string; version?: number };
  if (part === undefined || (rule === undefined && Number(of) < 2)) return '';
  const method = (proof as { method?: string } | undefined)?.method;
  const parts: Readonly<Record<string, string>> = {
    person: 'for whom it is',
    approver: 'second person',
    group: `as one of ${groupIn(content) ?? 'a group'}`,
    escalation: 'because nobody decided in time',
  };
  const said = [
    order === undefined ? undefined : `${order} of ${of}`,
    method,
    parts[String(part)],
    rule === undefined ? undefined : `by the policy ${rule}, version ${version}`,
  ];
  return ` (${said.filter((one) => one !== undefined).join(', ')})`;
}

const groupIn = (content: Json<ReadableEvent>['content']): string | undefined =>
  (content.deciders as { group?: { name?: string } } | undefined)?.group?.name;

/** Actions by their keys; with parameters in a story, where they are not what the head says already. */
const actionsIn = (actions: readonly unknown[], said: ReadonlySet<string>): string =>
  actions
    .map((one) => {
      const { action, parameters } = one as { action: string; parameters?: unknown };
      return said.size === 0 || said.has(spell({ action, parameters })) ? action : spell({ action, parameters });
    })
    .join(', ');

const spell = ({ action, parameters }: { action: string; parameters?: unknown }): string =>
  `${action} ${inline(parameters)}`.trim();

const scopesIn = (scopes: unknown): string => (Array.isArray(scopes) ? scopes.join(' ') : '');

function durationIn({ decision }: Json<ReadableEvent>['content'], options: FormatOptions): string {
  const { duration, expires_at: until } = (decision ?? {}) as { duration?: string; expires_at?: string };
  if (duration === undefined || until === undefined) return '';
  return duration === 'once' ? `, once, before ${clockOf(until, options)}` : ` until ${clockOf(until, options)}`;
}

function actingIn(token: Json<ChainToken> | undefined, { acting }: Json<ReadableEvent>): string {
  const chain = token?.acting ?? acting ?? [];
  return chain.length > 1 ? `, acting through ${chain.slice(1).map(nameOf).join(', ')}` : '';
}

const referenceIn = ({ reference, affected }: Json<ReadableEvent>['content']): string =>
  [
    typeof reference === 'string' ? `, reference ${reference}` : '',
    typeof affected === 'number' ? `, ${affected} affected` : '',
  ].join('');

const nameOf = (named: Json<Named> | null | undefined): string =>
  named?.name ?? named?.email ?? named?.id ?? 'Countersign';
const placeOf = (resource: Json<Named> | null): string =>
  resource?.name ??
  (resource && URL.canParse(resource.id) ? new URL(resource.id).host : (resource?.id ?? 'the server'));
const KINDS = {
  root: 'for exchange',
  handoff: 'to be used once by that agent',
  assertion: 'for another authorization server',
} as const;
const words = (code: string): string => code.replaceAll('_', ' ').replaceAll('.', ' ');

/** `from 2026-11-24, to 2026-11-28`: members in one order, whatever order the database keeps, and values short. */
function inline(value: unknown, names: Readonly<Record<string, string>> = {}): string {
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .filter(
      ([name, member]) => name !== 'through' && member !== null && member !== undefined && short(member, names) !== '',
    )
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${words(name)} ${short(member, names)}`)
    .join(', ');
}

function short(value: unknown, names: Readonly<Record<string, string>>): string {
  if (Array.isArray(value)) return value.map((item) => short(item, names)).join(' + ');
  if (typeof value === 'object' && value !== null) {
    const { currency, value: amount } = value as { currency?: unknown; value?: unknown };
    return typeof currency === 'string' && typeof amount === 'string' ? `${currency} ${amount}` : JSON.stringify(value);
  }
  const text = names[String(value)] ?? String(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

const dayOf = (at: string, options: FormatOptions): string => clockOf(at, options, true).slice(0, 10);

function clockOf(at: string, { timeZone = 'UTC' }: FormatOptions, withDay = false): string {
  const [day, time] = new Date(at).toLocaleString('sv-SE', { timeZone }).split(' ');
  return withDay ? `${day} ${time}` : (time ?? at);
}

// A name or a parameter is somebody else's text: escape sequences in it would repaint the terminal of whoever reads it.
const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '�');
const width = (text: string): number => [...text].length;

function inks({ color = false }: FormatOptions) {
  const ink = (code: number) => (text: string) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    bold: ink(1),
    dim: ink(2),
    mark: (decision: string, text: string) => (decision === 'refused' ? ink(31)(text) : text),
  };
}
