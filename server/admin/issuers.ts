import type { PublicJwk } from '../oauth/jws.ts';
import { verificationKey } from '../oauth/jws.ts';
import {
  ISSUER_ALGORITHMS,
  type IssuerKeys,
  IssuerUnreachable,
  PROFILES,
  type Profile,
  type TrustedIssuer,
} from '../people/trusted-issuer.ts';
import {
  type Act,
  type AdminOutcome,
  conflict,
  done,
  malformed,
  type Named,
  type Organization,
  type Stopped,
  unacceptable,
  unknown,
} from './admin.ts';
import { type AdminDependencies, type Answer, agentOf, type Call, organizationOf, personOf } from './call.ts';
import { gives, input, listOf, oneOf, plain, reference, takes, whole } from './input.ts';
import { type Page, type PageAsked, pageOf } from './listing.ts';
import { listed, listQuery, readList } from './lists.ts';
import {
  always,
  anyObject,
  count,
  ended,
  instant,
  many,
  mapOf,
  maybe,
  named,
  object,
  one,
  pageOfMany,
  text,
  withMembers,
} from './shapes.ts';

export interface ListedIssuer extends TrustedIssuer {
  made_by: string;
  created_at: Date;
  /** How many people are linked to it. */
  people: number;
}

export interface ListedLink {
  person: Named;
  issuer: string;
  subject: string;
  created_at: Date;
}

/** An agent's name at another authorization server (JAG-07), and what that server is told. */
export interface Elsewhere {
  agent: Named;
  authorization_server: string;
  client_id: string;
  tells: readonly ('email' | 'aud_sub')[];
  aud_tenant: string | null;
}

/** What administrators do about other issuers, one organization at a time; each change with its evidence. */
export interface IssuerStore {
  issuers(organization: string): Promise<ListedIssuer[]>;
  addIssuer(act: Act, issuer: TrustedIssuer): Promise<'added' | 'taken'>;
  /** Ends everything that came of its statements. */
  removeIssuer(act: Act, issuer: string, reason: string): Promise<Stopped | undefined>;
  links(organization: string, asked: PageAsked): Promise<Page<ListedLink>>;
  link(act: Act, link: { person: string; issuer: string; subject: string }): Promise<'linked' | 'taken'>;
  /** Ends everything that came of statements about this subject; the only way in of somebody is the operator's to take. */
  unlink(
    act: Act,
    link: { issuer: string; subject: string },
    reason: string,
  ): Promise<Stopped | 'only_way_in' | undefined>;
  elsewhere(organization: string, asked: PageAsked): Promise<Page<Elsewhere>>;
  putElsewhere(act: Act, entry: Omit<Elsewhere, 'agent'> & { agent: string }): Promise<void>;
  removeElsewhere(act: Act, agent: string, authorizationServer: string): Promise<boolean>;
}

export interface IssuerAdministration {
  store: IssuerStore;
  keys: IssuerKeys;
}

const someIssuers = listQuery({ issuer: { type: 'string', maxLength: 500 } });

/** Issuers that an organization trusts; one of them, where it is named. */
export const listIssuers: Answer = async (call, dependencies) => {
  const issuers = await listed(call, someIssuers, dependencies, async ({ id }, asked) => {
    const { rows, next } = pageOf(await dependencies.issuers.store.issuers(id), asked, {
      key: ({ name, issuer }) => `${name} ${issuer}`,
      words: ({ name, issuer, tenant }) => [name, issuer, tenant],
      filters: { issuer: ({ issuer }, value) => issuer === value },
    });
    return { rows: rows.map(shown), next };
  });
  if (!issuers.ok) return issuers;
  const { rows, next } = issuers.value;
  if (call.query.issuer !== undefined && rows.length === 0) return unknown(`issuer ${call.query.issuer}`);
  return done({ trusted_issuers: rows, next });
};
takes(listIssuers, { query: someIssuers });
const ISSUER = object({
  organization: text,
  issuer: text,
  name: text,
  tenant: maybe(text),
  jwks_uri: maybe(text),
  jwks: maybe(object({ keys: many(anyObject) })),
  algorithms: many(text),
  subject_claim: text,
  audiences: many(object({ audience: text, agent: maybe(text) })),
  profiles: many(one(...PROFILES)),
  agents: many(text),
  actions: many(text),
  longest_seconds: count,
  acr: mapOf(text),
});
gives(
  listIssuers,
  pageOfMany('trusted_issuers', withMembers(ISSUER, { made_by: text, created_at: instant, people: count })),
);

interface NewIssuer {
  organization?: string;
  issuer: string;
  name: string;
  tenant?: string;
  jwks_uri?: string;
  jwks?: { keys: PublicJwk[] };
  algorithms?: string[];
  subject_claim?: string;
  audiences?: { audience: string; agent?: string }[];
  profiles: Profile[];
  agents?: string[];
  actions?: string[];
  longest_seconds?: number;
  acr?: Record<string, 'pwd' | 'fed' | 'phr'>;
}

