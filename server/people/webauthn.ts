import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';

import { parseStrictJson } from '../oauth/strict-json.ts';
import type { NewPasskey, Passkey, PasskeyUse } from './passkey.ts';
import type { Person } from './person.ts';

/** Web Authentication Level 3 for this deployment: the issuer's host is the relying party, its address the one origin. */
export interface WebAuthn {
  /** What `navigator.credentials.create` is given. */
  creationOptions(person: Person, existing: readonly Passkey[], challenge: string): Promise<object>;
  /** What `navigator.credentials.get` is given: one of these passkeys, unlocked by the person. */
  requestOptions(passkeys: readonly Passkey[], challenge: string): Promise<object>;
  /** §7.1. @param challenge answers whether this is the one that was given */
  readCreation(
    answer: string,
    challenge: (given: string) => boolean,
  ): Promise<
    Read<Pick<NewPasskey, 'credentialId' | 'publicKey' | 'counter' | 'transports' | 'deviceBound' | 'backedUp'>>
  >;
  /** §7.2, of one of this person's passkeys. @param challenge the one that was given */
  readAssertion(
    answer: string,
    passkeys: readonly Passkey[],
    challenge: string | ((given: string) => boolean),
  ): Promise<Read<VerifiedAssertion>>;
}

export interface VerifiedAssertion extends PasskeyUse {
  /** What was signed, so that anybody with the public key can verify it again: base64url each. */
  signed: { authenticatorData: string; clientDataJSON: string; signature: string };
}

/** `detail` is for the evidence alone. */
export type Read<T> =
  | { ok: true; value: T }
  | { ok: false; problem: 'malformed' | 'unknown_passkey' | 'not_verified'; detail: string };

/** EdDSA, ES256, RS256 (COSE): what authenticators make. */
const ALGORITHMS = [-8, -7, -257];
const LONGEST_ANSWER = 16_384;
const TIMEOUT_MS = 300_000;

export function webAuthnAt(issuer: string): WebAuthn {
  const { origin, hostname: rpID } = new URL(issuer);
  return {
    creationOptions: (person, existing, challenge) =>
      generateRegistrationOptions({
        rpName: person.organizationName,
        rpID,
        userName: person.email,
        userDisplayName: person.name,
        userID: new Uint8Array(Buffer.from(person.id)),
        challenge: bytes(challenge),
        timeout: TIMEOUT_MS,
        // Who made the authenticator is asked of nobody: it would tell apart people, and nothing here depends on it.
        attestationType: 'none',
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
        // What an authenticator made is seen afterwards; this is to ask for the right one.
        ...(person.organizationDeviceBound && { preferredAuthenticatorType: 'securityKey' as const }),
        excludeCredentials: existing.map(described),
        supportedAlgorithmIDs: ALGORITHMS,
      }),

    requestOptions: (passkeys, challenge) =>
      generateAuthenticationOptions({
        rpID,
        challenge: bytes(challenge),
        allowCredentials: passkeys.map(described),
        userVerification: 'required',
        timeout: TIMEOUT_MS,
      }),

    async readCreation(answer, challenge) {
      const response = parsed(answer);
      if (!response) return malformed;
      const framed = frameProblem(response);
      if (framed !== undefined) return notVerified(framed);
      const result = await attempt(() =>
        verifyRegistrationResponse({
          response: response as never,
          expectedChallenge: challenge,
          expectedOrigin: origin,
          expectedRPID: rpID,
          requireUserVerification: true,
          supportedAlgorithmIDs: ALGORITHMS,
        }),
      );
      if (typeof result === 'string') return notVerified(result);
      if (!result.verified) return notVerified('the attestation does not verify');
      const { credential, credentialDeviceType, credentialBackedUp } = result.registrationInfo;
      return {
        ok: true,
        value: {
          credentialId: credential.id,
          publicKey: credential.publicKey,
          counter: credential.counter,
          transports: (credential.transports ?? []).filter((one) => TRANSPORTS.has(one)),
          deviceBound: credentialDeviceType === 'singleDevice',
          backedUp: credentialBackedUp,
        },
      };
    },

    async readAssertion(answer, passkeys, challenge) {
      const response = parsed(answer);
      if (!response) return malformed;
      const framed = frameProblem(response);
      if (framed !== undefined) return notVerified(framed);
      // Of this person's alone: another's passkey is no passkey here, however well it signed.
      const passkey = passkeys.find(({ credentialId }) => credentialId === response.id);
      if (!passkey) return { ok: false, problem: 'unknown_passkey', detail: 'none of this person' };
      const { userHandle } = response.response;
      if (
        userHandle !== undefined &&
        userHandle !== null &&
        userHandle !== Buffer.from(passkey.person).toString('base64url')
      ) {
        return notVerified('of another user');
      }
      const { credentialId: id, publicKey, counter } = passkey;
      const result = await attempt(() =>
        verifyAuthenticationResponse({
          response: response as never,
          expectedChallenge: challenge,
          expectedOrigin: origin,
          expectedRPID: rpID,
          credential: { id, publicKey, counter },
          requireUserVerification: true,
        }),
      );
      if (typeof result === 'string') return notVerified(result);
      if (!result.verified) return notVerified('the signature does not verify');
      const { newCounter, credentialBackedUp, credentialDeviceType } = result.authenticationInfo;
      // §7.2: whether it can leave its device is for good; one that says otherwise now is another.
      if ((credentialDeviceType === 'singleDevice') !== passkey.deviceBound)
        return notVerified('backup eligibility changed');
      const { authenticatorData, clientDataJSON, signature } = response.response as VerifiedAssertion['signed'];
      return {
        ok: true,
        value: {
          passkey,
          counter: newCounter,
          backedUp: credentialBackedUp,
          signed: { authenticatorData, clientDataJSON, signature },
        },
      };
    },
  };
}

