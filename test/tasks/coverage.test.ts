import { expect, test } from '@jest/globals';
import { compileCatalogue, parseCatalogue, type ResourceDocument } from '../../server/catalogue/catalogue.ts';
import { covers } from '../../server/tasks/coverage.ts';
import type { RequestedAction } from '../../server/tasks/request.ts';
import { catalogue, yaml } from '../catalogue/demonstration.ts';

const read = (parameters: Record<string, unknown>, rest: Partial<RequestedAction> = {}): RequestedAction => ({
  action: 'calendar.events.read',
  version: 1,
  resource: 'https://calendar.acme.example',
  parameters,
  ...rest,
});
const send: RequestedAction = {
  action: 'calendar.invitations.send',
  version: 1,
  resource: 'https://calendar.acme.example',
  parameters: { title: 'Q1', start: '2026-11-26T10:00:00Z', guests: ['a@acme.example'] },
};
const week = read({ from: '2026-11-24', to: '2026-11-28' });
const team = read({ calendar: 'Team' });
const scope = read({}, { viaScope: 'calendar.read' });

const covered: [because: string, granted: RequestedAction[], requested: RequestedAction[]][] = [
  ['it is the same', [week], [week]],
  ['it is a part', [week], [read({ from: '2026-11-25', to: '2026-11-25' })]],
  [
    'two parts lie in one',
    [week],
    [read({ from: '2026-11-24', to: '2026-11-24' }), read({ from: '2026-11-28', to: '2026-11-28' })],
  ],
  ['one of several holds it', [team, week, send], [week]],
  ['each lies in one of several', [send, week], [week, send]],
  ['nothing is asked', [], []],
  ['a scope was granted as a scope', [scope], [scope]],
];

test.each(covered)('a task covers a request when %s (RAR-20)', (_, granted, requested) => {
  expect(covers(catalogue, granted, requested)).toBeUndefined();
});

const type = 'calendar.events.read';
const uncovered: [because: string, granted: RequestedAction[], requested: RequestedAction[], refusal: object][] = [
  ['nothing was granted', [], [week], { reason: 'details_wider', type, detail: 'was not approved' }],
  ['another action was granted', [send], [week], { reason: 'details_wider', type, detail: 'was not approved' }],
  [
    'one of two is outside',
    [week],
    [week, send],
    { reason: 'details_wider', type: send.action, detail: 'was not approved' },
  ],
  ['it leaves out the limit', [week], [read({})], { reason: 'details_wider', type, detail: 'from is missing' }],
  [
    'each grant holds another part of it',
    [read({ from: '2026-11-24', to: '2026-11-28', calendar: 'Board' }), team],
    [week],
    { reason: 'details_wider', type, detail: 'calendar is missing' },
  ],
  [
    'two weeks were granted and it spans both',
    [week, read({ from: '2026-11-29', to: '2026-12-05' })],
    [read({ from: '2026-11-28', to: '2026-11-29' })],
    { reason: 'details_wider', type, detail: 'to is not within what was approved' },
  ],
  [
    'it is for another resource',
    [week],
    [{ ...week, resource: 'https://crm.acme.example' }],
    { reason: 'details_wider', type, detail: 'was not approved' },
  ],
  [
    'the catalogue says it otherwise now',
    [week],
    [{ ...week, version: 2 }],
    { reason: 'details_wider', type, detail: 'version 2 was not approved' },
  ],
  [
    'its version is gone',
    [{ ...week, version: 9 }],
    [{ ...week, version: 9 }],
    { reason: 'details_wider', type, detail: 'version 9 is unknown' },
  ],
  [
    'it is asked as a scope and was granted with limits',
    [week],
    [scope],
    { reason: 'scope_wider', scope: 'calendar.read' },
  ],
  [
    'it was granted as a scope and is asked with details',
    [scope],
    [week],
    { reason: 'details_wider', type, detail: 'was not approved' },
  ],
];

test.each(uncovered)(
  'a task does not cover a request when %s (RAR-03, RAR-20, RAR-21)',
  (_, granted, requested, refusal) => {
    expect(covers(catalogue, granted, requested)).toEqual(refusal);
  },
);

test('what was approved under an older version is used under its rules', () => {
  const [calendar, ...others] = parseCatalogue(yaml) as [ResourceDocument, ...ResourceDocument[]];
  const [first, ...rest] = calendar.actions as [ResourceDocument['actions'][0], ...ResourceDocument['actions']];
  // In version 2 a calendar is no limit any more.
  const { calendar: _, ...compare } = first.compare ?? {};
  const second = { ...first, version: 2, compare, narrowable: ['from', 'to'] };
  const both = compileCatalogue([{ ...calendar, actions: [first, second, ...rest] }, ...others]);

  expect(covers(both, [read({})], [team])).toBeUndefined();
  expect(covers(both, [read({}, { version: 2 })], [read({ calendar: 'Team' }, { version: 2 })])).toEqual({
    reason: 'details_wider',
    type,
    detail: 'calendar was not approved',
  });
});
