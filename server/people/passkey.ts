import type { EvidenceEvent } from '../evidence/evidence.ts';
import type { Person } from './person.ts';

/** A key on a person's own device, that only they unlock (WebAuthn, user verification). */
export interface Passkey {
  organization: string;
  id: string;
  person: string;
  /** As the authenticator knows it, base64url. */
  credentialId: string;
  name: string;
  /** COSE (RFC 9052). */
  publicKey: Uint8Array<ArrayBuffer>;
  counter: number;
  transports: readonly string[];
  /** It never leaves its device. */
  deviceBound: boolean;
  backedUp: boolean;
  createdAt: Date;
  lastUsedAt: Date | null;
  mayApproveFrom: Date;
  /** Administrators who made a recovery: it approves nothing for their own agents. */
  barredBy: readonly string[];
}

export type NewPasskey = Omit<Passkey, 'createdAt' | 'lastUsedAt' | 'mayApproveFrom' | 'barredBy'>;

/** What one verified assertion said of its passkey. */
export interface PasskeyUse {
  passkey: Passkey;
  counter: number;
  backedUp: boolean;
}

export interface PasskeyStore {
  /** All of this person's, the oldest first. */
  of(organization: string, person: string): Promise<Passkey[]>;
  /**
   * Adds one with its evidence. Without a voucher it has to be the first: `voucher_needed` where another came before
   * it, `taken` where the authenticator's credential is known already.
   *
   * @param waitSeconds until it may approve high impact; a voucher that may approve passes its maturity on
   */
  add(
    passkey: NewPasskey,
    voucher: PasskeyUse | undefined,
    waitSeconds: number,
    event: EvidenceEvent,
  ): Promise<'added' | 'voucher_needed' | 'taken'>;
  rename(organization: string, person: string, id: string, name: string, event: EvidenceEvent): Promise<boolean>;
  /** Ends it, vouched for by this one or another. */
  remove(organization: string, person: string, id: string, voucher: PasskeyUse, event: EvidenceEvent): Promise<boolean>;
}

/** That an administrator wants to end this person's passkeys, as the person sees it. */
export interface OwnRecoveries {
  waiting(organization: string, person: string): Promise<WaitingRecovery[]>;
  /** False where it is not theirs, or does not wait any more. */
  refuse(organization: string, person: string, id: string): Promise<boolean>;
}

export interface WaitingRecovery {
  id: string;
  reason: string;
  /** The administrator's name. */
  askedBy: string;
  askedAt: Date;
  expiresAt: Date;
}

/** The people who answer for an agent. */
export interface Accountable {
  owner: string;
  deputy: string;
}

/** Why this passkey approves nothing of high impact for this agent, or undefined where it may. */
export function whyNotApproving(
  { mayApproveFrom, barredBy, deviceBound }: Pick<Passkey, 'mayApproveFrom' | 'barredBy' | 'deviceBound'>,
  { owner, deputy }: Accountable,
  { organizationDeviceBound }: Pick<Person, 'organizationDeviceBound'>,
  now: Date,
): 'too_new' | 'barred' | 'not_device_bound' | undefined {
  if (organizationDeviceBound && !deviceBound) return 'not_device_bound';
  if (barredBy.includes(owner) || barredBy.includes(deputy)) return 'barred';
  return mayApproveFrom > now ? 'too_new' : undefined;
}
