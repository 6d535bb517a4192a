import { done, malformed, unknown } from './admin.ts';
import { type Answer, agentOf, organizationOf, organizationsOf, personOf } from './call.ts';
import { parseEvidenceSearch } from './evidence.ts';
import { gives, input, reference, takes } from './input.ts';
import { anyObject, count, instant, many, mapOf, maybe, named, object, one, text } from './shapes.ts';

const filter = input<{
  organization?: string;
  q?: string;
  task?: string;
  agent?: string;
  person?: string;
  type?: string;
  limit?: string;
  before?: string;
}>({
  organization: reference,
  q: { type: 'string', maxLength: 500, description: 'Words and filters, as the console takes them.' },
  task: reference,
  agent: reference,
  person: reference,
  type: { type: 'string', pattern: '^[a-z_]+\\.[a-z_]+$' },
  limit: { type: 'string', pattern: '^([1-9]\\d?|[1-4]\\d\\d|500)$' },
  before: { type: 'string', pattern: '^evt_[0-9a-f]+$' },
});
const LIMIT = 50;

/** The newest events that fit, oldest first. `before` of the answer asks for the ones before. */
export const listEvidence: Answer = async (call, dependencies) => {
  const asked = filter(call.query);
  if (!asked.ok) return asked;
  const { agent, person, limit: given, q, ...rest } = asked.value;
  const timeZone = call.caller.kind === 'person' ? call.caller.person.timeZone : 'UTC';
  const searched = q === undefined ? undefined : parseEvidenceSearch({ q }, timeZone);
  if (searched && !searched.ok) return malformed(searched.problem);
  if (searched && [agent, person, rest.task, rest.type].some((one) => one !== undefined))
    return malformed('q says all of it: agent:, person:, task: and type: are written there');
  let { organization } = asked.value;
  let agentId: string | undefined;
  if (agent !== undefined) {
    const found = await agentOf(call, agent, organization, dependencies);
    if (!found.ok) return found;
    agentId = found.value.id;
    organization = found.value.organization.id;
  }
  const places = await organizationsOf(call, organization, dependencies);
  if (!places.ok) return places;
  let personId: string | undefined;
  if (person !== undefined) {
    const [only] = places.value;
    const one = places.value.length === 1 && only ? done(only) : await organizationOf(call, organization, dependencies);
    if (!one.ok) return one;
    const found = await personOf(one.value, person, dependencies);
    if (!found.ok) return found;
    personId = found.value.id;
  }

  if (rest.before !== undefined && places.value.length > 1)
    return malformed('organization is required to page with before');

  const limit = Number(given ?? LIMIT);
  const lists = await Promise.all(
    places.value.map(async ({ id }) => {
      if (!searched) return dependencies.evidence.list(id, { ...rest, agent: agentId, person: personId, limit });
      const asking = { listing: searched.listing, timeZone, limit, before: rest.before };
      const { rows } = await dependencies.evidence.search(id, asking);
      return rows.toReversed().map(({ sentence: _, ...event }) => event);
    }),
  );
  const events = lists
    .flat()
    // Within a millisecond each list keeps its own order, which knows more of the time than is told.
    .toSorted((a, b) => a.at.getTime() - b.at.getTime())
    .slice(-limit);
  return done({ events, before: events.length === limit ? (events[0]?.id ?? null) : null });
};
takes(listEvidence, { query: filter });
const EVENT = object({
  id: text,
  at: instant,
  organization: text,
  type: text,
  decision: one('allowed', 'refused', 'reported'),
  reason: maybe(text),
  outcome: maybe(text),
  person: maybe(named),
  agent: maybe(named),
  application: maybe(named),
  resource: maybe(named),
  task: maybe(text),
  approval: maybe(text),
  jti: maybe(text),
  txn: maybe(text),
  by: maybe(named),
  acting: maybe(many(named)),
  content: anyObject,
  names: mapOf(text),
});
gives(listEvidence, object({ events: many(EVENT), before: maybe(text) }));

export const getChain: Answer = async (call, dependencies) => {
  const task = call.params.task ?? '';
  const nothing = unknown(`task ${task}`);
  const named =
    call.query.organization ??
    (call.caller.kind === 'operator' ? await dependencies.organizations.ofTask(task) : undefined);
  if (named === undefined && call.caller.kind === 'operator') return nothing;
  const organization = await organizationOf(call, named, dependencies);
  if (!organization.ok) return organization;
  const chain = await dependencies.evidence.chain(organization.value.id, task);
  return chain ? done(chain) : nothing;
};
const ACTION = { action: text, parameters: anyObject };
gives(
  getChain,
  object({
    organization: object({ id: text, slug: text, name: text }),
    task: object({
      id: text,
      sentence: text,
      impact: text,
      person: named,
      agent: maybe(named),
      actions: many(object({ ...ACTION, uses: count, max_uses: maybe(count) })),
      request_hash: text,
      decision_hash: text,
      approved_at: instant,
      expires_at: instant,
      over: maybe(text),
      approval: maybe(text),
      screen_hash: maybe(text),
    }),
    tokens: many(
      object({
        jti: text,
        kind: text,
        parent: maybe(text),
        depth: count,
        agent: maybe(named),
        acting: many(named),
        handed_to: maybe(named),
        resource: named,
        scopes: many(text),
        actions: many(object(ACTION)),
        issued_at: instant,
        expires_at: instant,
        over: maybe(text),
      }),
    ),
    events: many(EVENT),
  }),
);
