import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { canonicalJson } from '../../server/oauth/canonical.ts';
import { type Decision, decisionHash } from '../../server/tasks/decision.ts';
import { type CanonicalRequest, requestHash } from '../../server/tasks/request.ts';
import { catalogue } from '../catalogue/demonstration.ts';

interface Vectors {
  requests: { name: string; request: CanonicalRequest; canonical: string; request_hash: string }[];
  decisions: { name: string; decision: Decision; canonical: string; decision_hash: string }[];
}
const { requests, decisions }: Vectors = JSON.parse(
  readFileSync(new URL('../../docs/test-vectors.json', import.meta.url), 'utf8'),
);
const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest().toString('base64url');

test.each(requests)('request: $name', ({ request, canonical, request_hash }) => {
  expect(canonicalJson(request)).toBe(canonical);
  expect(sha256(canonical)).toBe(request_hash);
  expect(requestHash(request)).toBe(request_hash);
});

test.each(decisions)('decision: $name', ({ decision, canonical, decision_hash }) => {
  expect(canonicalJson(decision)).toBe(canonical);
  expect(sha256(canonical)).toBe(decision_hash);
  expect(decisionHash(decision)).toBe(decision_hash);
});

test.each(requests)('what is asked in "$name" could be asked', ({ request }) => {
  for (const { action, version, resource, parameters } of request.actions) {
    const entry = catalogue.version(action, version);
    expect(entry?.resource).toBe(resource);
    expect(entry?.validate(parameters)).toBeUndefined();
  }
});

test('every decision is about one of the requests', () => {
  const hashes = requests.map(({ request_hash }) => request_hash);

  expect(decisions.filter(({ decision }) => !hashes.includes(decision.request_hash))).toEqual([]);
});

const [{ request }] = requests as [Vectors['requests'][0]];
const [{ decision }] = decisions as [Vectors['decisions'][0]];
const [action] = request.actions as [CanonicalRequest['actions'][0]];
const [given] = decision.granted as [Decision['granted'][0]];

test.each<[string, CanonicalRequest]>([
  ['the organization', { ...request, organization: 'org_globex' }],
  ['the agent', { ...request, agent: 'agt_other' }],
  ['the person', { ...request, person: 'usr_other' }],
  ['the nonce', { ...request, nonce: 'other' }],
  ['the end', { ...request, expires_at: '2026-11-24T14:12:01Z' }],
  ['the action', { ...request, actions: [{ ...action, action: 'calendar.events.export' }] }],
  ['the version', { ...request, actions: [{ ...action, version: 2 }] }],
  ['the resource', { ...request, actions: [{ ...action, resource: 'https://crm.acme.example' }] }],
  ['a parameter', { ...request, actions: [{ ...action, parameters: { ...action.parameters, to: '2026-11-29' } }] }],
  ['a parameter left out', { ...request, actions: [{ ...action, parameters: {} }] }],
  ['the number of actions', { ...request, actions: [action, action] }],
])('%s is part of the request', (_, changed) => {
  expect(requestHash(changed)).not.toBe(requestHash(request));
});

test.each<[string, Decision]>([
  ['the request', { ...decision, request_hash: 'other' }],
  ['the verdict', { ...decision, verdict: 'deny' }],
  ['the approver', { ...decision, approver: 'usr_other' }],
  ['the duration', { ...decision, duration: 'PT1H' }],
  ['the end', { ...decision, expires_at: '2026-11-24T14:22:01Z' }],
  ['the nonce', { ...decision, nonce: 'other' }],
  ['a parameter', { ...decision, granted: [{ ...given, parameters: {} }] }],
  ['the access', { ...decision, granted: [{ ...given, access: 'write' }] }],
  ['the impact', { ...decision, granted: [{ ...given, impact: 'medium' }] }],
  ['the number of uses', { ...decision, granted: [{ ...given, max_uses: null }] }],
])('%s is part of the decision', (_, changed) => {
  expect(decisionHash(changed)).not.toBe(decisionHash(decision));
});

test("the agent's own words and how it asked are no part of the request", () => {
  const worded = { ...request, actions: [{ ...action, purpose: 'Trust me.', viaScope: 'calendar.read' }] };

  expect(requestHash(worded)).toBe(requestHash(request));
});

test.each(['2026-11-24T14:12:00.000Z', '2026-11-24T15:12:00+01:00', '2026-11-24', ''])(
  'a time spelled %j is our fault, not a hash',
  (expires_at) => {
    expect(() => requestHash({ ...request, expires_at })).toThrow(TypeError);
    expect(() => decisionHash({ ...decision, expires_at })).toThrow(TypeError);
  },
);
