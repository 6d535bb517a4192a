import type { Accountable } from '../agents/ownership.ts';
import type { Approval } from '../approvals/approval.ts';
import type { PushCaps, PushFacts } from '../approvals/budget.ts';
import type { Impact } from '../catalogue/action.ts';
import type { EvidenceEvent } from '../evidence/evidence.ts';
import type { ChannelName, PushAddress, TargetAddress, TargetKind } from './notice.ts';
import type { Preferences } from './preferences.ts';

/** A browser of a person that shows notifications. */
export interface Device {
  id: string;
  name: string;
  host: string;
  createdAt: Date;
  sentAt: Date | null;
}

/** Another address that is told: of a person, or (a webhook without one) of everybody. */
export interface ListedTarget {
  id: string;
  kind: TargetKind;
  host: string;
  createdAt: Date;
}

/** Somebody decides with a group from now on, or does not any more. */
export interface Membership {
  group: string;
  name: string;
  joined: boolean;
}

/** Somebody answers for an agent no more, because somebody else does now. */
export interface HandedOver {
  agent: string;
  agentName: string;
  role: Accountable;
  /** Who does. */
  to: string;
}

/** A group that a person decides with. */
export interface OwnGroup {
  id: string;
  name: string;
  since: Date;
  /** They are not called for what it is asked: it waits in their inbox. */
  muted: boolean;
}

export interface Introduction {
  agent: string;
  agentName: string;
  at: Date;
}

/** What a request's notification is decided on, read where it is decided. */
export interface Occasion {
  approval: Approval;
  /** Who is told: the person, or somebody else who decides. */
  person: string;
  /** They decide it (still), and have not looked at it. */
  waitsForThem: boolean;
  agentName: string;
  preferences: Preferences;
  introduced: boolean;
  /** They decide it with a group whose requests they muted. */
  muted: boolean;
  pushes: PushFacts;
  caps: PushCaps;
  devices: readonly string[];
  chats: readonly string[];
  webhooks: readonly string[];
  /** Told of every request, whatever its person likes: a system of the organization's own. */
  organizationWebhooks: readonly string[];
}

/** How people are told, seen from their pages: always their own. */
export interface NotificationStore {
  preferences(organization: string, person: string): Promise<Preferences>;
  savePreferences(organization: string, person: string, preferences: Preferences): Promise<void>;
  devices(organization: string, person: string): Promise<Device[]>;
  /** A browser that is known already gets its new keys and, signed in as somebody else, its new person. */
  addDevice(organization: string, person: string, name: string, address: PushAddress): Promise<'added' | 'too_many'>;
  /**
   * A browser of this person that is reached elsewhere now. False where it is none of theirs: somebody else's, removed, or
   * never added.
   *
   * @param before the endpoint at which it was reached
   */
  renewDevice(organization: string, person: string, before: string, address: PushAddress): Promise<boolean>;
  removeDevice(organization: string, person: string, id: string): Promise<boolean>;
  targets(organization: string, person: string): Promise<ListedTarget[]>;
  addTarget(
    organization: string,
    person: string | null,
    address: TargetAddress,
    by: string,
  ): Promise<'added' | 'too_many'>;
  removeTarget(organization: string, person: string | null, id: string): Promise<boolean>;
  introductions(organization: string, person: string): Promise<Introduction[]>;
  isIntroduced(organization: string, agent: string, person: string): Promise<boolean>;
  /** False when there is no such agent. */
  introduce(organization: string, agent: string, person: string, by: string): Promise<boolean>;
  forget(organization: string, agent: string, person: string, by: string): Promise<boolean>;
  groups(organization: string, person: string): Promise<OwnGroup[]>;
  /** False where they do not decide with that group. */
  muteGroup(organization: string, person: string, group: string, muted: boolean): Promise<boolean>;
  /** Sends a notice to one address of this person, by the outbox like any other. */
  test(organization: string, person: string, to: { channel: ChannelName; address?: string }): Promise<void>;
  /** Requests of the last day of which this person was not told, by agent and why. */
  suppressed(
    organization: string,
    person: string,
  ): Promise<{ agent: string; agentName: string; because: string; count: number }[]>;
}

/** What a decision allowed, as a mail says it. */
export interface Receipt {
  agentName: string;
  sentence: string;
  impact: Impact;
  expiresAt: Date;
}

/** Somebody is asked to answer for an agent. */
export interface Offered {
  agentName: string;
  role: 'owner' | 'deputy';
  /** Null: whoever administers it, by no name. */
  madeBy: string | null;
}

/** The same for the messages of the outbox, where nobody is signed in. Generic over the statements of a transaction. */
export interface NotificationOutbox<Statements> {
  /** Holds the person until the transaction ends: what they can take is counted one request after the other. */
  occasion(
    statements: Statements,
    organization: string,
    approval: string,
    decider?: string,
  ): Promise<Occasion | undefined>;
  /** Is this somebody else than the person who may decide it now? */
  decides(organization: string, approval: string, person: string): Promise<boolean>;
  /** Notes that the person is told by this channel, or why not. False: it was noted before. */
  note(
    statements: Statements,
    occasion: Occasion,
    channel: ChannelName | 'none',
    suppressed?: string,
  ): Promise<boolean>;
  enqueue(
    statements: Statements,
    kind: string,
    payload: object,
    to: { organization: string; at?: Date },
  ): Promise<void>;
  approval(organization: string, id: string): Promise<{ approval: Approval; agentName: string } | undefined>;
  preferencesOf(organization: string, person: string): Promise<Preferences>;
  /** What this decision allowed; undefined where it allowed nothing. */
  receipt(organization: string, approval: string): Promise<Receipt | undefined>;
  /** Does this person decide with this group now? */
  belongs(organization: string, person: string, group: string): Promise<boolean>;
  /** Do they answer for this agent in this capacity? */
  answersFor(organization: string, person: string, agent: string, role: Accountable): Promise<boolean>;
  /** What this person is asked to answer for; undefined where it was answered or taken back. */
  offer(organization: string, person: string, offer: string): Promise<Offered | undefined>;
  device(organization: string, id: string): Promise<PushAddress | undefined>;
  target(organization: string, id: string): Promise<TargetAddress | undefined>;
  /** Devices at which this request was announced to its person. */
  announcedAt(statements: Statements, organization: string, approval: string): Promise<string[]>;
  /** A mail about what is not announced is due; when, or undefined where one is on its way already. */
  digestDue(statements: Statements, organization: string, person: string): Promise<Date | undefined>;
  /** What still waits unannounced, and that it was said. */
  digest(statements: Statements, organization: string, person: string): Promise<number>;
  removeAddress(statements: Statements, organization: string, id: string): Promise<void>;
  deviceReached(statements: Statements, organization: string, id: string): Promise<void>;
  evidence(statements: Statements, event: EvidenceEvent): Promise<void>;
}
