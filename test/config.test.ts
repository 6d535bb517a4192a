import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { ConfigurationError, readConfig, SETTINGS, type Setting } from '../server/config.ts';

const KEY = Buffer.alloc(32, 7).toString('base64url');
const PRODUCTION = {
  NODE_ENV: 'production',
  ISSUER: 'https://auth.example.com',
  DATABASE_URL: 'postgresql://countersign:secret@db/countersign',
  COUNTERSIGN_SEALING_KEY: KEY,
};

test('nothing at all is a configuration: embedded database, demonstration data, localhost', () => {
  expect(readConfig({})).toMatchObject({
    production: false,
    port: 3000,
    issuer: 'http://localhost:3000',
    managementPort: 3001,
    databaseUrl: undefined,
    dataDir: path.resolve('.data'),
    demo: true,
    sealingKey: undefined,
    longPollSeconds: 0,
    egressAllow: [],
  });
});

test('the issuer follows the port', () => {
  expect(readConfig({ PORT: '8080' }).issuer).toBe('http://localhost:8080');
});

test('a database of its own means no demonstration data, unless asked for', () => {
  const DATABASE_URL = 'postgresql://localhost/countersign';
  expect(readConfig({ DATABASE_URL }).demo).toBe(false);
  expect(readConfig({ DATABASE_URL, DEMO: '1' }).demo).toBe(true);
  expect(readConfig({ DEMO: '0' }).demo).toBe(false);
});

test('an empty value counts as absent', () => {
  expect(readConfig({ PORT: '', DATABASE_URL: '', DEMO: '' })).toEqual(readConfig({}));
});

test('a complete production configuration is accepted', () => {
  const config = readConfig({
    ...PRODUCTION,
    COUNTERSIGN_DATABASE_POOLER: 'transaction',
    COUNTERSIGN_DATABASE_DIRECT_URL: 'postgresql://countersign@primary/countersign',
    COUNTERSIGN_EGRESS_ALLOW: 'Mail.internal:8025, 10.0.0.7,[fd00::1]:443',
    COUNTERSIGN_RESTORE_EPOCH: '2026-11-24T07:00:00+01:00',
    COUNTERSIGN_RESOURCE_ADDRESSES: 'https://crm.example=http://crm.internal:8080,',
  });
  expect(config).toMatchObject({
    production: true,
    demo: false,
    databasePooler: 'transaction',
    databaseDirectUrl: 'postgresql://countersign@primary/countersign',
    egressAllow: ['mail.internal:8025', '10.0.0.7', '[fd00::1]:443'],
    restoreEpoch: new Date('2026-11-24T06:00:00Z'),
    resourceAddresses: new Map([['https://crm.example', 'http://crm.internal:8080']]),
  });
  expect(config.sealingKey).toHaveLength(32);
});

test('every problem is reported at once', () => {
  expect(problems({ PORT: 'http', ISUER: 'x', DEMO: 'yes', COUNTERSIGN_SEALING_KEY: 'short' })).toEqual([
    'ISUER: did you mean ISSUER?',
    'PORT must be a number from 1 to 65535',
    'DEMO must be 0 or 1',
    'COUNTERSIGN_SEALING_KEY must be 32 bytes in base64url (43 characters)',
  ]);
});