const TRANSPORTS: ReadonlySet<string> = new Set(['usb', 'nfc', 'ble', 'smart-card', 'hybrid', 'internal']);

const described = ({ credentialId, transports }: Passkey) => ({ id: credentialId, transports: [...transports] });

const bytes = (base64url: string) => new Uint8Array(Buffer.from(base64url, 'base64url'));

const malformed: Read<never> = { ok: false, problem: 'malformed', detail: 'not an answer of an authenticator' };
const notVerified = (detail: string): Read<never> => ({
  ok: false,
  problem: 'not_verified',
  detail: detail.slice(0, 300),
});

interface Answer {
  id: string;
  response: Record<string, unknown> & { clientDataJSON: string };
}

/** The JSON of `PublicKeyCredential.toJSON()`, as far as everything after relies on it. */
function parsed(answer: string): Answer | undefined {
  if (answer.length > LONGEST_ANSWER) return undefined;
  const json = parseStrictJson(answer);
  if (!json.ok || typeof json.value !== 'object' || json.value === null) return undefined;
  const { id, response } = json.value as { id?: unknown; response?: unknown };
  if (typeof id !== 'string' || typeof response !== 'object' || response === null) return undefined;
  const { clientDataJSON } = response as { clientDataJSON?: unknown };
  return typeof clientDataJSON === 'string' ? (json.value as Answer) : undefined;
}

/** In a frame of another site a person does not see whose page it is (§13.4.9); ours are in none. */
function frameProblem({ response }: Answer): string | undefined {
  const json = parseStrictJson(Buffer.from(response.clientDataJSON, 'base64url').toString('utf8'));
  if (!json.ok || typeof json.value !== 'object' || json.value === null) return 'clientDataJSON is no JSON';
  const { crossOrigin, topOrigin } = json.value as { crossOrigin?: unknown; topOrigin?: unknown };
  return (crossOrigin ?? false) === false && topOrigin === undefined ? undefined : 'in a frame of another site';
}

/** The library computes and reaches nothing: whatever it throws is about the answer that it was given. */
async function attempt<T>(verify: () => Promise<T>): Promise<T | string> {
  try {
    return await verify();
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}
