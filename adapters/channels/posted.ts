import type { Sent } from '../../server/notifications/notice.ts';
import { EgressRefused } from '../egress.ts';

/** Milliseconds. */
const LONGEST = 5000;

/**
 * One POST by the one way out, and what its answer means: try again (and when), never again, or the address is no
 * longer there. Never followed anywhere else.
 */
export async function posted(
  fetch: typeof globalThis.fetch,
  url: string,
  { headers, body, signal }: { headers: Record<string, string>; body: string | Uint8Array; signal: AbortSignal },
): Promise<Sent> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers,
      body: body as never,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST)]),
    });
    await response.body?.cancel();
  } catch (cause) {
    if (signal.aborted) throw cause;
    for (let error: unknown = cause; error instanceof Error; error = error.cause) {
      if (error instanceof EgressRefused) return { failed: error.message };
    }
    return { retry: 'it cannot be reached' };
  }
  const { status } = response;
  if (status >= 200 && status < 300) return { sent: true };
  if (status === 404 || status === 410) return { gone: `it answered ${status}` };
  if (status !== 429 && status < 500) return { failed: `it answered ${status}` };
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return { retry: `it answered ${status}`, afterSeconds: seconds >= 0 ? Math.min(seconds, 3600) : undefined };
}
