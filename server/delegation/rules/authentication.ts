import type { Catalogue } from '../../catalogue/catalogue.ts';
import type { Refusal } from '../../oauth/refusal.ts';
import type { Authentication } from '../../tasks/task.ts';
import { isAsStrong } from '../../tasks/task.ts';
import type { Rule } from './rule.ts';

/** What an action asks of how the person signed in (RFC 9470). */
export const AUTHENTICATION_RULES: readonly Rule[] = [
  {
    id: 'R37',
    says: 'The person signed in as strongly and as lately as every action asks (RFC 9470, SU-06).',
    broken: ({ cut }, { subject, catalogue, now }) => tooWeak(cut.actions, subject.authentication, catalogue, now),
  },
];

/** Why this sign-in is not enough for these actions, if it is not. */
export function tooWeak(
  actions: readonly { action: string; version: number }[],
  { acr: actual, auth_time: at = 0 }: Authentication,
  catalogue: Catalogue,
  now: Date,
): Refusal | undefined {
  for (const { action, version } of actions) {
    const { acr, maxAge } = catalogue.version(action, version)?.authentication ?? {};
    const weak = acr !== undefined && !isAsStrong(actual, acr);
    const old = now.getTime() / 1000 - at > (maxAge ?? Number.POSITIVE_INFINITY);
    if (weak || old) return { reason: 'authentication_insufficient', acr, maxAge };
  }
  return undefined;
}
