import type { AgentMode, AgentStatus, Environment } from './agent.ts';
import type { Limits } from './limits.ts';
import type { PresetName } from './presets.ts';
import type { WaitingChange } from './registration-changes.ts';

export type ClientKind = 'agent' | 'application' | 'resource_server' | 'command_line';

/** The organization of what belongs to the deployment itself. */
export const DEPLOYMENT = 'org_deployment';

/** The administrators' command line. */
export const COMMAND_LINE_CLIENT = 'countersign-cli';

/** A credential: an RFC 7591 registration with its own `client_id`, and whose it is. */
export interface ClientRecord {
  clientId: string;
  kind: ClientKind;
  /** {@link DEPLOYMENT} for the resource server of a shared resource and the operator's command line. */
  organization: string;
  /** Mail domains that count as inside. */
  organizationDomains: readonly string[];
  agent: {
    id: string;
    name: string;
    purpose: string | null;
    mode: AgentMode;
    status: AgentStatus;
    owner: string;
    ownActions: readonly string[];
    chainLimit: number;
    /** All that it is held to, its blueprint's limits included. */
    limits: Limits;
    expiresAt: Date | null;
    /** Null: nobody said. Never taken from what it says of itself. */
    environment: Environment | null;
  } | null;
  metadata: Record<string, unknown>;
  /** When the last of its keys, secrets or certificates ends, as far as that is known. */
  keysEndAt?: Date | null;
  /** Where it describes itself, for a client that nobody registered. */
  document?: {
    url: string;
    /** An administrator allowed this domain by name. Otherwise it is shown by host, and warned about. */
    verified: boolean;
  };
}

/** May people of this organization sign in with this client? The command line is everybody's; anything else is one organization's. */
export const signsIn = (client: ClientRecord, organization: string): boolean =>
  client.organization === organization || client.kind === 'command_line';

/** May this client act right now? An agent that is not active is refused everywhere, at once. */
export const isActive = (client: ClientRecord, now: number): boolean =>
  client.agent === null ||
  (client.agent.status === 'active' && (client.agent.expiresAt === null || client.agent.expiresAt.getTime() > now));

/** What an initial access token (RFC 7591 §3) was made for. Never taken from the agent. */
export interface RegistrationTerms {
  organization: string;
  id: string;
  owner: string;
  deputy: string;
  modeCeiling: AgentMode;
  finalStatus: 'pending' | 'active';
  allowUnbound: boolean;
  /** Who made the token: whoever asks owner and deputy to answer for what is registered with it. */
  madeBy: string;
  /** Of every agent that is registered with it. */
  limits: Limits;
  blueprint: string | null;
  /** Of the blueprint and those above. */
  blueprintLimits: Limits | null;
  /** Seconds such an agent lives; null: no end. */
  agentSeconds: number | null;
  preset: PresetName | null;
  environment: Environment | null;
}

/** The types of details that this client may ask for (RFC 9396 §10); undefined: it did not register any in particular. */
export const registeredTypes = ({ kind, metadata }: ClientRecord): readonly string[] | undefined =>
  // What a resource server may ask for further down is said by the actions of the token it received.
  kind === 'resource_server' ? undefined : (metadata.authorization_details_types as string[] | undefined);

declare module '../http/request-state.ts' {
  interface RequestState {
    /** The client that was found; proven only once `authenticated` is true. */
    client?: ClientRecord;
    /** Found, but not active: refused as unknown to it, and evidence to its organization. */
    refusedClient?: ClientRecord;
    /** Of the initial access token that was presented. */
    terms?: RegistrationTerms;
    /** What a replacement asks the agent's mode to be. */
    wantedMode?: AgentMode;
    /** A registration was replaced: its access token is rotated, and not destroyed for misuse. */
    replaced?: true;
  }
}

export interface ClientStore {
  /** @param organization whose client it is, where `clientId` is the address of a metadata document */
  find(clientId: string, organization?: string): Promise<ClientRecord | undefined>;
  /** Terms of an unexpired initial access token with a use left, without drawing it. */
  terms(token: string): Promise<RegistrationTerms | undefined>;
  /**
   * One agent and its first client, drawing one use of the initial access token: all or nothing.
   *
   * @returns `used_up` when another registration drew the last use first; `most`: the organization has so many already
   */
  register(registration: Registration): Promise<'registered' | 'used_up' | { most: number }>;
  /**
   * Replaces a registration's metadata (RFC 7592 §2.2); name and purpose of its agent follow. What its owner has to agree
   * to waits, and the old stays in force.
   *
   * @param mode as the agent asks for it
   * @param by whoever asks, where it is not its builder
   */
  update(clientId: string, metadata: Record<string, unknown>, mode?: AgentMode | undefined, by?: string): Promise<void>;
  /** What of this registration waits for its owner. */
  waitingChange(clientId: string): Promise<WaitingChange | undefined>;
  /** Ends a registration (RFC 7592 §2.3): the client is gone and everything issued to it has ended. */
  remove(clientId: string): Promise<void>;
  /** When the certificates end that this client shows; null: nothing to tell anybody of. */
  certificatesEnd(clientId: string, at: Date | null): Promise<void>;
  /** A client that is no agent: made by the command line. */
  add(client: {
    clientId: string;
    kind: ClientKind;
    organization: string;
    metadata: Record<string, unknown>;
  }): Promise<void>;
}

export interface Registration {
  terms: RegistrationTerms;
  agentId: string;
  clientId: string;
  name: string;
  purpose: string | null;
  mode: AgentMode;
  status: AgentStatus;
  expiresAt: Date | null;
  metadata: Record<string, unknown>;
}
