import { describe, expect, test } from '@jest/globals';

import { confusableWith, likenessOf, mixesScripts } from '../../server/agents/confusable.ts';
import {
  covers,
  type DocumentPolicy,
  documentUrlProblem,
  freshSeconds,
  outwardId,
  placedId,
  policyForHost,
  readDocument,
  unrelatedRedirects,
} from '../../server/agents/document.ts';
import { newBreaker } from '../../server/agents/documents.ts';
import { newId } from '../../server/oauth/ids.ts';
import { said } from '../support/said.ts';

const URL_ = 'https://agent.example/client.json';
const DOCUMENT = {
  client_id: URL_,
  client_name: 'Planner',
  redirect_uris: ['http://127.0.0.1/callback'],
  token_endpoint_auth_method: 'none',
};
const read = (more: object = {}, type = 'application/json') =>
  readDocument(URL_, type, JSON.stringify({ ...DOCUMENT, ...more }));

test.each([
  ['https://agent.example/client.json', true],
  ['https://agent.example:8443/oauth/client', true],
  ['https://agent.example/', false],
  ['https://agent.example', false],
  ['http://agent.example/client.json', false],
  ['http://localhost:1234/client.json', true],
  ['http://localhost:1235/client.json', false],
  ['https://user@agent.example/client.json', false],
  ['https://user:pass@agent.example/client.json', false],
  ['https://agent.example/client.json#x', false],
  ['https://agent.example/client.json#org_1', false],
  ['https://agent.example/client.json?a=b', false],
  ['https://agent.example/a/../client.json', false],
  ['https://agent.example/./client.json', false],
  ['https://agent.example/a/%2e%2e/client.json', false],
  ['https://agent.example/%2E/client.json', false],
  ['HTTPS://agent.example/client.json', false],
  ['https://AGENT.example/client.json', false],
  ['https://agent.example:443/client.json', false],
  ['https://agent.example\\@evil.example/client.json', false],
  ['https://agent.example/cli\tent.json', false],
  [`https://agent.example/${'x'.repeat(300)}`, false],
  ['https://', false],
  ['ftp://agent.example/client.json', false],
])('CIMD-01: %s is the address of a document: %s', (url, good) => {
  expect(documentUrlProblem(url, ['localhost:1234']) === undefined).toBe(good);
});

test('CIMD-11: no id of ours is such an address, and an organization is joined to one by what it cannot hold', () => {
  expect(newId('cli')).not.toMatch(/^https?:/);
  const placed = placedId(URL_, 'org_1');
  expect([outwardId(placed), said(documentUrlProblem(placed, []))]).toEqual([URL_, 'it must not have a fragment']);
});

describe('CIMD-03, CIMD-04, CIMD-05: the document', () => {
  test.each(['application/json', 'application/json; charset=utf-8', 'application/oauth-client+json'])('%s', (type) => {
    expect(read({}, type)).toMatchObject({ ok: true, metadata: { client_name: 'Planner' } });
  });

  test.each([
    ['HTML', () => read({}, 'text/html')],
    ['no type', () => read({}, '')],
    ['a list', () => readDocument(URL_, 'application/json', '[]')],
    ['null', () => readDocument(URL_, 'application/json', 'null')],
    ['no JSON', () => readDocument(URL_, 'application/json', '<html>')],
    ['the same member twice', () => readDocument(URL_, 'application/json', `{"client_id":"${URL_}","client_id":"x"}`)],
    ['more than 5 KB', () => read({ client_uri: 'x'.repeat(5200) })],
    ['another client_id', () => read({ client_id: 'https://agent.example/other.json' })],
    ['a client_id of another spelling', () => read({ client_id: 'https://agent.example:443/client.json' })],
    ['no client_id', () => read({ client_id: undefined })],
    ['a secret', () => read({ client_secret: 's' })],
    ['the expiry of a secret', () => read({ client_secret_expires_at: 0 })],
    ['client_secret_basic', () => read({ token_endpoint_auth_method: 'client_secret_basic' })],
    ['tls_client_auth', () => read({ token_endpoint_auth_method: 'tls_client_auth' })],
    ['a private key', () => read({ jwks: { keys: [{ kty: 'EC', d: 'x' }] } })],
    ['a symmetric key', () => read({ jwks: { keys: [{ kty: 'oct', k: 'x' }] } })],
    ['no name', () => read({ client_name: undefined })],
    ['no redirect', () => read({ redirect_uris: [] })],
    ['a redirect that is a text', () => read({ redirect_uris: 'https://agent.example/cb' })],
  ])('%s is refused', (_, make) => expect(make()).toMatchObject({ ok: false, problem: expect.any(Function) }));

  test('CIMD-10: its hash changes with what matters, and with nothing else', () => {
    const hashOf = (more: object) => (read(more) as { hash: string }).hash;
    expect(hashOf({ tos_uri: 'https://agent.example/tos', contacts: ['a@b.example'] })).toBe(hashOf({}));
    for (const more of [
      { client_name: 'Other' },
      { redirect_uris: ['https://agent.example/cb'] },
      { token_endpoint_auth_method: 'private_key_jwt' },
      { jwks_uri: 'https://agent.example/jwks' },
    ])
      expect([more, hashOf(more)]).not.toEqual([more, hashOf({})]);
  });
});

