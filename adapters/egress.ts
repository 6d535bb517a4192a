import type { LookupAddress } from 'node:dns';
import { lookup, Resolver } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { Agent, fetch as undiciFetch } from 'undici';

/**
 * The one way out. A name is resolved once, every address it has is checked, and the connection goes to the checked
 * address, so that a name which answers differently a moment later (rebinding) gains nothing. No redirects, no more
 * than 64 KB, unpacked as well, no more than 2.5 seconds.
 *
 * @param allowed `host` or `host:port` that may be private
 * @param servers where names are resolved; none: as the machine does
 */
export function egressFetch(allowed: readonly string[], servers: readonly string[] = []): typeof globalThis.fetch {
  const guarded = new Agent({
    connect: { lookup: guardedLookup(addressesBy(servers)), timeout: 2000 },
    maxResponseSize: ANSWER_BYTES,
    headersTimeout: 2500,
    bodyTimeout: 2500,
  });
  const open = new Agent({ maxResponseSize: ANSWER_BYTES, headersTimeout: 2500, bodyTimeout: 2500 });

  return (async (input: string | URL | Request, init: RequestInit = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const permitted = allowed.includes(url.host.toLowerCase()) || allowed.includes(url.hostname.toLowerCase());
    if (url.protocol !== 'https:' && !(permitted && url.protocol === 'http:')) {
      throw new EgressRefused(`${url.protocol} is not used for outbound requests`);
    }
    // A literal address never reaches the lookup.
    const literal = url.hostname.replace(/^\[|\]$/g, '');
    if (!permitted && isIP(literal) && !isPublic(literal)) throw new EgressRefused('a private address');
    const response = await undiciFetch(url, {
      ...(init as object),
      // Told to look, a caller sees that it was sent elsewhere; nobody goes there.
      redirect: init.redirect === 'manual' ? 'manual' : 'error',
      dispatcher: permitted ? open : guarded,
      signal: init.signal ?? AbortSignal.timeout(2500),
    } as never);
    return bounded(response as unknown as Response);
  }) as typeof globalThis.fetch;
}

const ANSWER_BYTES = 64 * 1024;

/** The limit of the connection counts what was sent: a few hundred bytes of it unpack to as much as memory holds. */
function bounded(response: Response): Response {
  const { status, statusText, headers, body } = response;
  let size = 0;
  const counted = body?.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        size += piece.byteLength;
        if (size > ANSWER_BYTES) controller.error(new EgressRefused('the answer is too large'));
        else controller.enqueue(piece);
      },
    }),
  );
  return counted ? new Response(counted, { status, statusText, headers }) : response;
}

export class EgressRefused extends Error {
  constructor(why: string) {
    super(`outbound request refused: ${why}`);
    this.name = 'EgressRefused';
  }
}

const guardedLookup =
  (resolve: Addresses): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, options.family === 4 || options.family === 6 ? options.family : 0).then(
      (addresses) => {
        const refused = addresses.find(({ address }) => !isPublic(address));
        if (refused) return callback(new EgressRefused(`${hostname} has a private address`), []);
        return callback(null, addresses);
      },
      (error) => callback(error, []),
    );
  };

type Addresses = (hostname: string, family: 0 | 4 | 6) => Promise<LookupAddress[]>;

/** Every address of a name. */
function addressesBy(servers: readonly string[]): Addresses {
  if (servers.length === 0) return (hostname, family) => lookup(hostname, { family, all: true });
  const resolver = resolverAt(servers);
  return async (hostname, family) => {
    const [four, six] = await Promise.all([
      family === 6 ? [] : resolver.resolve4(hostname).catch(() => []),
      family === 4 ? [] : resolver.resolve6(hostname).catch(() => []),
    ]);
    const addresses = [
      ...four.map((address) => ({ address, family: 4 })),
      ...six.map((address) => ({ address, family: 6 })),
    ];
    if (addresses.length === 0) throw new Error(`${hostname} has no address`);
    return addresses;
  };
}

function resolverAt(servers: readonly string[]): Resolver {
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  if (servers.length > 0) resolver.setServers(servers);
  return resolver;
}

/** The TXT records of a name (RFC 1035 §3.3.14), each in one piece; none where they cannot be had. */
export const textRecordsAt =
  (servers: readonly string[]) =>
  async (name: string): Promise<string[]> => {
    try {
      const records = await resolverAt(servers).resolveTxt(name);
      return records.map((pieces) => pieces.join(''));
    } catch {
      return [];
    }
  };

/** Unicast and public, also when an IPv4 address hides in an IPv6 one. */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address); // unwraps ::ffff:a.b.c.d
  // Of IPv6 only 2000::/3 is given to anybody (RFC 4291 §2.4): what else is no special range leads into some house, too.
  const isGiven = parsed.kind() === 'ipv4' || (parsed.toByteArray()[0] ?? 0) >> 5 === 0b001;
  return isGiven && parsed.range() === 'unicast';
}