const uri = { type: 'string', format: 'uri', minLength: 1, maxLength: 500 };
const newIssuer = input<NewIssuer>(
  {
    organization: reference,
    issuer: uri,
    name: plain(80),
    tenant: reference,
    jwks_uri: uri,
    jwks: {
      type: 'object',
      additionalProperties: false,
      required: ['keys'],
      properties: { keys: { type: 'array', items: { type: 'object' }, minItems: 1, maxItems: 20 } },
    },
    algorithms: listOf(oneOf(...ISSUER_ALGORITHMS), 1, ISSUER_ALGORITHMS.length),
    subject_claim: { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_:/.-]{0,79}$' },
    audiences: {
      type: 'array',
      maxItems: 100,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['audience'],
        properties: { audience: reference, agent: reference },
      },
    },
    profiles: listOf(oneOf(...PROFILES), 1, PROFILES.length),
    agents: listOf(reference, 0, 100),
    actions: listOf(reference, 0, 100),
    longest_seconds: whole(60, 86_400),
    acr: { type: 'object', maxProperties: 20, additionalProperties: oneOf('pwd', 'fed', 'phr') },
  },
  ['issuer', 'name', 'profiles'],
);

/** Trusts another issuer. Its keys are looked at at once, so that a wrong address is told to whoever wrote it. */
export const addIssuer: Answer = async (call, dependencies) => {
  const asked = newIssuer(call.body);
  if (!asked.ok) return asked;
  const place = await placeOf(call, asked.value.organization, dependencies);
  if (!place.ok) return place;
  const organization = place.value;
  const { issuer, jwks_uri: jwksUri, jwks, actions = [], algorithms = [...ISSUER_ALGORITHMS] } = asked.value;
  const problem = issuerProblem(issuer, dependencies.issuer, asked.value.profiles);
  if (problem !== undefined) return unacceptable('issuer', problem);
  if ((jwksUri === undefined) === (jwks === undefined)) {
    return malformed('its keys come by jwks_uri or as jwks, one of both');
  }
  const keys = await keysProblem({ jwksUri, jwks, algorithms }, dependencies.issuers.keys);
  if (keys !== undefined) return unacceptable('keys', keys);
  const missing = actions.filter((key) => !dependencies.catalogue().seenBy(organization.id).actions.has(key));
  if (missing.length > 0) return unacceptable('unknown_action', `unknown: ${missing.join(', ')}`);
  const agents = await agentIds(call, asked.value.agents ?? [], organization, dependencies);
  if (!agents.ok) return agents;
  const audiences: TrustedIssuer['audiences'][number][] = [];
  for (const { audience, agent } of asked.value.audiences ?? []) {
    const found = await agentIds(call, agent === undefined ? [] : [agent], organization, dependencies);
    if (!found.ok) return found;
    audiences.push({ audience, agent: found.value[0] ?? null });
  }

  const trusted: TrustedIssuer = {
    organization: organization.id,
    issuer,
    name: asked.value.name,
    tenant: asked.value.tenant ?? null,
    jwksUri: jwksUri ?? null,
    jwks: jwks ?? null,
    algorithms,
    subjectClaim: asked.value.subject_claim ?? 'sub',
    audiences,
    profiles: asked.value.profiles,
    agents: agents.value,
    actions,
    longestSeconds: asked.value.longest_seconds ?? 3600,
    acr: asked.value.acr ?? {},
  };
  const added = await dependencies.issuers.store.addIssuer(
    { organization: organization.id, caller: call.caller },
    trusted,
  );
  if (added === 'taken') {
    return conflict(
      'taken',
      `${organization.slug} trusts ${issuer} already: remove it first, which ends what came of it`,
    );
  }
  return done({ ...shown(trusted), organization: organization.slug });
};
takes(addIssuer, { body: newIssuer });
gives(addIssuer, ISSUER);

const removal = input<{ organization?: string; issuer: string; reason: string }>(
  { organization: reference, issuer: reference, reason: plain(200) },
  ['issuer', 'reason'],
);

/** Nothing that this issuer said counts any more, and everything that came of it has ended. */
export const removeIssuer: Answer = async (call, dependencies) => {
  const asked = removal(call.body);
  if (!asked.ok) return asked;
  const place = await placeOf(call, asked.value.organization, dependencies);
  if (!place.ok) return place;
  const { issuer, reason } = asked.value;
  const act = { organization: place.value.id, caller: call.caller };
  const stopped = await dependencies.issuers.store.removeIssuer(act, issuer, reason);
  return stopped
    ? done({ issuer, organization: place.value.slug, removed: true, ...stopped })
    : unknown(`issuer ${issuer} of ${place.value.slug}`);
};
takes(removeIssuer, { body: removal });
gives(removeIssuer, object({ issuer: text, organization: text, removed: always(true), ...ended }));

