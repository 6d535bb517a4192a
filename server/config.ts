import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import path from 'node:path';

import { certificatesInPem } from './oauth/x509.ts';

export interface Config {
  readonly production: boolean;
  readonly port: number;
  readonly issuer: string;
  /** On the loopback interface; 0 takes any free port. */
  readonly managementPort: number;
  /** undefined: the embedded database. */
  readonly databaseUrl: string | undefined;
  /** The same database without a pooler in between, for LISTEN. */
  readonly databaseDirectUrl: string | undefined;
  readonly databasePooler: 'none' | 'transaction';
  readonly databasePoolSize: number;
  /** Absolute. */
  readonly dataDir: string;
  readonly demo: boolean;
  readonly demoPassword: string | undefined;
  /** 32 bytes. */
  readonly sealingKey: Buffer | undefined;
  readonly trustProxy: boolean;
  readonly sessionHours: number;
  readonly sessionIdleMinutes: number;
  /** Before a new passkey may approve high impact. */
  readonly passkeyWaitHours: number;
  readonly longPollSeconds: number;
  /** Token exchanges under one task in a minute, of this instance. */
  readonly exchangesPerMinute: number;
  /** Answers of the registration endpoint to one token, and to one address, in a minute, of this instance. */
  readonly registrationsPerMinute: number;
  /** Agents of one organization that are not retired and have not expired. */
  readonly agentsPerOrganization: number;
  /** `address` or `address:port` of the servers that names are resolved at; empty: as the machine does. */
  readonly dnsServers: readonly string[];
  /** Agents that may hold parts of one task at the same time. */
  readonly fanOut: number;
  /** Undefined: this server sends no e-mail. */
  readonly mail: { readonly url: string; readonly from: string } | undefined;
  /** Push services beside those of the browsers. */
  readonly pushHosts: readonly string[];
  /** CIBA push delivery. */
  readonly backchannelPush: boolean;
  /** Attestation-based client authentication. */
  readonly clientAttestation: boolean;
  /** Nothing issued before this instant is accepted. */
  readonly restoreEpoch: Date | undefined;
  readonly dpopNonces: (typeof NONCES)[number];
  /** Where client certificates (RFC 8705) come from; undefined: from nowhere. */
  readonly mtls: MtlsConfig | undefined;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** `host` or `host:port`, lower case: private addresses that outbound requests may go to. */
  readonly egressAllow: readonly string[];
  /** Where a resource is reached from here, by its origin, when not under its own name. Origins both. */
  readonly resourceAddresses: ReadonlyMap<string, string>;
  readonly testConsumeDelayMs: number;
  /** No setting: tests alone see pages in languages that nobody speaks. */
  readonly pseudoLanguages?: boolean;
}

export type MtlsConfig = {
  /** PEM. Without any, nobody is authenticated by `tls_client_auth`. */
  readonly authorities: string | undefined;
  /** Where clients with certificates come to; undefined: to the issuer's own address. */
  readonly address: string | undefined;
} & (
  | { readonly from: 'proxy'; readonly header: string }
  | { readonly from: 'listener'; readonly port: number; readonly certificate: string; readonly key: string }
);