test.each([
  ['', 3600],
  ['max-age=600', 600],
  ['public, max-age=1', 60],
  ['max-age=99999999', 86_400],
  ['no-store', 60],
  ['no-cache, max-age=600', 60],
])('CIMD-08: Cache-Control "%s" is %i seconds', (header, seconds) => expect(freshSeconds(header)).toBe(seconds));

describe('CIMD-12: a policy for a domain', () => {
  test.each([
    ['agent.example.com', 'agent.example.com', true],
    ['example.com', 'agent.example.com', true],
    ['agent.example.com', 'example.com', false],
    ['example.com', 'evilexample.com', false],
    ['example.com', 'example.com.evil.net', false],
    ['com', 'example.com', false],
    ['co.uk', 'example.co.uk', false],
    ['github.io', 'victim.github.io', false],
    ['github.io', 'github.io', true],
    ['me.github.io', 'me.github.io', true],
    ['me.github.io', 'deep.me.github.io', true],
    ['vercel.app', 'app.vercel.app', false],
    ['localhost', 'localhost', true],
  ])('%s covers %s: %s', (domain, host, expected) => expect(covers(domain, host)).toBe(expected));

  const policy = (domain: string, verdict: DocumentPolicy['verdict']): DocumentPolicy => ({
    domain,
    verdict,
    owner: null,
    deputy: null,
    limits: {},
  });
  test('the longest domain counts; none: an administrator is asked', () => {
    const policies = [policy('*', 'deny'), policy('example.com', 'allow'), policy('bad.example.com', 'deny')];
    const verdict = (host: string, all = policies) => policyForHost(host, all).verdict;
    expect(
      ['app.example.com', 'bad.example.com', 'x.bad.example.com', 'other.example'].map((host) => verdict(host)),
    ).toEqual(['allow', 'deny', 'deny', 'deny']);
    expect(verdict('other.example', [])).toBe('ask');
  });
});

test.each([
  [['https://agent.example/cb'], []],
  [['https://login.agent.example/cb', 'http://127.0.0.1/cb', 'http://localhost:3/cb'], []],
  [['https://evil.example.net/cb'], ['evil.example.net']],
])('CIMD-14: of %j unrelated are %j', (redirects, expected) => {
  expect(unrelatedRedirects(URL_, redirects)).toEqual(expected);
});

describe('names that could be taken for another', () => {
  test.each([
    ['Claude', 'claude'],
    ['C1aude', 'Claude'],
    ['Сlaude', 'Claude'], // a Cyrillic C
    ['Cláude', 'Claude'],
    ['C l a u d e', 'Claude'],
    ['Cla-ude!', 'Claude'],
    ['Adrnin', 'Admin'],
    ['Meeting He1per', 'Meeting Helper'],
  ])('%s and %s', (one, other) => {
    expect(likenessOf(one)).toBe(likenessOf(other));
    expect(confusableWith(one, ['Something', other])).toBe(other);
  });
  test.each([
    ['Planner', 'Planer'],
    ['Meeting Helper', 'Meeting Helper 2'],
  ])('%s and %s are two', (one, other) => expect(confusableWith(one, [other])).toBeUndefined());
  test('letters of two scripts in one name', () => {
    expect([mixesScripts('Сlaude'), mixesScripts('Клод'), mixesScripts('Claude')]).toEqual([true, false, false]);
  });
});

test('CIMD-15: a host that fails three times is left alone for half a minute', () => {
  let now = 0;
  const breaker = newBreaker(() => now);
  for (const open of [false, false, false, true]) {
    expect(breaker.isOpen('agent.example')).toBe(open);
    breaker.failed('agent.example');
  }
  expect(breaker.isOpen('other.example')).toBe(false);
  now = 31_000;
  expect(breaker.isOpen('agent.example')).toBe(false);
  breaker.succeeded('agent.example');
});
