import type Router from '@koa/router';

import { allowDocumentPage, documentsPage, domainPage, type Fields } from '../../views/admin/documents.tsx';
import { LET_IN, LETTING_IN, LIMIT_WORDS } from '../../views/words/console-documents.ts';
import { LEVEL } from '../../views/words/console-shell.ts';
import { DOCUMENTS } from '../../views/words/documents.ts';
import type { Speaker } from '../../views/words/speaker.ts';
import { asItIs, type Said } from '../../views/words/words.ts';
import type { DocumentPolicy } from '../agents/document.ts';
import { IMPACT_LEVELS, type ImpactLevel, type Limits } from '../agents/limits.ts';
import type { AdminRefusal, ListedPerson } from './admin.ts';
import type { AdminDependencies } from './call.ts';
import { type Console, nothingHere, VIEWERS, type Visit } from './console.ts';
import { allowDocument, putDocumentPolicy, removeDocumentPolicy } from './documents.ts';
import { addressOf, parseCursor, queryOf } from './listing.ts';
import { offeredPeople } from './offered.ts';

const PATH = '/admin/documents';
const ROWS = 50;

/** What is wrong, and with which field. */
interface Problem {
  field?: string | undefined;
  text: Said;
}

/** Whose agents are let in without being registered, by the same answers as the admin API's. */
export function adminDocumentPages(router: Router, console: Console, dependencies: AdminDependencies): void {
  const { store, policies: versions } = dependencies;
  const { administration } = dependencies.documents;

  console.get(router, PATH, VIEWERS, async (visit) => {
    const { organization, speaker, ctx } = visit;
    const { after, waiting } = { ...queryOf(ctx.query), waiting: queryOf({ after: ctx.query.waiting }).after };
    const pageAt = (from: string | undefined) => ({
      words: [],
      filters: {},
      after: from === undefined ? undefined : parseCursor(from),
      limit: ROWS,
    });
    const [policies, requests, others] = await Promise.all([
      administration.policies(organization, pageAt(after)),
      administration.requests(organization, pageAt(waiting)),
      administration.policy(organization, '*'),
    ]);
    const ids = policies.rows.flatMap(({ owner, deputy }) => [owner ?? [], deputy ?? []].flat());
    const names = await versions.names(organization, [...new Set(ids)]);
    const nameOf = (id: string) => names.get(id) ?? id;
    const { done } = ctx.query;
    const notice = done === 'saved' || done === 'removed' || done === 'allowed' ? LET_IN[done] : undefined;
    return documentsPage({
      frame: visit.frame(PATH),
      notice: notice && speaker.say(notice),
      mayChange: visit.roles.has('admin'),
      waiting: requests.rows.map(({ url, person, times, asked_at }) => ({
        url,
        person,
        times,
        since: visit.at(asked_at),
        href: addressOf(`${PATH}/allow`, { url }),
      })),
      policies: policies.rows.map(({ domain, verdict, owner, deputy, limits, made_at }) => ({
        domain,
        verdict,
        answers: owner === null || deputy === null ? undefined : { owner: nameOf(owner), deputy: nameOf(deputy) },
        limits: limitsInWords(limits, speaker),
        since: visit.at(made_at),
        href: addressOf(`${PATH}/domain`, { domain }),
      })),
      saysOfOthers: others !== undefined,
      moreWaiting: requests.next && addressOf(PATH, { after, waiting: requests.next }),
      morePolicies: policies.next && addressOf(PATH, { waiting, after: policies.next }),
      first: after === undefined && waiting === undefined ? undefined : PATH,
    });
  });

  const showDomain = async (
    visit: Visit,
    policy: DocumentPolicy | undefined,
    fields: Fields,
    problems: readonly Problem[],
  ) => {
    const kept = policy && notShown(policy.limits);
    return domainPage({
      frame: visit.frame(PATH),
      csrf: visit.csrf,
      fields,
      problems,
      people: await offeredPeople(visit.organization, { store }),
      known: policy !== undefined,
      kept: kept && Object.keys(kept).length > 0 ? limitsInWords(kept, visit.speaker) : undefined,
    });
  };

  console.get(router, `${PATH}/domain`, ['admin'], async (visit) => {
    const { domain } = visit.ctx.query;
    if (typeof domain !== 'string') return showDomain(visit, undefined, {}, []);
    const policy = await administration.policy(visit.organization, domain);
    if (!policy) throw nothingHere();
    const emailOf = async (id: string | null) =>
      id === null ? undefined : (await store.findPerson(visit.organization, id))?.email;
    const [owner, deputy] = await Promise.all([emailOf(policy.owner), emailOf(policy.deputy)]);
    const { domain: name, verdict, limits } = policy;
    return showDomain(visit, policy, { domain: name, verdict, owner, deputy, ...fieldsOf(limits) }, []);
  });

  console.post(router, `${PATH}/domain`, ['admin'], async (visit, form) => {
    const fields = typed(form);
    const { domain = '', verdict = '' } = fields;
    const policy = await administration.policy(visit.organization, domain);
    const { problems, people, limits } = await read(visit, fields);
    const body = { domain, verdict, ...people, limits: { ...(policy && notShown(policy.limits)), ...limits } };
    const outcome =
      problems.length > 0
        ? undefined
        : await putDocumentPolicy({ caller: visit.caller, params: {}, query: {}, body, text: '' }, dependencies);
    if (outcome?.ok) return `${PATH}?done=saved`;
    const { say } = visit.speaker;
    const wrong = outcome
      ? [inWords(outcome, visit, verdict === '' ? say(LETTING_IN.notVerdict) : say(LETTING_IN.notDomain))]
      : problems;
    return { document: await showDomain(visit, policy, fields, wrong), status: outcome?.status ?? 422 };
  });

  console.post(router, `${PATH}/remove`, ['admin'], async (visit, form) => {
    const params = { domain: form.get('domain') ?? '' };
    const call = { caller: visit.caller, params, query: {}, body: undefined, text: '' };
    const outcome = await removeDocumentPolicy(call, dependencies);
    if (!outcome.ok) throw nothingHere();
    return `${PATH}?done=removed`;
  });

  const showAllow = async (visit: Visit, fields: Fields, problems: readonly Problem[]) =>
    allowDocumentPage({
      frame: visit.frame(PATH),
      csrf: visit.csrf,
      fields,
      problems,
      people: await offeredPeople(visit.organization, { store }),
      host: URL.parse(fields.url ?? '')?.host || undefined,
    });

  console.get(router, `${PATH}/allow`, ['admin'], (visit) => {
    const { url } = visit.ctx.query;
    return showAllow(visit, { url: typeof url === 'string' ? url : undefined }, []);
  });

  console.post(router, `${PATH}/allow`, ['admin'], async (visit, form) => {
    const fields = typed(form);
    const { url = '', name } = fields;
    const { problems, people, limits } = await read(visit, fields);
    const body = { url, ...people, ...(name && { name }), limits };
    const outcome =
      problems.length > 0
        ? undefined
        : await allowDocument({ caller: visit.caller, params: {}, query: {}, body, text: '' }, dependencies);
    if (outcome?.ok) return `${PATH}?done=allowed`;
    const wrong = outcome ? [inWords(outcome, visit, visit.speaker.say(LETTING_IN.incomplete), url)] : problems;
    return { document: await showAllow(visit, fields, wrong), status: outcome?.status ?? 422 };
  });

  /** What both forms have in common. */
  async function read(visit: Visit, fields: Fields) {
    const { say } = visit.speaker;
    const problems: Problem[] = [];
    const people: Record<string, string> = {};
    for (const role of ['owner', 'deputy'] as const) {
      const email = fields[role];
      if (!email) continue;
      const found: ListedPerson | undefined = await store.findPerson(visit.organization, email);
      if (!found) problems.push({ field: role, text: say(LETTING_IN.notPerson, { person: email }) });
      else if (found.status !== 'active')
        problems.push({ field: role, text: say(LETTING_IN.notActive, { person: email }) });
      else people[role] = found.id;
    }
    const perMinute = fields.requests_per_minute;
    if (perMinute && !/^[1-9]\d{0,4}$|^100000$/.test(perMinute))
      problems.push({ field: 'requests_per_minute', text: say(LETTING_IN.notNumber) });
    const actions = [...new Set((fields.actions ?? '').split(/[\s,;]+/).filter((key) => key !== ''))];
    const { actions: known } = dependencies.catalogue().seenBy(visit.organization);
    const strange = actions.filter((key) => !known.has(key));
    if (strange.length > 0)
      problems.push({ field: 'actions', text: say(LETTING_IN.unknownLimit, { names: strange.join(', ') }) });
    const limits: Limits = {
      ...(actions.length > 0 && { actions }),
      ...levelIn(fields, 'highest_impact'),
      ...levelIn(fields, 'second_person_above'),
      ...(perMinute && { requests_per_minute: Number(perMinute) }),
    };
    return { problems, people, limits };
  }
}