export interface Setting {
  readonly name: string;
  readonly meaning: string;
  /** As a reader of the documentation should see it. */
  readonly fallback: string;
  /** Also taken from the file that `<name>_FILE` names: what nobody else may read, or as long as a certificate. */
  readonly secret?: true;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The operator has to change a setting. Carries every problem, not only the first. Exit code 2. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`Configuration:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** The machine is not as the settings say (a taken port, an unreachable database): the message says what to do. Exit code 2. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}

const NONCES = ['offered', 'required'] as const;
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Every setting there is. docs/configuration.md holds the same table. */
export const SETTINGS = [
  {
    name: 'PORT',
    meaning: 'Port of the public server.',
    fallback: '3000',
  },
  {
    name: 'ISSUER',
    meaning:
      'The URL under which clients and people reach this server, without a path or a trailing slash. `https`, except on the loopback interface. It is in every token: changing it ends them all.',
    fallback: '`http://localhost:` and `PORT`',
  },
  {
    name: 'MANAGEMENT_PORT',
    meaning:
      'Port on the loopback interface for `/health/live`, `/health/ready` and `/metrics`; `0` takes any free port.',
    fallback: '3001',
  },
  {
    name: 'NODE_ENV',
    meaning:
      '`production`, `development` or `test`. `production` refuses the embedded database, demonstration data, signing keys without a sealing key, and test settings.',
    fallback: '`development`',
  },
  {
    name: 'DATABASE_URL',
    meaning: 'A PostgreSQL database (15 or newer) of an ordinary role that owns it: `postgresql://role@host/database`.',
    fallback: 'an embedded PostgreSQL below `DATA_DIR`',
    secret: true,
  },
  {
    name: 'DATA_DIR',
    meaning:
      'Directory of the embedded database, of `demo.json` and of the key of the command line. Relative to the working directory.',
    fallback: '`.data`',
  },
  {
    name: 'DEMO',
    meaning: '`1` fills an empty database with the demonstration organizations, `0` does not.',
    fallback: '`1` with the embedded database, else `0`',
  },
  {
    name: 'DEMO_PASSWORD',
    meaning: 'Password of the demonstration people, applied at each start.',
    fallback: 'made at random, kept in `DATA_DIR/demo.json`',
    secret: true,
  },
  {
    name: 'COUNTERSIGN_SEALING_KEY',
    meaning:
      '32 bytes in base64url. Seals the signing keys in the database, so that a copy of the database signs nothing. Every instance has the same one.',
    fallback: 'required in production; else made at random, kept in `DATA_DIR`',
    secret: true,
  },
  {
    name: 'COUNTERSIGN_DATABASE_DIRECT_URL',
    meaning:
      'The same database without the pooler, for `LISTEN`. Without it a stop reaches other instances by polling.',
    fallback: '`DATABASE_URL`, unless a pooler stands before it',
    secret: true,
  },
  {
    name: 'COUNTERSIGN_DATABASE_POOLER',
    meaning:
      'What stands between this server and `DATABASE_URL`: `none`, or `transaction` for a pooler in transaction mode (no named statements then).',
    fallback: '`none`',
  },
  {
    name: 'COUNTERSIGN_DATABASE_POOL_SIZE',
    meaning: 'Connections that one instance keeps at most, 1 to 200.',
    fallback: '10',
  },
  {
    name: 'COUNTERSIGN_TRUST_PROXY',
    meaning:
      '`1` where a reverse proxy of yours sets `X-Forwarded-For` and `X-Forwarded-Proto` and overwrites what the caller sent.',
    fallback: '0',
  },
  {
    name: 'COUNTERSIGN_SESSION_HOURS',
    meaning: 'A person signs in again after this many hours whatever they do, 1 to 720.',
    fallback: '12',
  },
  {
    name: 'COUNTERSIGN_SESSION_IDLE_MINUTES',
    meaning: 'A person signs in again after this many minutes without a request, 1 to 43200.',
    fallback: '60',
  },
  {
    name: 'COUNTERSIGN_PASSKEY_WAIT_HOURS',
    meaning:
      'How long a new passkey waits before it may approve high impact, 0 to 720, unless an older one vouched for it. Somebody who took over a session would be faster than its person notices.',
    fallback: '24; 0 with demonstration data, and the page says so',
  },
  {
    name: 'COUNTERSIGN_LONG_POLL_SECONDS',
    meaning:
      'How long the token endpoint holds a backchannel poll that does not ask for it, 0 to 25. A client that sends `Prefer: wait=N` is held either way.',
    fallback: '0',
  },
  {
    name: 'COUNTERSIGN_EXCHANGES_PER_MINUTE',
    meaning: 'How many token exchanges one instance makes under one task in a minute, 1 to 1000000.',
    fallback: '300',
  },
  {
    name: 'COUNTERSIGN_REGISTRATIONS_PER_MINUTE',
    meaning:
      'How many registrations one instance answers in a minute with one initial access token, and from one address; also how many metadata documents it fetches because of one address. 1 to 1000000.',
    fallback: '1000',
  },
  {
    name: 'COUNTERSIGN_AGENTS_PER_ORGANIZATION',
    meaning:
      'How many agents one organization may have that are not retired and have not expired, 1 to 1000000. One more is refused, whoever registers it.',
    fallback: '20000',
  },
  {
    name: 'COUNTERSIGN_DNS_SERVERS',
    meaning:
      'Where names are resolved for outbound requests and for the proof that an API is somebody’s: addresses, with a port if you like, separated by commas.',
    fallback: 'as the machine does',
  },
  {
    name: 'COUNTERSIGN_FAN_OUT',
    meaning: 'How many agents may hold parts of one task by hand-off at the same time, 1 to 1000.',
    fallback: '50',
  },
  {
    name: 'COUNTERSIGN_SMTP_URL',
    meaning:
      'The relay for e-mail to people, as `smtp://user:password@host:587` or `smtps://…`. Without it people are told by their browsers, chats and webhooks alone.',
    fallback: 'none',
    secret: true,
  },
  {
    name: 'COUNTERSIGN_MAIL_FROM',
    meaning: 'The sender of e-mail to people, as `Acme agents <agents@acme.example>`.',
    fallback: 'required with `COUNTERSIGN_SMTP_URL`',
  },
  {
    name: 'COUNTERSIGN_PUSH_HOSTS',
    meaning:
      'Push services of your own that browsers may be subscribed at, as `host`, `host:port` or `*.domain`, separated by commas, beside those of Google, Mozilla, Apple and Microsoft.',
    fallback: 'none',
  },
  {
    name: 'COUNTERSIGN_BACKCHANNEL_PUSH',
    meaning:
      '`1` lets clients register for push delivery (CIBA Core §10.3): tokens of low and medium impact are sent to their notification endpoint.',
    fallback: '0',
  },
  {
    name: 'COUNTERSIGN_CLIENT_ATTESTATION',
    meaning:
      '`1` lets clients register for `attest_jwt_client_auth`: an attester that their organization trusts vouches for the key of each instance (a draft of the IETF).',
    fallback: '0',
  },
  {
    name: 'COUNTERSIGN_DPOP_NONCES',
    meaning:
      'Nonces in DPoP proofs (RFC 9449 §8). `offered`: every answer to a proof brings one, and a proof with an old or foreign one is sent back. `required`: a proof without one too.',
    fallback: '`offered`',
  },
  {
    name: 'COUNTERSIGN_MTLS',
    meaning:
      'Where client certificates (RFC 8705) come from: `off`, `proxy` for a header that a proxy of yours sets, `listener` for a port of this server that asks for them.',
    fallback: '`off`',
  },
  {
    name: 'COUNTERSIGN_MTLS_HEADER',
    meaning:
      'With `proxy`: the header, as in RFC 9440 or as percent-encoded PEM. The proxy has to remove what the caller sent under this name. Needs `COUNTERSIGN_TRUST_PROXY=1`.',
    fallback: '`Client-Cert`',
  },
  {
    name: 'COUNTERSIGN_MTLS_PORT',
    meaning: 'With `listener`: its port.',
    fallback: '3443',
  },
  {
    name: 'COUNTERSIGN_MTLS_CERTIFICATE',
    meaning: 'With `listener`: the certificate of this server for it and those above it, PEM.',
    fallback: 'required with `listener`',
    secret: true,
  },
  {
    name: 'COUNTERSIGN_MTLS_KEY',
    meaning: 'With `listener`: the private key of that certificate, PEM.',
    fallback: 'required with `listener`',
    secret: true,
  },
  {
    name: 'COUNTERSIGN_MTLS_AUTHORITIES',
    meaning:
      'The authorities whose certificates authenticate clients by `tls_client_auth`, PEM: those that issue, each trusted by itself. Without it clients authenticate by registered self-signed certificates only.',
    fallback: 'none',
    secret: true,
  },
  {
    name: 'COUNTERSIGN_MTLS_URL',
    meaning:
      'The address at which clients prove certificates, without a path: `mtls_endpoint_aliases` of the metadata. Only the endpoints named there answer at it.',
    fallback: 'with `listener` the issuer’s host at its port; with `proxy` the issuer',
  },
  {
    name: 'COUNTERSIGN_RESTORE_EPOCH',
    meaning:
      'The instant (RFC 3339, as `2026-11-24T06:00:00Z`) at which a backup was brought back: tokens, codes and sessions made before it are refused, because what ended them may be missing from the backup.',
    fallback: 'none',
  },
  {
    name: 'COUNTERSIGN_EGRESS_ALLOW',
    meaning:
      'Private addresses that outbound requests may go to, as `host` or `host:port`, separated by commas. Every other private address is refused.',
    fallback: 'none',
  },
  {
    name: 'COUNTERSIGN_RESOURCE_ADDRESSES',
    meaning:
      'Where APIs that state facts about a request are reached from here, when not under their own names: `https://crm.example=http://crm.internal:8080`, separated by commas. These addresses may be private.',
    fallback: 'none; the demonstration answers for its own',
  },
  {
    name: 'COUNTERSIGN_LOG_LEVEL',
    meaning: `One of ${LOG_LEVELS.map((level) => `\`${level}\``).join(', ')}.`,
    fallback: '`info`',
  },
  {
    name: 'COUNTERSIGN_TEST_CONSUME_DELAY_MS',
    meaning:
      'Milliseconds between finding and consuming a single-use artefact, 0 to 10000, so that races can be tested. Refused in production.',
    fallback: '0',
  },
] as const satisfies readonly Setting[];

type Name = (typeof SETTINGS)[number]['name'];

/** Reads every setting once. Throws ConfigurationError with every problem; nothing else reads the environment. */
export function readConfig(env: Environment): Config {
  const problems: string[] = unknownNames(env);

  /** Answers undefined where the setting is absent, and where it is wrong: then the problem is noted. */
  const read = <T>(name: Name, parse: (text: string) => T): T | undefined => {
    try {
      const text = textOf(name, env);
      return text === undefined ? undefined : parse(text);
    } catch (problem) {
      problems.push(`${name} ${(problem as Error).message}`);
      return undefined;
    }
  };

  const production = read('NODE_ENV', oneOf('production', 'development', 'test')) === 'production';
  const port = read('PORT', integer(1, 65_535)) ?? 3000;
  const databaseUrl = read('DATABASE_URL', postgresUrl);
  const demo = read('DEMO', flag) ?? givenText('DATABASE_URL', env) === undefined;
  const config: Config = {
    production,
    port,
    issuer: read('ISSUER', issuer) ?? `http://localhost:${port}`,
    managementPort: read('MANAGEMENT_PORT', integer(0, 65_535)) ?? 3001,
    databaseUrl,
    databaseDirectUrl: read('COUNTERSIGN_DATABASE_DIRECT_URL', postgresUrl),
    databasePooler: read('COUNTERSIGN_DATABASE_POOLER', oneOf('none', 'transaction')) ?? 'none',
    databasePoolSize: read('COUNTERSIGN_DATABASE_POOL_SIZE', integer(1, 200)) ?? 10,
    dataDir: path.resolve(read('DATA_DIR', String) ?? '.data'),
    demo,
    demoPassword: read('DEMO_PASSWORD', String),
    sealingKey: read('COUNTERSIGN_SEALING_KEY', key256),
    trustProxy: read('COUNTERSIGN_TRUST_PROXY', flag) ?? false,
    sessionHours: read('COUNTERSIGN_SESSION_HOURS', integer(1, 720)) ?? 12,
    sessionIdleMinutes: read('COUNTERSIGN_SESSION_IDLE_MINUTES', integer(1, 43_200)) ?? 60,
    passkeyWaitHours: read('COUNTERSIGN_PASSKEY_WAIT_HOURS', integer(0, 720)) ?? (demo ? 0 : 24),
    longPollSeconds: read('COUNTERSIGN_LONG_POLL_SECONDS', integer(0, 25)) ?? 0,
    exchangesPerMinute: read('COUNTERSIGN_EXCHANGES_PER_MINUTE', integer(1, 1_000_000)) ?? 300,
    registrationsPerMinute: read('COUNTERSIGN_REGISTRATIONS_PER_MINUTE', integer(1, 1_000_000)) ?? 1000,
    mail: mailOf(read('COUNTERSIGN_SMTP_URL', smtpUrl), read('COUNTERSIGN_MAIL_FROM', sender)),
    pushHosts: read('COUNTERSIGN_PUSH_HOSTS', pushHosts) ?? [],
    backchannelPush: read('COUNTERSIGN_BACKCHANNEL_PUSH', flag) ?? false,
    clientAttestation: read('COUNTERSIGN_CLIENT_ATTESTATION', flag) ?? false,
    agentsPerOrganization: read('COUNTERSIGN_AGENTS_PER_ORGANIZATION', integer(1, 1_000_000)) ?? 20_000,
    dnsServers: read('COUNTERSIGN_DNS_SERVERS', nameServers) ?? [],
    fanOut: read('COUNTERSIGN_FAN_OUT', integer(1, 1000)) ?? 50,
    restoreEpoch: read('COUNTERSIGN_RESTORE_EPOCH', instant),
    dpopNonces: read('COUNTERSIGN_DPOP_NONCES', oneOf(...NONCES)) ?? 'offered',
    mtls: readMtls(read),
    logLevel: read('COUNTERSIGN_LOG_LEVEL', oneOf(...LOG_LEVELS)) ?? 'info',
    egressAllow: read('COUNTERSIGN_EGRESS_ALLOW', hosts) ?? [],
    resourceAddresses: read('COUNTERSIGN_RESOURCE_ADDRESSES', addresses) ?? new Map(),
    testConsumeDelayMs: read('COUNTERSIGN_TEST_CONSUME_DELAY_MS', integer(0, 10_000)) ?? 0,
  };

  problems.push(...unfinishedMtls(config, env));
  if (
    (givenText('COUNTERSIGN_SMTP_URL', env) === undefined) !==
    (givenText('COUNTERSIGN_MAIL_FROM', env) === undefined)
  ) {
    problems.push('COUNTERSIGN_SMTP_URL and COUNTERSIGN_MAIL_FROM are set together: no mail without a sender');
  }
  if (production) problems.push(...refusedInProduction(config, env));
  if (config.managementPort === config.port) {
    problems.push(`MANAGEMENT_PORT must differ from PORT (${config.port}): the management endpoints are not public`);
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  return config;
}

