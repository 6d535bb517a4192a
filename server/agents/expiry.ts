/** Days before the end at which owner and deputy are told; the longest first. */
export const THRESHOLDS: readonly number[] = [14, 7, 1];

/** Agents of one owner whose review somebody waits for. */
export interface ReviewNews {
  agents: number;
  /** When the first of them is suspended if nobody answers. */
  first: Date;
  /** Of the campaign that begins; null: it is time. */
  campaign: string | null;
}

/** Something that an agent, or whoever registers agents, needs and that ends: told of when it ends soon, or was made. */
export interface Ending {
  /** `credentials`: the last key, certificate or secret of a client; `secret_made`: an administrator holds one now. */
  kind: 'credentials' | 'registration_token' | 'secret_made';
  /** Undefined of a registration token, which is for agents to come. */
  agent: string | null;
  name: string | null;
  endsAt: Date;
}
