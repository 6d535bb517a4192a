/**
 * The key a token is bound to, as one text: the RFC 7638 thumbprint of a DPoP key, or a certificate's thumbprint
 * behind {@link CERTIFICATE}. One text is one column and one comparison, so that no rule can forget the other kind.
 */
export type Binding = string;

const CERTIFICATE = 'x5t#S256:';

/** The binding to a certificate, by the SHA-256 of its DER in base64url (RFC 8705 §3.1). */
export const certificateBinding = (thumbprint: string): Binding => `${CERTIFICATE}${thumbprint}`;

export const isCertificate = (binding: Binding): boolean => binding.startsWith(CERTIFICATE);

/** The `cnf` member (RFC 7800): `jkt` for a DPoP key (RFC 9449 §6), `x5t#S256` for a certificate (RFC 8705 §3.1). */
export const confirmationOf = (binding: Binding): { jkt: string } | { 'x5t#S256': string } =>
  isCertificate(binding) ? { 'x5t#S256': binding.slice(CERTIFICATE.length) } : { jkt: binding };

/** How the token is presented: DPoP has a scheme of its own, a certificate travels below HTTP. */
export const tokenTypeOf = (binding: Binding | null | undefined): 'DPoP' | 'Bearer' =>
  binding == null || isCertificate(binding) ? 'Bearer' : 'DPoP';