function refusedInProduction(config: Config, env: Environment): string[] {
  const given = (name: Name) => givenText(name, env) !== undefined;
  return [
    !given('DATABASE_URL') && 'DATABASE_URL is required in production: the embedded database is for development',
    !given('COUNTERSIGN_SEALING_KEY') && 'COUNTERSIGN_SEALING_KEY is required in production: it seals the signing keys',
    given('DATABASE_URL') && config.demo && 'DEMO must be 0 in production: demonstration people have known names',
    config.testConsumeDelayMs > 0 && 'COUNTERSIGN_TEST_CONSUME_DELAY_MS must be 0 in production: it is for race tests',
  ].filter((problem) => problem !== false);
}

function readMtls(read: <T>(name: Name, parse: (text: string) => T) => T | undefined): MtlsConfig | undefined {
  const from = read('COUNTERSIGN_MTLS', oneOf('off', 'proxy', 'listener'));
  // All of them, so that what is wrong is told at once.
  const header = read('COUNTERSIGN_MTLS_HEADER', headerName) ?? 'Client-Cert';
  const port = read('COUNTERSIGN_MTLS_PORT', integer(1, 65_535)) ?? 3443;
  const certificate = read('COUNTERSIGN_MTLS_CERTIFICATE', certificates) ?? '';
  const key = read('COUNTERSIGN_MTLS_KEY', privateKey) ?? '';
  const authorities = read('COUNTERSIGN_MTLS_AUTHORITIES', certificates);
  const given = read('COUNTERSIGN_MTLS_URL', issuer);
  if (from === 'proxy') return { from, header, authorities, address: given };
  if (from !== 'listener') return undefined;
  const host = URL.parse(read('ISSUER', String) ?? '')?.hostname ?? 'localhost';
  return { from, port, certificate, key, authorities, address: given ?? `https://${host}:${port}` };
}

