import { expect, test } from '@jest/globals';
import { type Refusal, toWire } from '../../server/oauth/refusal.ts';

const type = 'payments.refund.create';
const wire: [Refusal, string, string | RegExp][] = [
  [{ reason: 'details_malformed', detail: 'not valid JSON' }, 'invalid_authorization_details', 'not valid JSON'],
  [{ reason: 'details_too_large' }, 'invalid_authorization_details', /5 objects/],
  [{ reason: 'type_unknown', type }, 'invalid_authorization_details', `unknown type '${type}'`],
  [{ reason: 'type_not_allowed', type }, 'invalid_authorization_details', /not allowed for this client/],
  [
    { reason: 'parameters_invalid', type, detail: 'misses payee' },
    'invalid_authorization_details',
    `${type}: misses payee`,
  ],
  [
    { reason: 'text_refused', field: 'payee', detail: 'a control character' },
    'invalid_authorization_details',
    /^payee: a control/,
  ],
  [
    { reason: 'impact_needs_key', impact: 'high', type },
    'invalid_authorization_details',
    /high impact is given only to a client with a key/,
  ],
  [
    { reason: 'impact_needs_redemption', impact: 'high', type },
    'invalid_authorization_details',
    /only for a resource that redeems/,
  ],
  [
    { reason: 'details_wider', type, detail: 'amount is missing' },
    'invalid_authorization_details',
    `${type}: amount is missing`,
  ],
  [{ reason: 'scope_unknown', scope: 'mail.read' }, 'invalid_scope', 'requested scope is unknown'],
  [{ reason: 'scope_wider', scope: 'calendar.read' }, 'invalid_scope', /wider/],
  [{ reason: 'resource_unknown', resource: 'https://x.example' }, 'invalid_target', /x\.example/],
  [{ reason: 'resource_ambiguous' }, 'invalid_target', /more than one/],
  [{ reason: 'person_unknown' }, 'unknown_user_id', 'person is unknown'],
  [{ reason: 'agent_not_active', status: 'suspended' }, 'unauthorized_client', 'agent is not active'],
  [{ reason: 'grant_not_allowed', grant: 'x' }, 'unauthorized_client', /not allowed/],
  [{ reason: 'subject_token_invalid', detail: 'signature' }, 'invalid_request', 'subject token is invalid'],
  [{ reason: 'actor_token_invalid', detail: 'expired' }, 'invalid_request', 'actor token is invalid'],
  [{ reason: 'actor_not_allowed', detail: 'no edge' }, 'invalid_request', 'actor may not act for this subject'],
  [{ reason: 'chain_too_deep', depth: 4, limit: 3 }, 'invalid_request', 'chain of actors is too deep'],
  [{ reason: 'handoff_not_allowed', detail: 'no edge' }, 'invalid_request', 'hand-off is not allowed'],
  [{ reason: 'handoff_used' }, 'invalid_request', 'hand-off was used already'],
];

test.each(wire)('%j is told as %s (RAR-07, RFC 8693 §2.2.2)', (refusal, error, description) => {
  const told = toWire(refusal);

  expect([told.status, told.error]).toEqual([400, error]);
  if (typeof description === 'string') expect(told.error_description).toBe(description);
  else expect(told.error_description).toMatch(description);
});

test.each([
  [{ reason: 'subject_token_invalid', detail: 'signed by a stranger' }],
  [{ reason: 'actor_not_allowed', detail: 'edge agt_1 to agt_2 is missing' }],
  [{ reason: 'agent_not_active', status: 'suspended' }],
  [{ reason: 'key_mismatch' }],
  [{ reason: 'task_ended' }],
] as [Refusal][])('%j does not tell a prober which check failed', (refusal) => {
  const told = JSON.stringify(toWire(refusal));

  for (const [name, value] of Object.entries(refusal)) {
    if (name !== 'reason') expect(told).not.toContain(value);
  }
});

test('what an attacker wrote reaches an error only as printable ASCII without quotes (RFC 6749 §5.2)', () => {
  const told = toWire({ reason: 'type_unknown', type: '"\\\r\nSet-Cookie: x\u202e<b>é' });

  expect(told.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
  expect(toWire({ reason: 'type_unknown', type: 'x'.repeat(5000) }).error_description?.length).toBe(300);
  expect(toWire({ reason: 'scope_unknown', scope: '"\u0000' })).toMatchObject({ scope: '??' });
});
