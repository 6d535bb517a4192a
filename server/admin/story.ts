import type { Named } from './admin.ts';
import type { ChainToken, ReadableEvent, TaskChain } from './evidence.ts';

/**
 * One task from question to outcome, in the seven parts that an auditor asks for: who asked, which agent, what the person
 * was shown, what they decided, what was issued, where it was used and what came of it. A part that is missing is
 * `undefined` or empty, so that a page shows the gap instead of hiding it.
 */
export interface Story {
  asked: { at: Date; person: Named | null; application: Named | null; how: string | null } | undefined;
  agent: {
    agent: Named | null;
    actions: readonly { action: string; version: string | undefined }[];
    key: string | undefined;
  };
  shown: { at: Date; language: string; template: string; hash: string | null } | undefined;
  decided:
    | {
        at: Date;
        person: Named | null;
        duration: string | undefined;
        until: Date;
        seconds: number | undefined;
        acr: string | undefined;
        method: string | undefined;
        policy: string | undefined;
        /** Everybody who signed, where it took several. */
        signed: readonly { at: Date; person: Named | null; method: string | undefined }[];
      }
    | undefined;
  issued: readonly ChainToken[];
  used: readonly { at: Date; action: string; agent: Named | null; resource: Named | null }[];
  outcomes: readonly {
    at: Date;
    action: string;
    outcome: string;
    resource: Named | null;
    reference: string | undefined;
    affected: number | undefined;
  }[];
  /** Systems that got a token and told no outcome. */
  silent: readonly Named[];
  /** What was refused or stopped on the way. */
  beside: readonly ReadableEvent[];
}

/** @param events oldest first */
export function storyOf({ task, tokens, events }: Pick<TaskChain, 'task' | 'tokens' | 'events'>): Story {
  const request = events.find(({ type }) => type === 'request.received' || type === 'task.covered');
  const approved = events.find(({ type, task: of }) => type === 'task.approved' && of === task.id);
  const issued = events.find(({ type }) => type === 'token.issued');
  const outcomes = events.filter(({ outcome, type }) => outcome !== null && REPORTS.has(type));
  const told = new Set(outcomes.map(({ resource }) => resource?.id));
  const reached = tokens.filter(({ kind }) => kind === 'leaf' || kind === 'own').map(({ resource }) => resource);
  const requested = members(request?.content.request, 'actions');
  const decision = record(approved?.content.decision);
  const shown = record(approved?.content.shown);

  return {
    asked: request && {
      at: request.at,
      person: request.person,
      application: request.application,
      how: request.reason,
    },
    agent: {
      agent: task.agent,
      actions: (requested.length > 0 ? requested : task.actions.map(({ action }) => ({ action }))).map((one) => ({
        action: String(record(one).action),
        version: text(record(one).version),
      })),
      key: text(issued?.content.bound_to),
    },
    shown:
      text(shown.at) === undefined
        ? undefined
        : {
            at: new Date(String(shown.at)),
            language: String(shown.language),
            template: String(shown.template),
            hash: task.screen_hash,
          },
    decided: approved && {
      at: approved.at,
      person: approved.person,
      duration: text(decision.duration),
      until: task.expires_at,
      seconds: typeof approved.content.seconds_to_decide === 'number' ? approved.content.seconds_to_decide : undefined,
      acr: text(approved.content.acr),
      method: methodOf(approved),
      policy: policyOf(approved),
      signed: events
        .filter(({ type }) => type === 'approval.given')
        .map((given) => ({ at: given.at, person: given.by ?? given.person, method: methodOf(given) })),
    },
    issued: tokens,
    used: events
      .filter(
        ({ type, reason }) => type === 'redemption.reserved' || (type === 'outcome.reported' && reason === 'accepted'),
      )
      .map((event) => ({ at: event.at, action: actionOf(event), agent: event.agent, resource: event.resource })),
    outcomes: outcomes.map((event) => ({
      at: event.at,
      action: actionOf(event),
      outcome: String(event.outcome),
      resource: event.resource,
      reference: text(event.content.reference),
      affected: typeof event.content.affected === 'number' ? event.content.affected : undefined,
    })),
    silent: reached.filter(({ id }, index) => !told.has(id) && reached.findIndex((one) => one.id === id) === index),
    beside: events.filter(
      ({ type, decision: verdict, reason }) =>
        verdict === 'refused' || type.startsWith('authority.') || (type === 'outcome.reported' && reason === 'refused'),
    ),
  };
}

const REPORTS: ReadonlySet<string> = new Set(['redemption.closed', 'outcome.reported']);

const actionOf = ({ content }: ReadableEvent): string => String(content.action ?? '');
const methodOf = ({ content }: ReadableEvent): string | undefined => text(record(content.proof).method);

/** By name, where a policy and nobody decided. */
const policyOf = ({ reason, content }: ReadableEvent): string | undefined =>
  reason === 'policy' ? text(content.name ?? content.policy) : undefined;

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const members = (value: unknown, name: string): readonly unknown[] => {
  const found = record(value)[name];
  return Array.isArray(found) ? found : [];
};
const text = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