/** What is missing, or set for nothing: a certificate that nobody reads would be trusted in. */
function unfinishedMtls({ mtls, trustProxy, port, managementPort }: Config, env: Environment): string[] {
  const given = (name: Name) => givenText(name, env) !== undefined;
  const stray = (SETTINGS.map(({ name }) => name) as Name[]).find((name) => /_MTLS_/.test(name) && given(name));
  if (!mtls) return stray && !given('COUNTERSIGN_MTLS') ? [`${stray} needs COUNTERSIGN_MTLS: proxy or listener`] : [];
  if (mtls.from === 'proxy') {
    return trustProxy ? [] : ['COUNTERSIGN_MTLS=proxy needs COUNTERSIGN_TRUST_PROXY=1: anybody can send a header'];
  }
  const { certificate, key } = mtls;
  return [
    !given('COUNTERSIGN_MTLS_CERTIFICATE') && 'COUNTERSIGN_MTLS_CERTIFICATE is required with COUNTERSIGN_MTLS=listener',
    !given('COUNTERSIGN_MTLS_KEY') && 'COUNTERSIGN_MTLS_KEY is required with COUNTERSIGN_MTLS=listener',
    certificate !== '' &&
      key !== '' &&
      !new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key)) &&
      'COUNTERSIGN_MTLS_KEY is not the key of COUNTERSIGN_MTLS_CERTIFICATE',
    (mtls.port === port || mtls.port === managementPort) &&
      `COUNTERSIGN_MTLS_PORT must differ from PORT and MANAGEMENT_PORT (${mtls.port})`,
  ].filter((problem) => problem !== false);
}

