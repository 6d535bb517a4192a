import { ACCESS_TOKEN_SECONDS } from '../../tasks/task.ts';
import { type Limit, NEVER, seconds } from './rule.ts';

/** A hand-off waits for its child this long. */
export const HANDOFF_SECONDS = 60;

/** How long what is given lives: as long as the strictest of these allows. */
export const LIMITS: readonly Limit[] = [
  {
    id: 'L1',
    says: 'Never longer than what it was cut from (TX-10).',
    until: ({ subject }) => subject.expiresAt,
  },
  {
    id: 'L2',
    says: 'Five minutes.',
    until: ({ now }) => seconds(now, ACCESS_TOKEN_SECONDS),
  },
  {
    id: 'L3',
    says: 'A hand-off: one minute.',
    ways: ['hand_off'],
    until: ({ now }) => seconds(now, HANDOFF_SECONDS),
  },
  {
    id: 'L4',
    says: 'Never longer than the actor token that it rests on (TX-10).',
    until: ({ actor }) => actor?.expiresAt ?? NEVER,
  },
];