const someLinks = listQuery({ person: reference, issuer: uri });

/** Who is who at other issuers. */
export const listLinks: Answer = async (call, dependencies) => {
  const place = await placeOf(call, call.query.organization, dependencies);
  if (!place.ok) return place;
  const read = readList(call, someLinks);
  if (!read.ok) return read;
  const { person: called, ...filters } = read.value.asked.filters;
  const person = called === undefined ? undefined : await personOf(place.value, called, dependencies);
  if (person && !person.ok) return person;
  const asked = { ...read.value.asked, filters: { ...filters, ...(person && { person: person.value.id }) } };
  const { rows, next } = await dependencies.issuers.store.links(place.value.id, asked);
  return done({ upstream_identities: rows, next: next ?? null });
};
takes(listLinks, { query: someLinks });
gives(
  listLinks,
  pageOfMany('upstream_identities', object({ person: named, issuer: text, subject: text, created_at: instant })),
);

interface Link {
  organization?: string;
  person: string;
  issuer: string;
  subject: string;
}
const subject = { type: 'string', format: 'plain', minLength: 1, maxLength: 255 };
const newLink = input<Link>({ organization: reference, person: reference, issuer: uri, subject }, [
  'person',
  'issuer',
  'subject',
]);

/** Says that this subject of that issuer is this person: the only way in which a statement names anybody here. */
export const linkPerson: Answer = async (call, dependencies) => {
  const asked = newLink(call.body);
  if (!asked.ok) return asked;
  const place = await placeOf(call, asked.value.organization, dependencies);
  if (!place.ok) return place;
  const person = await personOf(place.value, asked.value.person, dependencies);
  if (!person.ok) return person;
  const { issuer, subject } = asked.value;
  const linked = await dependencies.issuers.store.link(
    { organization: place.value.id, caller: call.caller },
    { person: person.value.id, issuer, subject },
  );
  if (linked === 'taken')
    return conflict('taken', `${subject} of ${issuer} is a person of ${place.value.slug} already`);
  return done({ person: person.value.id, email: person.value.email, issuer, subject, organization: place.value.slug });
};
takes(linkPerson, { body: newLink });
gives(linkPerson, object({ person: text, email: text, issuer: text, subject: text, organization: text }));

const unlinking = input<Omit<Link, 'person'> & { reason: string }>(
  { organization: reference, issuer: uri, subject, reason: plain(200) },
  ['issuer', 'subject', 'reason'],
);

export const unlinkPerson: Answer = async (call, dependencies) => {
  const asked = unlinking(call.body);
  if (!asked.ok) return asked;
  const place = await placeOf(call, asked.value.organization, dependencies);
  if (!place.ok) return place;
  const { issuer, subject, reason } = asked.value;
  const act = { organization: place.value.id, caller: call.caller };
  const stopped = await dependencies.issuers.store.unlink(act, { issuer, subject }, reason);
  if (stopped === 'only_way_in') {
    return conflict('only_way_in', 'they sign in by nothing else: disable the person, or ask the operator');
  }
  return stopped
    ? done({ issuer, subject, organization: place.value.slug, removed: true, ...stopped })
    : unknown(`${subject} of ${issuer}`);
};
takes(unlinkPerson, { body: unlinking });
gives(unlinkPerson, object({ issuer: text, subject: text, organization: text, removed: always(true), ...ended }));

const someElsewhere = listQuery({ agent: reference, authorization_server: uri });

export const listElsewhere: Answer = async (call, dependencies) => {
  const entries = await listed(call, someElsewhere, dependencies, ({ id }, asked) =>
    dependencies.issuers.store.elsewhere(id, asked),
  );
  return entries.ok ? done({ agents_elsewhere: entries.value.rows, next: entries.value.next }) : entries;
};
takes(listElsewhere, { query: someElsewhere });
const ELSEWHERE = object({
  agent: object({ id: text, name: text }),
  organization: text,
  authorization_server: text,
  client_id: text,
  tells: many(one('email', 'aud_sub')),
  aud_tenant: maybe(text),
});
gives(listElsewhere, pageOfMany('agents_elsewhere', ELSEWHERE));

interface NewElsewhere {
  organization?: string;
  agent: string;
  authorization_server: string;
  client_id: string;
  tells?: ('email' | 'aud_sub')[];
  aud_tenant?: string;
}
const newElsewhere = input<NewElsewhere>(
  {
    organization: reference,
    agent: reference,
    authorization_server: uri,
    client_id: { ...reference, maxLength: 2000 },
    tells: listOf(oneOf('email', 'aud_sub'), 0, 2),
    aud_tenant: reference,
  },
  ['agent', 'authorization_server', 'client_id'],
);

