import type { ADMIN_ACTS } from '../../views/words/console-audit.ts';
import { REFUSED } from '../../views/words/console-refused.ts';
import type { Language } from '../../views/words/language.ts';
import { inEnglish, type Saying, saying } from '../../views/words/saying.ts';
import type { AgentMode, AgentStatus, Environment } from '../agents/agent.ts';
import type { ClientKind } from '../agents/clients.ts';
import type { MoveName, MoveRefusal } from '../agents/lifecycle.ts';
import type { Limits } from '../agents/limits.ts';
import type { StopKind } from '../agents/liveness.ts';
import type { PresetName } from '../agents/presets.ts';
import type { Person } from '../people/person.ts';
import type { UseCase } from './limits.ts';
import type { Page, PageAsked } from './listing.ts';

/** Who calls the admin API: the operator's command line, for any organization, or an administrator, for their own. */
export type AdminCaller =
  | { kind: 'operator'; client: string }
  | {
      kind: 'person';
      client: string;
      person: Person;
      /** By what they own and no role: the agents they answer for are all there is. */
      ownOnly?: true;
    };

/** Whose agents are all that this caller may see; undefined: the whole organization's. */
export const onlyOf = (caller: AdminCaller): string | undefined =>
  caller.kind === 'person' && caller.ownOnly ? caller.person.id : undefined;

/** What evidence and records name as the one who did it. */
export const actorOf = (caller: AdminCaller): string => (caller.kind === 'person' ? caller.person.id : caller.client);

/** An organization as administrators name it. */
export interface Organization {
  id: string;
  slug: string;
  name: string;
  /** Mail domains that count as inside. */
  domains: readonly string[];
}

/** The same, and what holds for its people until they say otherwise. */
export interface OrganizationTerms extends Organization {
  /** Of people who chose none (BCP 47). */
  language: Language;
  /** Of people whose browser has said none yet (IANA name). */
  time_zone: string;
}

/** The answer to an administrator: what was done, or why not. A refusal changed nothing. */
export type AdminOutcome<T> = { ok: true; value: T } | AdminRefusal;
export interface AdminRefusal {
  ok: false;
  status: 400 | 401 | 403 | 404 | 409 | 412 | 422;
  reason: string;
  /** For machines. */
  detail: string;
  /** The same for a person, where the console shows it. */
  said?: Saying;
  /** Each problem of a document that has several. */
  problems?: readonly string[];
  /** The same for a person. */
  saidProblems?: readonly Saying[];
}

export const done = <T>(value: T): AdminOutcome<T> => ({ ok: true, value });
const refusal =
  (status: AdminRefusal['status']) =>
  (reason: string, detail: string | Saying, problems?: readonly Saying[]): AdminRefusal => ({
    ok: false,
    status,
    reason,
    ...(typeof detail === 'string' ? { detail } : { detail: inEnglish(detail), said: detail }),
    ...(problems && { problems: problems.map(inEnglish), saidProblems: problems }),
  });
export const malformed = (detail: string | Saying): AdminRefusal => refusal(400)('invalid_request', detail);
export const forbidden = (reason: string, detail: string | Saying): AdminRefusal => refusal(403)(reason, detail);
export const unknown = (what: string | Saying): AdminRefusal =>
  refusal(404)('not_found', typeof what === 'string' ? `${what} is unknown` : saying(REFUSED.unknown, { what }));
export const conflict = (reason: string, detail: string | Saying, problems?: readonly Saying[]): AdminRefusal =>
  refusal(409)(reason, detail, problems);
export const unacceptable = (reason: string, detail: string | Saying, problems?: readonly Saying[]): AdminRefusal =>
  refusal(422)(reason, detail, problems);

/** What an administrator may do, by the name that evidence keeps: each has words. */
export type AdminAct = keyof typeof ADMIN_ACTS;

/** One administrator's change in one organization: where it happens and who did it. */
export interface Act {
  organization: string;
  caller: AdminCaller;
}

/** A name with what it names. */
export interface Named {
  id: string;
  name: string | null;
  email?: string | undefined;
}

export interface ListedPerson {
  id: string;
  email: string;
  name: string;
  roles: readonly string[];
  /** Those among them that a sign-in provider gave. */
  provider_roles: readonly string[];
  /** Roles that wait for another administrator to set the same, and who asked. */
  roles_asked: readonly string[] | null;
  roles_asked_by: string | null;
  status: string;
  /** Has a way to sign in; otherwise waits for its enrolment. */
  enrolled: boolean;
}

export interface ListedInitialAccessToken {
  id: string;
  owner: Named;
  deputy: Named;
  mode: AgentMode;
  status: 'pending' | 'active';
  allow_unbound: boolean;
  uses_left: number | null;
  made_by: string;
  created_at: Date;
  expires_at: Date | null;
  limits: Limits;
  blueprint: string | null;
  agent_expires_in: number | null;
  preset: string | null;
  environment: Environment | null;
  usable: boolean;
}

export interface ListedAgent {
  id: string;
  organization: string;
  name: string;
  purpose: string | null;
  mode: AgentMode;
  status: AgentStatus;
  owner: Named;
  deputy: Named;
  /** Types it may ask for; null where its registration names none and it may ask for any. */
  actions: readonly string[] | null;
  own_actions: readonly string[];
  live_tasks: number;
  last_used: Date | null;
  expires_at: Date | null;
  /** Null: nobody said. */
  environment: Environment | null;
}