test.each([
  ['a near miss', { DATABSE_URL: 'x' }, 'DATABSE_URL: did you mean DATABASE_URL?'],
  ['another case', { issuer: 'x' }, 'issuer: did you mean ISSUER?'],
  ['swapped letters', { PROT: '1' }, 'PROT: did you mean PORT?'],
  [
    'a near miss of a long name',
    { COUNTERSIGN_TRUST_PROXI: '1' },
    'COUNTERSIGN_TRUST_PROXI: did you mean COUNTERSIGN_TRUST_PROXY?',
  ],
  [
    'an unknown name of ours',
    { COUNTERSIGN_COLOUR: 'red' },
    'COUNTERSIGN_COLOUR is no setting; docs/configuration.md lists them all',
  ],
  ['an environment that does not exist', { NODE_ENV: 'prod' }, 'NODE_ENV must be one of production, development, test'],
  ['a trailing slash', { ISSUER: 'https://a.example/' }, 'ISSUER must not end with a slash: write https://a.example'],
  [
    'a path',
    { ISSUER: 'https://a.example/oidc' },
    'ISSUER must have no path, query, fragment or user: write https://a.example',
  ],
  [
    'http on a network',
    { ISSUER: 'http://a.example' },
    'ISSUER must be https: only a loopback address such as http://localhost:3000 may go without',
  ],
  [
    'an issuer in capitals',
    { ISSUER: 'https://A.example' },
    'ISSUER must be in its normal form: write https://a.example',
  ],
  ['a default port', { ISSUER: 'https://a.example:443' }, 'ISSUER must be in its normal form: write https://a.example'],
  ['no URL', { ISSUER: 'localhost' }, 'ISSUER must be a URL such as https://auth.example.com'],
  [
    'another database',
    { DATABASE_URL: 'mysql://u:hunter2@h/d' },
    'DATABASE_URL must be a PostgreSQL URL: postgresql://role@host/database',
  ],
  [
    'a hold that proxies cut',
    { COUNTERSIGN_LONG_POLL_SECONDS: '26' },
    'COUNTERSIGN_LONG_POLL_SECONDS must be a number from 0 to 25',
  ],
  [
    'a day without a time',
    { COUNTERSIGN_RESTORE_EPOCH: '2026-11-24' },
    'COUNTERSIGN_RESTORE_EPOCH must be an RFC 3339 instant such as 2026-11-24T06:00:00Z',
  ],
  [
    'a URL where a host belongs',
    { COUNTERSIGN_EGRESS_ALLOW: 'http://a' },
    'COUNTERSIGN_EGRESS_ALLOW must be a list of host or host:port, and "http://a" is neither',
  ],
  [
    'an address with a path',
    { COUNTERSIGN_RESOURCE_ADDRESSES: 'https://a.example=http://b/facts' },
    'COUNTERSIGN_RESOURCE_ADDRESSES must be a list of origin=origin, and "https://a.example=http://b/facts" is not',
  ],
  [
    'one port for both',
    { MANAGEMENT_PORT: '3000' },
    'MANAGEMENT_PORT must differ from PORT (3000): the management endpoints are not public',
  ],
])('%s is refused with what to do', (_case, env, problem) => {
  expect(problems(env)).toEqual([problem]);
});

test.each([
  [
    'demonstration data',
    { ...PRODUCTION, DEMO: '1' },
    'DEMO must be 0 in production: demonstration people have known names',
  ],
  [
    'the embedded database',
    { ...PRODUCTION, DATABASE_URL: '' },
    'DATABASE_URL is required in production: the embedded database is for development',
  ],
  [
    'unsealed keys',
    { ...PRODUCTION, COUNTERSIGN_SEALING_KEY: '' },
    'COUNTERSIGN_SEALING_KEY is required in production: it seals the signing keys',
  ],
  [
    'a delay for tests',
    { ...PRODUCTION, COUNTERSIGN_TEST_CONSUME_DELAY_MS: '5' },
    'COUNTERSIGN_TEST_CONSUME_DELAY_MS must be 0 in production: it is for race tests',
  ],
])('production refuses %s', (_case, env, problem) => {
  expect(problems(env)).toEqual([problem]);
});

test('what belongs to the machine is left alone', () => {
  const env = { PATH: '/bin', HOME: '/root', HOST: 'h', TEMP: '/t', USER: 'u', TERM: 'x', PWD: '/', npm_config_x: '1' };
  expect(problems({ ...env, NODE_OPTIONS: '', PGDATA: '/x', KUBERNETES_PORT: 'tcp://10.0.0.1:443' })).toEqual([]);
});

test('a secret can come from a file, and from one place only', () => {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'config-')), 'url');
  fs.writeFileSync(file, 'postgresql://db/one\n');
  expect(readConfig({ DATABASE_URL_FILE: file })).toMatchObject({ databaseUrl: 'postgresql://db/one', demo: false });
  expect(problems({ DATABASE_URL_FILE: file, DATABASE_URL: 'postgresql://db/two' })).toEqual([
    'DATABASE_URL and DATABASE_URL_FILE are both set: keep one',
  ]);
  expect(problems({ DATABASE_URL_FILE: `${file}.gone` })).toEqual([
    'DATABASE_URL cannot be read from the file that DATABASE_URL_FILE names (ENOENT)',
  ]);
});

test('docs/configuration.md holds the table of settings', () => {
  const cells = (line: string) => line.split('|').map((cell) => cell.trim());
  const rows = SETTINGS.map(({ name, meaning, fallback, secret }: Setting) =>
    cells(`| \`${name}\`${secret ? ', `…_FILE`' : ''} | ${meaning} | ${fallback} |`),
  );
  const lines = fs.readFileSync('docs/configuration.md', 'utf8').split('\n');
  expect(lines.filter((line) => line.startsWith('| `')).map(cells)).toEqual(rows);
});

function problems(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
}
