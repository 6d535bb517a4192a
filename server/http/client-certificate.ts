import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';

import { type Binding, certificateBinding } from '../oauth/binding.ts';
import { parseCertificate } from '../oauth/x509.ts';
import { stateOf } from './request-state.ts';

/** The certificate whose key the client proved to hold, in the handshake below its request (RFC 8705). */
export interface ClientCertificate {
  x509: X509Certificate;
  /** What a token is bound to by it. */
  binding: Binding;
}

declare module './request-state.ts' {
  interface RequestState {
    /** Of this request, once somebody asked; null where there is none. */
    certificate?: ClientCertificate | null;
  }
}

export type CertificateReader = (request: IncomingMessage) => ClientCertificate | undefined;

/**
 * From the handshake, where TLS ends here; else from the header that a proxy of ours sets.
 *
 * @param header its name; undefined where no proxy sets one: then anybody could have written it, and nobody reads it
 * @param address where the proxy asks for certificates, if at an address for that alone: at any other one it may let
 *   through what the caller wrote
 */
export function certificateReader(header: string | undefined, address: string | undefined): CertificateReader {
  return (request) => {
    const state = stateOf(request);
    const isThere = address === undefined || state.address === address;
    if (state.certificate === undefined) state.certificate = read(request, isThere ? header : undefined) ?? null;
    return state.certificate ?? undefined;
  };
}

function read(request: IncomingMessage, header: string | undefined): ClientCertificate | undefined {
  const x509 =
    request.socket instanceof TLSSocket
      ? request.socket.getPeerX509Certificate() // a header beside it is the client's own
      : header && certificateIn(request.headers[header.toLowerCase()]);
  return x509 ? { x509, binding: bindingTo(x509) } : undefined;
}

/**
 * RFC 9440 §2.1: the DER in base64 between colons. Also what proxies send that do not know it: PEM, percent-encoded. A
 * header that came twice is neither: whoever wrote the second one is not the proxy.
 */
function certificateIn(value: string | string[] | undefined): X509Certificate | undefined {
  if (typeof value !== 'string') return undefined;
  const [, der] = /^:([A-Za-z0-9+/]+={0,2}):$/.exec(value.trim()) ?? PEM.exec(decoded(value)) ?? [];
  return der === undefined ? undefined : parseCertificate(der);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return '';
  }
}

const PEM = /^-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/;

/** RFC 8705 §3.1: SHA-256 of the DER. */
export const bindingTo = (x509: X509Certificate): Binding =>
  certificateBinding(Buffer.from(x509.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url'));