/** Every COUNTERSIGN_ name that is none of ours, and every name that looks like a misspelling of one of ours. */
function unknownNames(env: Environment): string[] {
  const ours: string[] = SETTINGS.flatMap((setting: Setting) =>
    setting.secret ? [setting.name, `${setting.name}_FILE`] : [setting.name],
  );
  return Object.keys(env).flatMap((name) => {
    if (ours.includes(name)) return [];
    const [nearest] = ours
      .map((known) => ({ known, distance: editDistance(name.toUpperCase(), known) }))
      // A short name has many innocent neighbours (HOST, TEMP), so it has to be closer.
      .filter(({ known, distance }) => distance <= (known.length < 5 ? 1 : 2))
      .sort((a, b) => a.distance - b.distance);
    if (nearest) return [`${name}: did you mean ${nearest.known}?`];
    if (/^countersign_/i.test(name)) return [`${name} is no setting; docs/configuration.md lists them all`];
    return [];
  });
}

/** The value or the content of the file that <name>_FILE names; an empty value counts as absent. */
function textOf(name: Name, env: Environment): string | undefined {
  const file = isSecret(name) ? env[`${name}_FILE`] : undefined;
  if (!file) return env[name] || undefined;
  if (env[name]) throw new Error(`and ${name}_FILE are both set: keep one`);
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch (error) {
    throw new Error(`cannot be read from the file that ${name}_FILE names (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** Whether it was given at all, right or wrong. */
function givenText(name: Name, env: Environment): string | undefined {
  return env[name] || (isSecret(name) ? env[`${name}_FILE`] : undefined) || undefined;
}

const isSecret = (name: Name) => SETTINGS.some((setting: Setting) => setting.name === name && setting.secret);

/** OpenID Connect Discovery 1.0 §3, RFC 8414 §2: https, no query, no fragment. Ours has no path either. */
function issuer(text: string): string {
  const url = parseUrl(text, 'must be a URL such as https://auth.example.com');
  const loopback = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) {
    throw new Error('must be https: only a loopback address such as http://localhost:3000 may go without');
  }
  if (url.pathname !== '/' || url.search || url.hash || url.username || url.password) {
    throw new Error(`must have no path, query, fragment or user: write ${url.origin}`);
  }
  if (text.endsWith('/')) throw new Error(`must not end with a slash: write ${url.origin}`);
  // Clients compare the issuer as a string, so it is what a browser would send back.
  if (text !== url.origin) throw new Error(`must be in its normal form: write ${url.origin}`);
  return text;
}

/** The problem never repeats the text: it holds a password. */
function postgresUrl(text: string): string {
  const url = parseUrl(text, 'must be a URL such as postgresql://countersign@localhost/countersign');
  if (url.protocol !== 'postgresql:' && url.protocol !== 'postgres:') {
    throw new Error('must be a PostgreSQL URL: postgresql://role@host/database');
  }
  return text;
}

function parseUrl(text: string, otherwise: string): URL {
  const url = URL.parse(text);
  if (!url) throw new Error(otherwise);
  return url;
}

function key256(text: string): Buffer {
  const key = Buffer.from(text, 'base64url');
  if (!/^[\w-]{43}=?$/.test(text) || key.length !== 32)
    throw new Error('must be 32 bytes in base64url (43 characters)');
  return key;
}

function headerName(text: string): string {
  if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(text)) throw new Error('must be the name of a header');
  return text;
}

function certificates(text: string): string {
  let found = 0;
  try {
    found = certificatesInPem(text).length;
  } catch {
    // told below
  }
  if (found === 0) throw new Error('must hold certificates in PEM');
  return text;
}

/** The problem never repeats the text. */
function privateKey(text: string): string {
  try {
    createPrivateKey(text);
    return text;
  } catch {
    throw new Error('must be a private key in PEM, without a password');
  }
}

function instant(text: string): Date {
  const date = new Date(text);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text) || Number.isNaN(date.getTime())) {
    throw new Error('must be an RFC 3339 instant such as 2026-11-24T06:00:00Z');
  }
  return date;
}

function hosts(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .map((entry) => {
      const url = URL.parse(`http://${entry}`);
      const plain = /^(\[[\da-f:.]+\]|[^\s/?#@:[\]]+)(:\d{1,5})?$/.test(entry);
      if (!url || !plain) throw new Error(`must be a list of host or host:port, and "${entry}" is neither`);
      return entry;
    });
}

function addresses(text: string): Map<string, string> {
  return new Map(
    text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '')
      .map((entry): [string, string] => {
        const [name = '', address = '', ...rest] = entry.split('=');
        const isOrigin = (url: string) => URL.parse(url)?.origin === url && /^https?:/.test(url);
        if (rest.length > 0 || !isOrigin(name) || !isOrigin(address)) {
          throw new Error(`must be a list of origin=origin, and "${entry}" is not`);
        }
        return [name, address];
      }),
  );
}

const mailOf = (url: string | undefined, from: string | undefined): Config['mail'] =>
  url === undefined || from === undefined ? undefined : { url, from };

/** The problem never repeats the text: it holds a password. */
function smtpUrl(text: string): string {
  const url = parseUrl(text, 'must be a URL such as smtp://user:password@mail.example.com:587');
  if (url.protocol !== 'smtp:' && url.protocol !== 'smtps:') throw new Error('must begin with smtp:// or smtps://');
  return text;
}

function sender(text: string): string {
  if (!/^([^<>\r\n]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/.test(text)) {
    throw new Error('must be an address such as Acme agents <agents@acme.example>');
  }
  return text;
}

const pushHosts = (text: string): string[] =>
  text.split(',').flatMap((entry) => {
    const name = entry.trim().toLowerCase();
    return name.startsWith('*.') ? hosts(name.slice(2)).map((host) => `*.${host}`) : hosts(name);
  });

function flag(text: string): boolean {
  if (text !== '0' && text !== '1') throw new Error('must be 0 or 1');
  return text === '1';
}

function integer(low: number, high: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < low || value > high) throw new Error(`must be a number from ${low} to ${high}`);
    return value;
  };
}

function oneOf<const T extends string>(...allowed: readonly T[]) {
  return (text: string): T => {
    const found = allowed.find((value) => value === text);
    if (found === undefined) throw new Error(`must be one of ${allowed.join(', ')}`);
    return found;
  };
}

/** Insertions, deletions, substitutions and swapped neighbours. */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number) => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    rows[i] = [i];
    for (let j = 1; j <= b.length; j++) {
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY;
      const changed = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      (rows[i] as number[])[j] = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, changed, swapped);
    }
  }
  return at(a.length, b.length);
}

function nameServers(text: string): string[] {
  return text.split(',').map((part) => {
    const server = part.trim();
    const [, bracketed, plain] = /^(?:\[([0-9a-f:]+)\]|([0-9.]+))(?::\d{1,5})?$/i.exec(server) ?? [];
    if (isIP(bracketed ?? plain ?? server) === 0) throw new Error(`holds ${server}, which is no IP address`);
    return server;
  });
}
