import { X509Certificate } from 'node:crypto';

/** A certificate from its DER in base64; undefined where it is none. */
export function parseCertificate(base64: string): X509Certificate | undefined {
  if (!/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(base64)) return undefined;
  try {
    return new X509Certificate(Buffer.from(base64, 'base64'));
  } catch {
    return undefined;
  }
}

/** Every certificate of a PEM file, in order. @throws where one of them is none */
export const certificatesInPem = (pem: string): X509Certificate[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (one) => new X509Certificate(one),
  );
