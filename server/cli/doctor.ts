import type { Command } from 'commander';

import { issuerOf } from './credentials.ts';
import { Failure } from './failure.ts';
import { shared } from './options.ts';
import { printRows } from './output.ts';

interface Finding {
  check: string;
  ok: boolean;
  says: string;
}

/** Seconds by which two clocks may differ before proofs and assertions fail. */
const CLOCK_SECONDS = 5;

export function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('looks whether a server answers as it should: address, metadata, keys, clock, headers, admin API')
    .action(async (_options: object, command: Command) => {
      const { place, format } = shared(command);
      const findings = await examine(issuerOf(place));
      printRows(
        findings,
        format,
        { '': ({ ok }) => (ok ? 'ok' : 'BAD'), CHECK: ({ check }) => check, SAYS: ({ says }) => says },
        'Nothing was looked at.',
      );
      const bad = findings.filter(({ ok }) => !ok).length;
      if (bad > 0)
        throw new Failure(
          bad === findings.length ? 'error' : 'partly',
          `${bad} of ${findings.length} are not as they should be.`,
        );
    });
}

async function examine(issuer: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  const look = async (check: string, work: () => Promise<string | Finding>) => {
    const found = await work().catch((error: Error & { cause?: { code?: string } }) => ({
      check,
      ok: false,
      says: error.cause?.code ?? error.message,
    }));
    findings.push(typeof found === 'string' ? { check, ok: true, says: found } : found);
  };
  const bad = (check: string, says: string): Finding => ({ check, ok: false, says });
  const json = async (path: string) => (await fetch(`${issuer}${path}`)).json() as Promise<Record<string, unknown>>;

  await look('issuer', async () => {
    const metadata = await json('/.well-known/oauth-authorization-server');
    return metadata.issuer === issuer ? `calls itself ${issuer}` : bad('issuer', `calls itself ${metadata.issuer}`);
  });
  await look('TLS', async () => {
    const { protocol, hostname } = new URL(issuer);
    if (protocol === 'https:') return 'https';
    return hostname === 'localhost'
      ? 'http on this machine: for development'
      : bad('TLS', 'http: tokens travel in clear');
  });
  await look('keys', async () => {
    const { keys } = (await json('/jwks')) as { keys?: { d?: string; kid?: string }[] };
    if (!keys?.length) return bad('keys', 'there are none');
    return keys.some(({ d }) => d !== undefined)
      ? bad('keys', 'a private key is public')
      : `${keys.length} public keys`;
  });
  await look('clock', async () => {
    const sent = Date.now();
    const date = (await fetch(`${issuer}/jwks`)).headers.get('date');
    if (date === null) return bad('clock', 'the server tells no time');
    const apart = Math.round(Math.abs(Date.parse(date) - sent) / 1000);
    return apart <= CLOCK_SECONDS
      ? `within ${CLOCK_SECONDS} seconds of ours`
      : bad('clock', `${apart} seconds from ours`);
  });
  await look('pages', async () => {
    const { headers } = await fetch(`${issuer}/login`, { headers: { accept: 'text/html' } });
    const policy = headers.get('content-security-policy') ?? '';
    return /frame-ancestors 'none'/.test(policy) && /form-action 'self'/.test(policy)
      ? 'locked down (CSP, no frames)'
      : bad('pages', 'a proxy took the Content-Security-Policy away');
  });
  await look('admin API', async () => {
    const { openapi, paths } = (await json('/admin/api/openapi.json')) as { openapi?: string; paths?: object };
    return openapi === '3.1.0'
      ? `${Object.keys(paths ?? {}).length} paths`
      : bad('admin API', 'does not describe itself');
  });
  return findings;
}
