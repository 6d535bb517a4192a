import type { MeasuredServer } from './server.ts';

/** One request, ready to be sent: whatever needed a signature has it. */
export interface Prepared {
  path: string;
  headers: Record<string, string>;
  body: string;
}

export interface Window {
  /** Milliseconds of CPU of the server process per request. */
  cpu: number;
  /** Milliseconds each, in the order of completion. */
  latencies: number[];
  /** Requests per second of wall clock. */
  rate: number;
}

export class UnexpectedAnswer extends Error {}

/**
 * Sends all requests, at most `atOnce` under way, and takes the CPU of the server process before and after.
 *
 * @throws UnexpectedAnswer at the first answer that is not the one the flow promises: a figure made of refusals says nothing
 */
export async function measure(
  server: MeasuredServer,
  requests: readonly Prepared[],
  atOnce: number,
  expected: (status: number, body: string) => boolean,
): Promise<Window> {
  const latencies: number[] = [];
  const before = await server.usage();
  const started = performance.now();
  let next = 0;
  const sender = async () => {
    for (let request = requests[next++]; request; request = requests[next++]) {
      const sent = performance.now();
      const { status, body } = await send(server, request);
      latencies.push(performance.now() - sent);
      if (!expected(status, body)) {
        throw new UnexpectedAnswer(
          `${server.issuer}${request.path} answered ${status}: ${body.slice(0, 500)}\n${server.words()}`,
        );
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, sender));
  const seconds = (performance.now() - started) / 1000;
  const after = await server.usage();
  return { cpu: (after.cpu - before.cpu) / requests.length, latencies, rate: requests.length / seconds };
}

/** One request and its whole answer. */
export async function send(
  { pool, issuer }: Pick<MeasuredServer, 'pool' | 'issuer'>,
  { path, headers, body }: Prepared,
): Promise<{ status: number; body: string }> {
  const { host } = new URL(issuer); // every instance answers to the issuer's name
  const answer = await pool.request({ method: 'POST', path, headers: { host, ...headers }, body });
  return { status: answer.statusCode, body: await answer.body.text() };
}

export const form = (fields: Record<string, string>, headers: Record<string, string> = {}) => ({
  headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  body: new URLSearchParams(fields).toString(),
});

/** The value below which `share` of the sorted values lie (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);