export interface AgentCard extends ListedAgent {
  /** Its own, without those of its blueprint. */
  limits: Limits;
  blueprint: string | null;
  use_case: UseCase;
  clients: {
    client_id: string;
    name: string | null;
    auth_method: string;
    /** Public keys; a private one never comes here. */
    jwks: { keys: object[] } | null;
    jwks_uri: string | null;
    redirect_uris: readonly string[] | null;
    grant_types: readonly string[] | null;
  }[];
  hands_on_to: { agent: string; name: string; actions: readonly string[]; max_depth: number }[];
  /** `status`, or what else changed; `evidence` is the event that says the same. */
  changes: {
    at: Date;
    from: string | null;
    to: string;
    by: string;
    reason: string | null;
    change: string;
    role: string | null;
    detail: Record<string, unknown>;
    evidence: string | null;
  }[];
}

export interface ListedEdge {
  parent: Named;
  child: Named;
  actions: readonly string[];
  max_depth: number;
  /** Also what the parent may do by itself, with nobody behind it. */
  carries_own: boolean;
}

export interface NewInitialAccessToken {
  owner: string;
  deputy: string;
  mode: AgentMode;
  status: 'pending' | 'active';
  allowUnbound: boolean;
  uses: number | null;
  expiresAt: Date | null;
  limits: Limits;
  blueprint: string | null;
  agentSeconds: number | null;
  preset: PresetName | null;
  environment: Environment | null;
}

export interface NewClient {
  clientId: string;
  kind: ClientKind;
  metadata: Record<string, unknown>;
  /** Resources whose server this becomes. */
  resources: readonly string[];
  /** Takes a resource over from the server it has. */
  replace: boolean;
}

/** `taken`: resources that have another server; `foreign`: resources that are not the organization's. Then nothing was added. */
export type ClientAdded = { added: true } | { taken: string[] } | { foreign: string[] };

/** Which JWTs may still be accepted by a resource that does not ask back, and until when. */
export interface StillLive {
  resource: string;
  /** What people call it. */
  name?: string;
  live_until: Date;
  count: number;
}

export interface Stopped {
  stopped_at: Date;
  tokens: StillLive[];
}

export interface StopOrder {
  kind: StopKind;
  /** As in the stop's key; for a pair `agent|person`. */
  subject: string;
  reason: string;
}

/** Organizations and what names them; the only reading that is not within one organization. */
export interface OrganizationStore {
  list(): Promise<OrganizationTerms[]>;
  /** By id or slug. */
  find(name: string): Promise<OrganizationTerms | undefined>;
  add(organization: OrganizationTerms, caller: AdminCaller): Promise<'added' | 'taken'>;
  change(organization: OrganizationTerms, caller: AdminCaller): Promise<void>;
  /** In which organization an agent or a task is; for the operator, who need not name it. */
  ofAgent(agent: string): Promise<string[]>;
  ofTask(task: string): Promise<string | undefined>;
}

/** Everything in one organization, under row-level security. Each change writes its evidence, both or neither. */
export interface AdminStore {
  people(organization: string, asked: PageAsked): Promise<Page<ListedPerson>>;
  /** By id or e-mail address. */
  findPerson(organization: string, person: string): Promise<ListedPerson | undefined>;
  addPerson(
    act: Act,
    person: { id: string; email: string; name: string; roles: readonly string[] },
  ): Promise<'added' | 'taken'>;
  /** False where the person can sign in already: a link would hand their account to whoever holds it. */
  addEnrolment(act: Act, enrolment: { tokenHash: Buffer; person: string; expiresAt: Date }): Promise<boolean>;

  initialAccessTokens(organization: string, asked: PageAsked): Promise<Page<ListedInitialAccessToken>>;
  addInitialAccessToken(act: Act, token: NewInitialAccessToken, id: string, tokenHash: Buffer): Promise<void>;
  endInitialAccessToken(act: Act, id: string): Promise<boolean>;

  addClient(act: Act, client: NewClient): Promise<ClientAdded>;

  /** By id or name. @param only of those that this person answers for */
  findAgents(organization: string, agent: string, only?: string): Promise<{ id: string; name: string }[]>;
  agent(organization: string, id: string): Promise<AgentCard | undefined>;
  /** Moves it as an administrator or the operator may (agents/lifecycle.ts). Undefined: there is no such agent. */
  moveAgent(
    act: Act,
    agent: string,
    move: MoveName,
    reason: string,
  ): Promise<Stopped | { refused: MoveRefusal } | undefined>;
  setOwnActions(act: Act, agent: string, actions: readonly string[]): Promise<void>;

  edges(organization: string, asked: PageAsked): Promise<Page<ListedEdge>>;
  /** What travelled along it before has ended, where it carries less than it did. */
  putEdge(
    act: Act,
    edge: { parent: string; child: string; actions: readonly string[]; maxDepth: number; carriesOwn: boolean },
  ): Promise<Stopped | undefined>;
  /** Everything that travelled along it has ended. Undefined: there is none. */
  removeEdge(act: Act, parent: string, child: string): Promise<Stopped | undefined>;

  stop(act: Act, order: StopOrder): Promise<Stopped>;
}
