import type { Refusal } from '../../oauth/refusal.ts';
import { CUT_RULES } from '../slice.ts';
import type { Way } from '../ways.ts';
import type { Rule } from './rule.ts';

const elsewhere = (resource: string | undefined): Refusal => ({
  reason: 'resource_unknown',
  resource: resource ?? '',
});

/** The ways in which what is given is cut from what is presented. */
const CUTTING: readonly Way[] = ['continue', 'hand_off', 'appoint', 'take_up'];

/** Where what is given is good, and how much it is. */
export const NARROWING_RULES: readonly Rule[] = [
  {
    id: 'R24',
    says: 'One audience is asked, or only one is possible: there is no token for everywhere (TX-06, TX-07).',
    broken: ({ audience }) => (audience === undefined ? { reason: 'resource_ambiguous' } : undefined),
  },
  {
    id: 'R25',
    says: 'Nobody who holds a token cuts a new root from it: a leaf stays with its resource.',
    ways: ['continue', 'hand_off', 'appoint'],
    broken: ({ way, audience }, { subject, issuer }) => {
      const isLeaf = subject.resource !== issuer;
      const toRoot = audience === issuer && way !== 'hand_off';
      return toRoot || (isLeaf && audience !== subject.resource) ? elsewhere(audience) : undefined;
    },
  },
  {
    id: 'R26',
    says: 'Further means another resource, and every action that is asked there is of that resource.',
    ways: ['go_further'],
    broken: ({ audience, cut }, { subject }) =>
      audience === subject.resource || cut.actions.some(({ resource }) => resource !== audience)
        ? elsewhere(audience)
        : undefined,
  },
  ...CUT_RULES.filter(({ id }) => id !== 'R29').map((rule) => ({
    ...rule,
    ways: CUTTING,
    broken: ({ cut }: { cut: Parameters<typeof rule.broken>[0] }) => rule.broken(cut),
  })),
  {
    id: 'R29',
    says: 'An action is given only within one presented action, or where one leads to it (TX-09).',
    broken: ({
      cut: {
        beyond: [first],
      },
    }) => first && { reason: 'details_wider', ...first },
  },
  {
    id: 'R31',
    says: 'Who asks for nothing further gets nothing.',
    ways: ['go_further'],
    broken: ({ cut }) => (cut.actions.length === 0 ? { reason: 'nothing_asked' } : undefined),
  },
];