/** Lets an agent carry what a person approved here to another authorization server, under its name there. */
export const putElsewhere: Answer = async (call, dependencies) => {
  const asked = newElsewhere(call.body);
  if (!asked.ok) return asked;
  const { authorization_server, client_id, tells = [], aud_tenant = null } = asked.value;
  const problem = issuerProblem(authorization_server, dependencies.issuer);
  if (problem !== undefined) return unacceptable('authorization_server', problem);
  const agent = await agentOf(call, asked.value.agent, asked.value.organization, dependencies);
  if (!agent.ok) return agent;
  const { organization, id, name } = agent.value;
  const entry = { agent: id, authorization_server, client_id, tells, aud_tenant };
  await dependencies.issuers.store.putElsewhere({ organization: organization.id, caller: call.caller }, entry);
  return done({ ...entry, agent: { id, name }, organization: organization.slug });
};
takes(putElsewhere, { body: newElsewhere });
gives(putElsewhere, ELSEWHERE);

const elsewhereEnd = input<{ organization?: string; agent: string; authorization_server: string }>(
  { organization: reference, agent: reference, authorization_server: uri },
  ['agent', 'authorization_server'],
);

export const removeElsewhere: Answer = async (call, dependencies) => {
  const asked = elsewhereEnd(call.body);
  if (!asked.ok) return asked;
  const agent = await agentOf(call, asked.value.agent, asked.value.organization, dependencies);
  if (!agent.ok) return agent;
  const { organization, id, name } = agent.value;
  const { authorization_server } = asked.value;
  const act = { organization: organization.id, caller: call.caller };
  const removed = await dependencies.issuers.store.removeElsewhere(act, id, authorization_server);
  return removed
    ? done({ agent: { id, name }, authorization_server, removed: true })
    : unknown(`${name} at ${authorization_server}`);
};
takes(removeElsewhere, { body: elsewhereEnd });
gives(
  removeElsewhere,
  object({ agent: object({ id: text, name: text }), authorization_server: text, removed: always(true) }),
);

const shown = ({
  organization: _,
  jwksUri: jwks_uri,
  subjectClaim: subject_claim,
  longestSeconds: longest_seconds,
  ...rest
}: TrustedIssuer) => ({ ...rest, jwks_uri, subject_claim, longest_seconds });

async function placeOf(
  call: Call,
  named: string | undefined,
  dependencies: AdminDependencies,
): Promise<AdminOutcome<Organization>> {
  const organization = await organizationOf(call, named, dependencies);
  if (organization.ok && organization.value.slug === 'deployment') {
    return unacceptable('no_people', 'the deployment itself has no people');
  }
  return organization;
}

/** RFC 8414 §2, with plain HTTP on loopback alone; and never ourselves (JAG-06). */
export function issuerProblem(issuer: string, own: string, profiles: readonly string[] = []): string | undefined {
  const url = new URL(issuer);
  // A trust domain of SPIFFE says which workload runs, and nothing else.
  if (/^spiffe:\/\/[a-z0-9._-]{1,255}$/.test(issuer)) {
    const workloads = profiles.length > 0 && profiles.every((profile) => profile === 'workload');
    return workloads ? undefined : `${issuer} can only be trusted for workloads`;
  }
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(loopback && url.protocol === 'http:')) return `${issuer} is not https`;
  if (url.search || url.hash || url.username || url.password) {
    return `${issuer} has a query, a fragment or a user, and an issuer has none`;
  }
  return issuer.replace(/\/+$/, '') === own ? 'this server is no other issuer' : undefined;
}

async function keysProblem(
  {
    jwksUri,
    jwks,
    algorithms,
  }: { jwksUri: string | undefined; jwks: { keys: PublicJwk[] } | undefined; algorithms: readonly string[] },
  keys: IssuerKeys,
): Promise<string | undefined> {
  if (jwks?.keys.some((key) => 'd' in key || 'k' in key))
    return 'send the public keys: a private one never leaves its holder';
  try {
    const all = jwks?.keys ?? (await keys.remote(jwksUri ?? '', 'missing'));
    const usable = all.some((key) => algorithms.some((alg) => verificationKey(key, alg) !== undefined));
    return usable ? undefined : `no key of it is for ${algorithms.join(', ')}`;
  } catch (cause) {
    if (!(cause instanceof IssuerUnreachable)) throw cause;
    return `${jwksUri} cannot be read: ${cause.message}`;
  }
}

async function agentIds(
  call: Call,
  agents: readonly string[],
  organization: Organization,
  dependencies: AdminDependencies,
): Promise<AdminOutcome<string[]>> {
  const ids: string[] = [];
  for (const agent of agents) {
    const found = await agentOf(call, agent, organization.id, dependencies);
    if (!found.ok) return found;
    ids.push(found.value.id);
  }
  return done(ids);
}
