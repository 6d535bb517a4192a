import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { egressFetch, isPublic } from '../adapters/egress.ts';
import { type NameServer, startNameServer, type Zone } from './support/name-server.ts';

let server: Server;
let origin: string;
let hits = 0;
// A hundred bytes on the way, 64 MB where somebody reads them.
const bomb = brotliCompressSync(Buffer.alloc(64 * 1024 * 1024));
beforeAll(async () => {
  server = createServer((request, response) => {
    hits += 1;
    if (request.url === '/redirect') response.writeHead(302, { location: '/' }).end();
    else if (request.url === '/huge') response.end('x'.repeat(200 * 1024));
    else if (request.url === '/packed')
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"keys":[]}'));
    else if (request.url === '/bomb') response.writeHead(200, { 'content-encoding': 'br' }).end(bomb);
    else if (request.url === '/slow')
      response.write('{'); // and never ends
    else response.end('{"keys":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server?.close();
  server?.closeAllConnections();
});

test.each([
  ['loopback', '127.0.0.1', false],
  ['loopback, another way to write it', '127.1.2.3', false],
  ['private', '10.0.0.1', false],
  ['private', '172.16.0.1', false],
  ['private', '192.168.1.1', false],
  ['link-local, where clouds keep their metadata service', '169.254.169.254', false],
  ['carrier-grade NAT', '100.64.0.1', false],
  ['unspecified', '0.0.0.0', false],
  ['broadcast', '255.255.255.255', false],
  ['IPv6 loopback', '::1', false],
  ['IPv6 unique local', 'fd00::1', false],
  ['IPv6 link-local', 'fe80::1', false],
  ['IPv4 inside IPv6', '::ffff:127.0.0.1', false],
  ['IPv4 inside IPv6, in hexadecimal', '::ffff:7f00:1', false],
  ['6to4 of a private address', '2002:7f00:1::', false],
  ['NAT64 of a private address', '64:ff9b::7f00:1', false],
  ['NAT64 of a house of its own', '64:ff9b:1::a00:1', false],
  ['IPv4 inside IPv6, as it was before', '::10.0.0.1', false],
  ['site-local, as it was before unique local', 'fec0::1', false],
  ['IPv6 that is given to nobody', '4000::1', false],
  ['public', '93.184.215.14', true],
  ['public IPv6', '2606:2800:21f:cb07:6820:80da:af6b:8b2c', true],
  ['no address', 'example.com', false],
])('%s (%s): public is %s', (_, address, expected) => {
  expect(isPublic(address)).toBe(expected);
});

test.each([
  ['a private address', (at: string) => `https://${at}/`],
  ['a private address without TLS', (at: string) => `http://${at}/`],
  ['a name of a private address', (at: string) => `https://localhost:${at.split(':')[1]}/`],
  ['a decimal address', (at: string) => `https://2130706433:${at.split(':')[1]}/`],
  ['an IPv6 address', (at: string) => `https://[::1]:${at.split(':')[1]}/`],
  ['a file', () => 'file:///etc/passwd'],
  ['a data URL', () => 'data:application/json,{}'],
])('invariant 9: no outbound request to %s', async (_, url) => {
  const before = hits;
  await expect(egressFetch([])(url(origin))).rejects.toThrow();
  expect(hits).toBe(before);
});

test('a host that the operator allowed may be private; even there, no redirect and nothing huge', async () => {
  const fetch = egressFetch([origin]);
  expect(await (await fetch(`http://${origin}/`)).json()).toEqual({ keys: [] });
  await expect(fetch(`http://${origin}/redirect`)).rejects.toThrow();
  await expect(fetch(`http://${origin}/huge`).then((response) => response.text())).rejects.toThrow();
  await expect(fetch(`http://${origin}/slow`).then((response) => response.text())).rejects.toThrow();
});

test('what is sent packed counts as it is read: nobody fills the memory with a hundred bytes', async () => {
  const fetch = egressFetch([origin]);
  expect(await (await fetch(`http://${origin}/packed`)).json()).toEqual({ keys: [] });
  expect(bomb.length).toBeLessThan(1024);
  await expect(fetch(`http://${origin}/bomb`).then((response) => response.text())).rejects.toThrow('too large');
});

describe('names are resolved once, and every address that they have is looked at', () => {
  let names: NameServer;
  let zone: Zone;
  beforeAll(async () => {
    names = await startNameServer((name, type) => zone(name, type));
  });
  afterAll(() => names?.close());
  const toPort = (name: string) => `https://${name}:${origin.split(':')[1]}/`;

  test.each<[string, Partial<Record<'A' | 'AAAA', string[]>>]>([
    ['a private address', { A: ['10.0.0.1'] }],
    ['loopback', { A: ['127.0.0.1'] }],
    ['the metadata service of a cloud', { A: ['169.254.169.254'] }],
    ['the metadata service of a cloud in IPv6', { AAAA: ['fd00:ec2::254'] }],
    ['link-local', { AAAA: ['fe80::1'] }],
    ['IPv4 inside IPv6', { AAAA: ['::ffff:7f00:1'] }],
    ['NAT64', { AAAA: ['64:ff9b::7f00:1'] }],
    ['6to4', { AAAA: ['2002:7f00:1::'] }],
    ['carrier-grade NAT', { A: ['100.64.0.1'] }],
    ['nothing', { A: ['0.0.0.0'] }],
    ['a public address and a private one', { A: ['93.184.215.14', '127.0.0.1'] }],
    ['a public address, and loopback in IPv6', { A: ['93.184.215.14'], AAAA: ['::1'] }],
    ['no address at all', {}],
  ])('invariant 9: a name of %s is not gone to', async (_name, records) => {
    zone = (_, type) => records[type as 'A'] ?? [];
    const before = hits;
    await expect(egressFetch([], [names.address])(toPort('agent.example'))).rejects.toThrow();
    expect([hits, names.asked.length > 0]).toEqual([before, true]);
  });

  test('rebinding: the second answer of a name is never asked for, and a private first one is the end of it', async () => {
    let answers = 0;
    // Public when it is checked, loopback when it is gone to: the port is ours, and nobody may come there.
    zone = (_, type) => (type === 'A' ? [answers++ === 0 ? '192.88.99.1' : '127.0.0.1'] : []);
    const before = hits;
    await expect(
      egressFetch([], [names.address])(toPort('rebinds.example'), { signal: AbortSignal.timeout(1500) }),
    ).rejects.toThrow();
    expect([hits, answers]).toEqual([before, 1]);
  });
});

test.each([
  ['octal', 'https://0177.0.0.1'],
  ['hexadecimal', 'https://0x7f000001'],
  ['short', 'https://127.1'],
  ['IPv4 in IPv6', 'https://[::ffff:127.0.0.1]'],
  ['NAT64', 'https://[64:ff9b::7f00:1]'],
  ['unique local', 'https://[fd00:ec2::254]'],
  ['with a dot at its end', 'https://localhost.'],
])('invariant 9: an address in its %s spelling is not gone to', async (_name, host) => {
  const before = hits;
  await expect(egressFetch([])(`${host}:${origin.split(':')[1]}/`)).rejects.toThrow();
  expect(hits).toBe(before);
});
