import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

import { REGISTRATION_REFUSED } from '../../views/words/console-registration-refused.ts';
import { type Saying, saying } from '../../views/words/saying.ts';
import { bindingTo, type CertificateReader, type ClientCertificate } from '../http/client-certificate.ts';
import { parseCertificate } from '../oauth/x509.ts';
import type { ClientRecord } from './clients.ts';
import { THRESHOLDS } from './expiry.ts';

/** How a client names the subject of its certificate (RFC 8705 §2.1.2); exactly one of these. */
export const SUBJECT_MEMBERS = [
  'tls_client_auth_subject_dn',
  'tls_client_auth_san_dns',
  'tls_client_auth_san_uri',
  'tls_client_auth_san_ip',
  'tls_client_auth_san_email',
] as const;
export type SubjectMember = (typeof SUBJECT_MEMBERS)[number];

export const TLS_METHODS = ['tls_client_auth', 'self_signed_tls_client_auth'] as const;

/** Client certificates, where the deployment has an address for them. */
export interface MutualTls {
  /** The authorities of `tls_client_auth`; without any there is only the self-signed kind. */
  authorities: readonly X509Certificate[];
  certificate: CertificateReader;
  /** Where TLS ends at something that asks for certificates, if that is not the issuer's own address. */
  address: string | undefined;
}

/** RFC 8705 §2: is this certificate this client's, by the method that it registered? */
export function authenticates(
  certificate: ClientCertificate,
  { metadata }: Pick<ClientRecord, 'metadata'>,
  authorities: readonly X509Certificate[],
): boolean {
  switch (metadata.token_endpoint_auth_method) {
    case 'tls_client_auth':
      return isIssuedBy(certificate.x509, authorities, new Date()) && hasRegisteredSubject(certificate.x509, metadata);
    case 'self_signed_tls_client_auth':
      return isRegisteredCertificate(certificate, metadata.jwks);
    default:
      return false;
  }
}

/**
 * Did one of these authorities issue it, for a client, and is it in date? Each authority is trusted by itself, whatever
 * is above it: the bundle holds those that issue. Not asked here: revocation.
 */
export function isIssuedBy(x509: X509Certificate, authorities: readonly X509Certificate[], now: Date): boolean {
  if (!isInDate(x509, now) || !isForClients(x509)) return false;
  return authorities.some(
    (authority) =>
      authority.ca && isInDate(authority, now) && x509.checkIssued(authority) && x509.verify(authority.publicKey),
  );
}

const isInDate = ({ validFromDate, validToDate }: X509Certificate, now: Date): boolean =>
  validFromDate <= now && now < validToDate;

/** Extended key usage (RFC 5280 §4.2.1.12), where there is any: a stolen server's certificate is no client's. */
const isForClients = ({ keyUsage }: X509Certificate): boolean =>
  (keyUsage as string[] | undefined)?.some((usage) => usage === CLIENT_AUTHENTICATION || usage === ANY_USAGE) ?? true;

const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2';
const ANY_USAGE = '2.5.29.37.0';

/**
 * When the certificates end by which a client proves its subject, as far as it showed any: the last of them. Null for
 * those that live no longer than the first warning would come before their end: a machine renews these, day after day.
 *
 * @param before what was known until this one was shown
 */
export function endAfterShowing({ validFromDate, validToDate }: X509Certificate, before: Date | null): Date | null {
  const warned = (THRESHOLDS[0] ?? 0) * 86_400_000;
  if (validToDate.getTime() - validFromDate.getTime() <= warned) return null;
  return before !== null && before > validToDate ? before : validToDate;
}

/** Is the certificate's subject the one that the client registered? */
function hasRegisteredSubject(x509: X509Certificate, metadata: ClientRecord['metadata']): boolean {
  const named = SUBJECT_MEMBERS.filter((member) => metadata[member] !== undefined);
  const [member] = named;
  return member !== undefined && named.length === 1 && subjectMatches(x509, member, String(metadata[member]));
}

export function subjectMatches(x509: X509Certificate, member: SubjectMember, expected: string): boolean {
  switch (member) {
    case 'tls_client_auth_subject_dn': {
      const wanted = parseName(expected);
      return wanted !== undefined && JSON.stringify(wanted) === JSON.stringify(nameOf(x509));
    }
    case 'tls_client_auth_san_dns':
      return x509.checkHost(expected, { subject: 'never', wildcards: false }) !== undefined;
    case 'tls_client_auth_san_ip':
      return x509.checkIP(expected) !== undefined;
    case 'tls_client_auth_san_email':
      return x509.checkEmail(expected, { subject: 'never' }) !== undefined;
    case 'tls_client_auth_san_uri':
      return urisOf(x509).includes(expected);
  }
}