const typed = (form: Map<string, string>): Fields =>
  Object.fromEntries([...form].filter(([name]) => name !== 'csrf').map(([name, value]) => [name, value.trim()]));

const levelIn = (fields: Fields, name: 'highest_impact' | 'second_person_above'): Limits => {
  const level = fields[name] as ImpactLevel;
  return IMPACT_LEVELS.includes(level) ? { [name]: level } : {};
};

const fieldsOf = ({ actions, highest_impact, second_person_above, requests_per_minute }: Limits): Fields => ({
  actions: actions?.join('\n'),
  highest_impact,
  second_person_above,
  requests_per_minute: requests_per_minute?.toString(),
});

/** Limits that the form has no field for: saving it leaves them as they are. */
function notShown(limits: Limits): Limits {
  const { actions, highest_impact: _, second_person_above: __, requests_per_minute: ___, ...others } = limits;
  // An empty field is no limit; no action at all is one, and the strictest.
  return actions?.length === 0 ? { ...others, actions } : others;
}

/** @param malformed what is said where the request itself was none */
function inWords({ reason, said }: AdminRefusal, { speaker }: Visit, malformed: Said, url?: string): Problem {
  const { say } = speaker;
  switch (reason) {
    case 'invalid_request':
      return { text: malformed };
    case 'nobody_answers':
      return { field: 'owner', text: say(LETTING_IN.nobodyAnswers) };
    case 'same_person':
      return { field: 'deputy', text: say(LETTING_IN.samePerson) };
    case 'taken':
      return { field: 'url', text: say(LETTING_IN.taken) };
    case 'invalid':
    case 'unreachable':
    case 'too_many':
    case 'confusable':
      return {
        field: 'url',
        text: say(DOCUMENTS.found, {
          sentence: say(DOCUMENTS[reason], { host: URL.parse(url ?? '')?.host || (url ?? '') }),
          detail: said?.(speaker) ?? reason,
        }),
      };
    default:
      return { text: say(LETTING_IN.notDone) };
  }
}

/** Limits as phrases in a row. */
export function limitsInWords(limits: Limits, { say }: Speaker): Said {
  const names = (list: readonly string[]) => (list.length === 0 ? say(LIMIT_WORDS.none) : list.join(', '));
  const phrases: Said[] = [];
  for (const name of ['actions', 'resources', 'scopes', 'delegates'] as const)
    if (limits[name]) phrases.push(say(LIMIT_WORDS[name], { names: names(limits[name]) }));
  for (const name of ['highest_impact', 'second_person_above'] as const)
    if (limits[name]) phrases.push(say(LIMIT_WORDS[name], { level: say(LEVEL[limits[name]]) }));
  for (const name of ['chain_depth', 'requests_per_minute', 'token_seconds'] as const)
    if (limits[name] !== undefined) phrases.push(say(LIMIT_WORDS[name], { count: limits[name] }));
  return phrases.length === 0 ? say(LET_IN.noLimits) : asItIs(phrases.join(' · '));
}
