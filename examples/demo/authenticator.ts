import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';

/**
 * An authenticator in software: ES256 keys that sign what a browser would hand them (Web Authentication §6). What a
 * hostile one would do is a deviation: another origin, no user verification, a counter that stands still.
 */
export interface Authenticator {
  credentialId: string;
  /** `navigator.credentials.create`, as JSON. */
  create(options: CreationOptions, deviation?: Deviation): string;
  /** `navigator.credentials.get`, as JSON. */
  get(options: RequestOptions, deviation?: Deviation): string;
}

export interface Deviation {
  origin?: string;
  challenge?: string;
  type?: string;
  userVerified?: boolean;
  userPresent?: boolean;
  /** Says that it can be, and is, synced. */
  syncs?: boolean;
  rpId?: string;
  crossOrigin?: boolean;
  counter?: number;
  userHandle?: string;
  credentialId?: string;
  /** Signs with another key than the one that it registered. */
  key?: KeyObject;
}

interface CreationOptions {
  challenge: string;
  rp: { id?: string };
}
interface RequestOptions {
  challenge: string;
  rpId?: string;
}

/** @param origin of the pages, as the browser would put it into what is signed */
export function newAuthenticator(
  origin: string,
  { counts = true, syncs = false }: { counts?: boolean; syncs?: boolean } = {},
): Authenticator {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const id = randomBytes(32);
  let counter = 0;

  const clientData = (type: string, challenge: string, deviation: Deviation) =>
    Buffer.from(
      JSON.stringify({
        type: deviation.type ?? type,
        challenge: deviation.challenge ?? challenge,
        origin: deviation.origin ?? origin,
        crossOrigin: deviation.crossOrigin ?? false,
      }),
    );
  const authenticatorData = (rpId: string, deviation: Deviation, attested?: Buffer) => {
    const { userPresent = true, userVerified = true } = deviation;
    const flags =
      (userPresent ? 0x01 : 0) |
      (userVerified ? 0x04 : 0) |
      (attested ? 0x40 : 0) |
      ((deviation.syncs ?? syncs) ? 0x18 : 0);
    const count = Buffer.alloc(4);
    counter += counts ? 1 : 0;
    count.writeUInt32BE(deviation.counter ?? counter);
    const hash = createHash('sha256')
      .update(deviation.rpId ?? rpId)
      .digest();
    return Buffer.concat([hash, Buffer.from([flags]), count, attested ?? Buffer.alloc(0)]);
  };
  const credential = (response: object, deviation: Deviation) => {
    const named = deviation.credentialId ?? id.toString('base64url');
    return JSON.stringify({ id: named, rawId: named, type: 'public-key', response, clientExtensionResults: {} });
  };

  return {
    credentialId: id.toString('base64url'),

    create({ challenge, rp }, deviation = {}) {
      const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
      const cose = isoCBOR.encode(
        new Map<number, number | Uint8Array>([
          [1, 2],
          [3, -7],
          [-1, 1],
          [-2, new Uint8Array(Buffer.from(x, 'base64url'))],
          [-3, new Uint8Array(Buffer.from(y, 'base64url'))],
        ]),
      );
      const length = Buffer.alloc(2);
      length.writeUInt16BE(id.length);
      const attested = Buffer.concat([Buffer.alloc(16), length, id, cose]);
      const authData = new Uint8Array(authenticatorData(rp.id ?? new URL(origin).hostname, deviation, attested));
      const object = isoCBOR.encode(
        new Map<string, unknown>([
          ['fmt', 'none'],
          ['attStmt', new Map()],
          ['authData', authData],
        ]) as never,
      );
      return credential(
        {
          clientDataJSON: clientData('webauthn.create', challenge, deviation).toString('base64url'),
          attestationObject: Buffer.from(object).toString('base64url'),
          transports: ['internal'],
        },
        deviation,
      );
    },

    get({ challenge, rpId }, deviation = {}) {
      const data = authenticatorData(rpId ?? new URL(origin).hostname, deviation);
      const client = clientData('webauthn.get', challenge, deviation);
      const signed = Buffer.concat([data, createHash('sha256').update(client).digest()]);
      return credential(
        {
          clientDataJSON: client.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: sign('sha256', signed, deviation.key ?? privateKey).toString('base64url'),
          ...(deviation.userHandle !== undefined && { userHandle: deviation.userHandle }),
        },
        deviation,
      );
    },
  };
}

/** The options that a page's form holds for the script. @param action of the form, where there are several */
export function optionsIn(
  { html }: { html: string },
  which: 'request' | 'creation',
  action = '',
): CreationOptions & RequestOptions {
  const forms = [...html.matchAll(/<form[^>]*data-passkey[^>]*>/g)].map(([form]) => form);
  const form = forms.find((one) => one.includes(`action="${action}`)) ?? '';
  const json = new RegExp(`data-${which}="([^"]*)"`).exec(form)?.[1];
  if (json === undefined) throw new Error(`no ${which} in a form for ${action}: ${html.slice(0, 1500)}`);
  return JSON.parse(json.replaceAll('&quot;', '"').replaceAll('&amp;', '&'));
}