/** What is wrong with a subject that a client wants to register; undefined where it can be compared. */
export function subjectProblem(member: SubjectMember, value: unknown): Saying | undefined {
  if (typeof value !== 'string' || value === '' || value.length > 500) {
    return saying(REGISTRATION_REFUSED.text, { member, limit: 500 });
  }
  switch (member) {
    case 'tls_client_auth_subject_dn':
      return parseName(value) ? undefined : saying(REGISTRATION_REFUSED.subjectDn, { member });
    case 'tls_client_auth_san_dns':
      return /^(?=.{1,253}$)([a-z0-9_]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i.test(value)
        ? undefined
        : saying(REGISTRATION_REFUSED.subjectDns, { member });
    case 'tls_client_auth_san_ip':
      return isIP(value) !== 0 ? undefined : saying(REGISTRATION_REFUSED.subjectIp, { member });
    case 'tls_client_auth_san_email':
      return /^[^\s@]+@[^\s@]+$/.test(value) ? undefined : saying(REGISTRATION_REFUSED.subjectEmail, { member });
    case 'tls_client_auth_san_uri':
      return URL.canParse(value) ? undefined : saying(REGISTRATION_REFUSED.subjectUri, { member });
  }
}

/**
 * Is it, byte for byte, one of the certificates that the client registered (RFC 8705 §2.2)? Who signed it, and until
 * when, says nothing there: the registration is the trust.
 */
export function isRegisteredCertificate({ binding }: ClientCertificate, jwks: unknown): boolean {
  return certificatesIn(jwks).some((x509) => bindingTo(x509) === binding);
}

/** The certificates of a key set, one of each key that has any: the first of `x5c` (RFC 7517 §4.7). */
export function certificatesIn(jwks: unknown): X509Certificate[] {
  const { keys } = (jwks ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) return [];
  return keys.flatMap((jwk: { x5c?: unknown } | null) => {
    const [first] = Array.isArray(jwk?.x5c) ? (jwk.x5c as unknown[]) : [];
    return (typeof first === 'string' && parseCertificate(first)) || [];
  });
}

/** Alternative names as Node prints them: separated by commas, and in JSON where a name itself holds one. */
const urisOf = ({ subjectAltName = '' }: X509Certificate): string[] =>
  (subjectAltName.match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g) ?? []).flatMap((entry) => {
    const [, uri] = /^\s*URI:(.*)$/.exec(entry) ?? [];
    return uri === undefined ? [] : uri.startsWith('"') ? String(JSON.parse(uri)) : uri;
  });

/** Relative names, the most specific first; each a sorted list of `type=value`. */
type Name = string[][];

/** As Node prints it: one relative name a line, the most general first. */
const nameOf = ({ subject }: X509Certificate): Name | undefined =>
  // An empty subject is nobody's name.
  subject ? namesIn(subject.split('\n').reverse()) : undefined;

/** RFC 4514 §3. Undefined where it cannot be read, or holds a value in hexadecimal, which would not be compared. */
const parseName = (text: string): Name | undefined => namesIn(split(text, ','));

function namesIn(parts: readonly string[]): Name | undefined {
  const names: Name = [];
  for (const part of parts) {
    const attributes: string[] = [];
    for (const one of split(part, '+')) {
      const [, type, value] = /^ *([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)=(?! |#)(.*)$/s.exec(one) ?? [];
      const text = value === undefined ? undefined : unescaped(value);
      if (type === undefined || text === undefined) return undefined;
      attributes.push(`${type.toLowerCase()}=${text}`);
    }
    names.push(attributes.sort());
  }
  return names;
}

/** At each separator that is not escaped. */
function split(text: string, separator: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === separator) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, text.slice(from)];
}

/** RFC 4514 §2.4: a special character, or two hexadecimal digits of a byte of UTF-8, behind a backslash. */
function unescaped(value: string): string | undefined {
  const bytes: Buffer[] = [];
  let length = 0; // without the spaces that end it, unless they are escaped
  for (const [whole, hex, special, plain] of value.matchAll(/\\([0-9A-Fa-f]{2})|\\([^0-9A-Fa-f])|([^\\])|./gsu)) {
    if (hex === undefined && special === undefined && plain === undefined) return undefined; // half an escape
    bytes.push(hex === undefined ? Buffer.from(special ?? plain ?? '') : Buffer.from(hex, 'hex'));
    if (whole !== ' ') length = bytes.length;
  }
  return length === 0 ? undefined : Buffer.concat(bytes.slice(0, length)).toString('utf8');
}
