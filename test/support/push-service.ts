import { createDecipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { importJWK, jwtVerify } from 'jose';

/** What a browser got, as its service worker would see it. */
export interface Pushed {
  headers: IncomingHttpHeaders;
  /** Decrypted (RFC 8291); nobody on the way can. */
  payload: string;
  /** As it came over the wire. */
  wire: Buffer;
  /** The claims of the sender's VAPID token, verified (RFC 8292). */
  vapid: Record<string, unknown>;
}

/** One subscribed browser. */
export interface Subscription {
  /** As `PushSubscription.toJSON()` gives it. */
  json: { endpoint: string; keys: { p256dh: string; auth: string } };
  received: Pushed[];
  /** Messages that take what was shown off the screen again. */
  over: Pushed[];
  /** Statuses to answer with, the first one first; 201 when there is none left. */
  replies: number[];
}

/** A push service (RFC 8030) and the browsers behind it. */
export interface PushService {
  host: string;
  subscribe(): Subscription;
  close(): Promise<void>;
}

export async function startPushService(): Promise<PushService> {
  const browsers = new Map<
    string,
    { subscription: Subscription; privateKey: Buffer; auth: Buffer; publicKey: Buffer }
  >();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', async () => {
      const browser = browsers.get(request.url ?? '');
      const answer = browser?.subscription.replies.shift() ?? (browser ? 201 : 404);
      if (browser && answer < 300) {
        const wire = Buffer.concat(chunks);
        const payload = decrypt(wire, browser);
        const { received, over } = browser.subscription;
        (payload.includes('"over":true') ? over : received).push({
          headers: request.headers,
          wire,
          payload,
          vapid: await verifyVapid(request.headers.authorization ?? '', `http://${request.headers.host}`),
        });
      }
      response.writeHead(answer).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  return {
    host,
    subscribe() {
      const key = createECDH('prime256v1');
      const publicKey = key.generateKeys();
      const auth = randomBytes(16);
      const path = `/push/${randomBytes(24).toString('base64url')}`;
      const subscription: Subscription = {
        json: {
          endpoint: `http://${host}${path}`,
          keys: { p256dh: publicKey.toString('base64url'), auth: auth.toString('base64url') },
        },
        received: [],
        over: [],
        replies: [],
      };
      browsers.set(path, { subscription, privateKey: key.getPrivateKey(), auth, publicKey });
      return subscription;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** RFC 8188 and RFC 8291, written from the documents and not with the library that encrypts. */
function decrypt(
  wire: Buffer,
  { privateKey, auth, publicKey }: { privateKey: Buffer; auth: Buffer; publicKey: Buffer },
): string {
  const salt = wire.subarray(0, 16);
  const senderKey = wire.subarray(21, 21 + wire.readUInt8(20));
  const sealed = wire.subarray(21 + senderKey.length);
  const own = createECDH('prime256v1');
  own.setPrivateKey(privateKey);
  const derive = (secret: Buffer, by: Buffer, info: Buffer, length: number) =>
    Buffer.from(hkdfSync('sha256', secret, by, info, length));
  const ikm = derive(
    own.computeSecret(senderKey),
    auth,
    Buffer.concat([Buffer.from('WebPush: info\0'), publicKey, senderKey]),
    32,
  );
  const key = derive(ikm, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
  const nonce = derive(ikm, salt, Buffer.from('Content-Encoding: nonce\0'), 12);
  const decipher = createDecipheriv('aes-128-gcm', key, nonce).setAuthTag(sealed.subarray(-16));
  const padded = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
  return padded.subarray(0, padded.lastIndexOf(2)).toString('utf8');
}

async function verifyVapid(authorization: string, audience: string): Promise<Record<string, unknown>> {
  const [, token = '', key = ''] = /^vapid t=([^,]+), ?k=(.+)$/.exec(authorization) ?? [];
  const point = Buffer.from(key, 'base64url');
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  };
  const { payload } = await jwtVerify(token, await importJWK(jwk, 'ES256'), { audience });
  return payload;
}
