import { IMPACTS } from '../../catalogue/action.ts';
import type { Binding } from '../../oauth/binding.ts';
import type { Refusal } from '../../oauth/refusal.ts';
import type { Rule } from './rule.ts';

const MISMATCH: Refusal = { reason: 'key_mismatch' };

/** A bound token is worth something only together with its key; an unbound one can only gain a key. */
export const KEY_RULES: readonly Rule[] = [
  {
    id: 'R9',
    says: 'A bound token is presented with its key, and what comes of it is bound to the same (TX-05, AP-06).',
    ways: ['continue'],
    broken: ({ boundTo }, { subject }) =>
      subject.boundTo === null || subject.boundTo === boundTo ? undefined : MISMATCH,
  },
  {
    id: 'R10',
    says: 'Whoever hands on proves the key of what they hand on (TX-05).',
    ways: ['hand_off', 'appoint'],
    broken: (_, { subject, boundTo }) =>
      subject.boundTo === null || subject.boundTo === boundTo ? undefined : MISMATCH,
  },
  {
    id: 'R11',
    says: 'A hand-off is taken up with the key it is bound to: by authenticating with it, or by proving it.',
    ways: ['take_up'],
    broken: (_, { subject, boundTo, registeredKeys }) => {
      const shown: readonly (Binding | null | undefined)[] = [boundTo, ...registeredKeys];
      return shown.includes(subject.boundTo) ? undefined : MISMATCH;
    },
  },
  {
    id: 'R12',
    says: 'What was bound stays bound: to a key that is proven here (TX-05).',
    ways: ['take_up', 'go_further'],
    broken: ({ boundTo }, { subject }) => (subject.boundTo === null || boundTo !== undefined ? undefined : MISMATCH),
  },
  {
    id: 'R14',
    says: 'High and critical impact is bound to a key, always.',
    broken: ({ boundTo, cut }) =>
      boundTo === undefined && cut.actions.some(({ impact }) => IMPACTS.indexOf(impact) >= IMPACTS.indexOf('high'))
        ? MISMATCH
        : undefined,
  },
];
