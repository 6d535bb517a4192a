import webpush from 'web-push';

import type { Channel, PushAddress } from '../../server/notifications/notice.ts';
import { posted } from './posted.ts';

/** RFC 8292: by these keys push services tell us from others. Base64url. */
export interface VapidKeys {
  publicKey: string;
  privateKey: string;
}

export const newVapidKeys = (): VapidKeys => webpush.generateVAPIDKeys();

/**
 * Web Push (RFC 8030, 8291, 8292): the browser alone can read it; the push service sees when, and how much. The library
 * encrypts and signs, the one way out sends.
 *
 * @param contact whom a push service may write to: `mailto:` or `https:`
 */
export const webPush = (
  fetch: typeof globalThis.fetch,
  keys: () => Promise<VapidKeys>,
  contact: string,
  isAllowed: (endpoint: string) => boolean,
): Channel<PushAddress> => ({
  async send({ endpoint, p256dh, auth }, notice, { signal }) {
    // It was checked when it was added; the list may be shorter by now.
    if (!isAllowed(endpoint)) return { failed: 'no push service that this server writes to' };
    const { title, body, url, tag, expiresAt, impact, over } = notice;
    const seconds = Math.max(0, Math.floor((expiresAt.getTime() - Date.now()) / 1000));
    const payload = JSON.stringify({
      // Read by the browser itself where it knows Declarative Web Push, by our service worker everywhere else.
      web_push: 8030,
      // Where the browser itself reads it, "over" takes the place of what was said, without a sound; our worker removes both.
      notification: { title, body, navigate: url, tag, ...(over && { silent: true }) },
      id: tag,
      ...(over && { over }),
    });
    const request = webpush.generateRequestDetails({ endpoint, keys: { p256dh, auth } }, payload, {
      TTL: seconds,
      urgency: impact === 'high' || impact === 'critical' ? 'high' : 'normal',
      // A repetition replaces what was not delivered yet (RFC 8030 §5.4).
      topic: tag.replace(/[^A-Za-z0-9_-]/g, '').slice(-32),
      vapidDetails: { subject: contact, ...(await keys()) },
      contentEncoding: 'aes128gcm',
    });
    const headers = Object.fromEntries(
      Object.entries(request.headers).flatMap(([name, value]) =>
        name.toLowerCase() === 'content-length' ? [] : [[name, String(value)]],
      ),
    );
    return posted(fetch, endpoint, { headers, body: request.body as Buffer, signal });
  },
});

/** Push services of the browsers there are. */
const SERVICES = [
  'fcm.googleapis.com',
  '*.push.services.mozilla.com',
  '*.push.apple.com',
  '*.notify.windows.com',
] as const;

/**
 * Is this the address of a push service? Whoever may add any address could make this server write to it, so it is a
 * list: of the browsers, and what the operator adds (`host`, `host:port`, `*.domain`).
 */
export function pushServices(added: readonly string[]): (endpoint: string) => boolean {
  const patterns = [...SERVICES, ...added];
  return (endpoint) => {
    const url = URL.parse(endpoint);
    if (!url || url.username || url.password || url.hash) return false;
    const named = (pattern: string) =>
      pattern.startsWith('*.')
        ? url.port === '' && url.hostname.endsWith(pattern.slice(1))
        : pattern === url.host || (url.port === '' && pattern === url.hostname);
    // Plain HTTP for what the operator named, port and all: a push service of their own on the same machine.
    const secure = url.protocol === 'https:' || (url.protocol === 'http:' && added.includes(url.host));
    return secure && patterns.some(named);
  };
}
