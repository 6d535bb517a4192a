import {
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';

/** A key and its certificate (RFC 5280), as a file of a TLS server or client holds them. */
export interface Certified {
  key: KeyObject;
  x509: X509Certificate;
  /** For TLS options. */
  pem: { key: string; cert: string };
  /** The SHA-256 of the certificate in base64url (RFC 8705 §3.1). */
  thumbprint: string;
  /** The public key with the certificate in it, as `self_signed_tls_client_auth` registers it. */
  jwk: JsonWebKey & { x5c: string[] };
}

export interface CertificateWish {
  /** One array per relative distinguished name, from the root: `[['C', 'DE']]`, `[['CN', 'agent']]`. */
  subject: readonly (readonly (readonly [type: keyof typeof ATTRIBUTES, value: string])[])[];
  /** Alternative names. */
  dns?: readonly string[];
  uri?: readonly string[];
  ip?: readonly Buffer[];
  email?: readonly string[];
  authority?: boolean;
  /** Extended key usage: for what TLS side it is good; both when left out. */
  use?: 'client' | 'server';
  /** Seconds from now. */
  from?: number;
  until?: number;
  key?: KeyObject;
}

/** A certificate by an authority, or by itself. Written out in DER, because nothing at hand makes one. */
export function certify(wish: CertificateWish, authority?: Certified): Certified {
  const key = wish.key ?? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const publicKey = createPublicKey(key as never);
  const subject = nameOf(wish.subject);
  const issuer = authority ? subjectIn(authority.x509.raw) : subject;
  const body = sequence(
    context(0, integer(Buffer.from([2]))),
    integer(randomBytes(8)),
    ECDSA_SHA256,
    issuer,
    sequence(time(wish.from ?? -60), time(wish.until ?? 3600)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    context(3, sequence(...extensionsOf(wish))),
  );
  const signature = sign('sha256', body, authority?.key ?? key);
  const raw = sequence(body, ECDSA_SHA256, tagged(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const x509 = new X509Certificate(raw);
  return {
    key,
    x509,
    pem: { key: key.export({ type: 'pkcs8', format: 'pem' }) as string, cert: x509.toString() },
    thumbprint: Buffer.from(x509.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url'),
    jwk: { ...publicKey.export({ format: 'jwk' }), x5c: [raw.toString('base64')] },
  };
}

export const authority = (name = 'Acme Authority'): Certified =>
  certify({ subject: [[['CN', name]]], authority: true });

const ATTRIBUTES = {
  CN: '550403',
  C: '550406',
  O: '55040a',
  OU: '55040b',
  serialNumber: '550405',
  DC: '0992268993f22c640119',
  UID: '0992268993f22c640101',
} as const;

const tagged = (tag: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([tag]), lengthOf(content), content]);
const sequence = (...parts: Buffer[]): Buffer => tagged(0x30, Buffer.concat(parts));
const context = (number: number, content: Buffer): Buffer => tagged(0xa0 + number, content);
const oid = (hex: string): Buffer => tagged(0x06, Buffer.from(hex, 'hex'));
const octets = (content: Buffer): Buffer => tagged(0x04, content);
// A first byte below 0x80, or the number would be negative.
const integer = (bytes: Buffer): Buffer =>
  tagged(0x02, Buffer.concat([Buffer.from([0x01]), bytes].slice(bytes.length > 1 ? 0 : 1)));
const ECDSA_SHA256 = sequence(oid('2a8648ce3d040302'));

function lengthOf({ length }: Buffer): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  return length < 0x100 ? Buffer.from([0x81, length]) : Buffer.from([0x82, length >> 8, length & 0xff]);
}

function time(seconds: number): Buffer {
  const text = new Date(Date.now() + seconds * 1000).toISOString().replace(/[-:T]|\.\d+/g, '');
  return tagged(0x17, Buffer.from(text.slice(2)));
}

const nameOf = (names: CertificateWish['subject']): Buffer =>
  sequence(
    ...names.map((attributes) =>
      tagged(
        0x31,
        Buffer.concat(
          attributes.map(([type, value]) => sequence(oid(ATTRIBUTES[type]), tagged(0x0c, Buffer.from(value)))),
        ),
      ),
    ),
  );

function extensionsOf({
  dns = [],
  uri = [],
  ip = [],
  email = [],
  authority: isAuthority,
  use,
}: CertificateWish): Buffer[] {
  const names = [
    ...email.map((name) => tagged(0x81, Buffer.from(name))),
    ...dns.map((name) => tagged(0x82, Buffer.from(name))),
    ...uri.map((name) => tagged(0x86, Buffer.from(name))),
    ...ip.map((bytes) => tagged(0x87, bytes)),
  ];
  return [
    ...(isAuthority ? [sequence(oid('551d13'), tagged(0x01, Buffer.from([0xff])), octets(sequence(TRUE)))] : []),
    ...(names.length > 0 ? [sequence(oid('551d11'), octets(sequence(...names)))] : []),
    ...(use
      ? [sequence(oid('551d25'), octets(sequence(oid(use === 'client' ? '2b06010505070302' : '2b06010505070301'))))]
      : []),
  ];
}

const TRUE = tagged(0x01, Buffer.from([0xff]));

/** The subject of a certificate as it stands there, byte for byte: the issuer of what it signs. */
function subjectIn(raw: Buffer): Buffer {
  const body = partsOf(partsOf(raw)[0] as Buffer);
  return body[5] as Buffer;
}

/** The elements of a sequence. */
function partsOf(element: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  let at = headOf(element);
  while (at < element.length) {
    const rest = element.subarray(at);
    const long = rest[1] as number;
    const length = long < 0x80 ? long : rest.readUIntBE(2, long - 0x80);
    parts.push(rest.subarray(0, headOf(rest) + length));
    at += headOf(rest) + length;
  }
  return parts;
}

const headOf = (element: Buffer): number => ((element[1] as number) < 0x80 ? 2 : 2 + (element[1] as number) - 0x80);
