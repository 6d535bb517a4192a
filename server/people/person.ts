/** A principal of one organization. The same human in two organizations is two persons. */
export interface Person {
  organization: string;
  id: string;
  email: string;
  name: string;
  roles: readonly string[];
  status: 'active' | 'disabled';
  timeZone: string;
  /** What they chose for their pages and messages; null: nothing. */
  language: string | null;
  organizationName: string;
  organizationSlug: string;
  organizationDomains: readonly string[];
  organizationLanguage: string;
  /** Their organization takes passkeys only that never leave their device. */
  organizationDeviceBound: boolean;
  /** Chooses the value that matters among three, instead of typing it. */
  chooses: boolean;
}

/** `administrators`: break-glass, for the day the provider is down; every use is an alarm. */
export type PasswordRule = 'everyone' | 'administrators' | 'nobody';

/** A local password, for deployments without an identity provider and for break-glass. */
export interface Credential {
  organization: string;
  person: string;
  /** argon2id, PHC string. */
  secret: string;
  /** For whom the organization lets a password sign in. */
  passwords: PasswordRule;
  /** It broke the glass before. */
  usedBefore: boolean;
  hasPasskey: boolean;
  /** Of the demonstration data: everybody knows it. */
  demonstration: boolean;
}

export interface PeopleStore {
  find(id: string): Promise<Person | undefined>;
  findByEmail(organization: string, email: string): Promise<Person | undefined>;
  localCredential(email: string): Promise<Credential | undefined>;
  /** Ends the roles that a provider gave at which they did not sign in for too long. */
  lapseRoles(organization: string, person: string): Promise<void>;
  /** Tells them, and whoever administers with them, that the password for emergencies was used. */
  tellOfPassword(organization: string, person: string): Promise<void>;
  /** It opened the door now: it does so once. */
  passwordUsed(organization: string, person: string): Promise<void>;
  setLanguage(organization: string, id: string, language: string): Promise<void>;
  setTimeZone(organization: string, id: string, timeZone: string): Promise<void>;
  setChooses(organization: string, id: string, chooses: boolean): Promise<void>;
}

/** A person at a browser. */
export interface Session {
  person: Person;
  authenticatedAt: Date;
  acr: string;
  amr: readonly string[];
  /** Good for adding a passkey, and for nothing else until one is there. */
  addsPasskey: boolean;
  /** It began with a recovery code: good for adding a passkey alone, also when one is there. */
  recovers: boolean;
}

declare module '../http/request-state.ts' {
  interface RequestState {
    session?: Session | undefined;
  }
}

/** The session at a provider behind a session here: when that one ends, so does this. */
export interface UpstreamSession {
  provider: string;
  issuer: string;
  subject: string;
  session: string | undefined;
}

export interface SessionStore {
  begin(session: {
    idHash: Buffer;
    organization: string;
    person: string;
    authenticatedAt: Date;
    expiresAt: Date;
    acr: string;
    amr: readonly string[];
    upstream?: UpstreamSession;
    addsPasskey?: boolean;
    recovers?: boolean;
  }): Promise<void>;
  /**
   * The session, if it is within its absolute and idle limits. `used` moves the idle limit: a page that refreshes
   * itself while nobody is there does not.
   */
  find(idHash: Buffer, idleSeconds: number, used: boolean): Promise<Session | undefined>;
  end(idHash: Buffer): Promise<void>;
  /** All that can still be used, the one used last first. @param current of whoever looks */
  of(organization: string, person: string, current: Buffer, idleSeconds: number): Promise<ListedSession[]>;
  /** By what {@link ListedSession} calls it, or all but the current one; answers how many ended. */
  endOthers(organization: string, person: string, current: Buffer, reference?: string): Promise<number>;
}

/** A browser at which somebody is signed in. */
export interface ListedSession {
  /** Names it, and opens nothing. */
  reference: string;
  isCurrent: boolean;
  authenticatedAt: Date;
  seenAt: Date;
  acr: string;
  /** The provider's name, where it began at one. */
  provider: string | null;
}
