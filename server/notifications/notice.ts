import type { Impact } from '../catalogue/action.ts';

/** The ways to a person that they put in order. `chat` is ntfy, Slack and Teams. */
export const CHANNELS = ['push', 'email', 'chat', 'webhook'] as const;
export type ChannelName = (typeof CHANNELS)[number];
export const TARGET_KINDS = ['webhook', 'ntfy', 'slack', 'teams'] as const;
export type TargetKind = (typeof TARGET_KINDS)[number];

/**
 * What any channel tells: that something waits, and where. Never a decision (D10), never the number, and no details
 * unless the person asked for a summary. Whoever reads it on the way learns that somebody is asked, and can do nothing.
 */
export interface Notice {
  /** "Finance Agent is waiting for you". */
  title: string;
  /** "High-impact task · expires 14:12 · open it to review". */
  body: string;
  /** What a longer message adds: how somebody knows it from one that only looks like it. */
  aside?: string;
  /** The page that needs a session, and decides nothing by being opened. */
  url: string;
  /** The label of the link. */
  open: string;
  /** One per request: what says the same again takes the place of what said it before. */
  tag: string;
  impact: Impact | undefined;
  expiresAt: Date;
  language: string;
  /** What was said under this tag is over: it is taken off the screen, and nothing rings. */
  over?: boolean;
}

/** A browser that shows notifications (W3C Push API). */
export interface PushAddress {
  endpoint: string;
  /** Of the browser's key and shared secret (RFC 8291 §2), base64url. */
  p256dh: string;
  auth: string;
}

export interface TargetAddress {
  kind: TargetKind;
  url: string;
  /** Of a webhook: what signs it. */
  secret?: string | undefined;
}

/** What became of one notice. `gone`: the address is no longer there, and never will be. */
export type Sent =
  | { sent: true }
  | { retry: string; afterSeconds?: number | undefined }
  | { gone: string }
  | { failed: string };

/** One way out to people. It reaches an address, and knows nothing about who is asked what. */
export interface Channel<Address> {
  send(address: Address, notice: Notice, message: { id: string; signal: AbortSignal }): Promise<Sent>;
}
