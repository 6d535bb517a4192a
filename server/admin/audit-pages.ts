import type Router from '@koa/router';

import {
  type AuditRow,
  auditPage,
  type Moment,
  type StoryPage,
  type StoryPart,
  storyPage,
} from '../../views/admin/audit.tsx';
import { AUDIT, ENDED, STORY } from '../../views/words/console-audit.ts';
import { LIST } from '../../views/words/console-list.ts';
import { LANGUAGE_NAMES, LANGUAGES } from '../../views/words/language.ts';
import { RECEIPT } from '../../views/words/receipt.ts';
import { OUTCOMES } from '../../views/words/result.ts';
import { asItIs, type Said } from '../../views/words/words.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { BadRequest } from '../http/form.ts';
import { type AdminAct, actorOf, type Named } from './admin.ts';
import { type Console, nothingHere, VIEWERS, type Visit } from './console.ts';
import { outcomeOf, whatTheyDid, whyRefused } from './event-words.ts';
import {
  type EvidenceReader,
  type FoundEvent,
  parseEvidenceSearch,
  type ReadableEvent,
  type TaskChain,
} from './evidence.ts';
import { addressOf, chipsOf, csvOf, type Listing, queryOf, quoted } from './listing.ts';
import { type Story, storyOf } from './story.ts';

export interface AuditPagesDependencies {
  evidence: EvidenceReader;
  recorder: Evidence;
}

const PATH = '/admin/audit';
const ROWS = 50;
/** Rows of one file: more is what the admin API pages through. */
const TAKEN = 10_000;

const VIEWS = [
  ['viewDecisions', 'type:task.approved type:task.denied'],
  ['viewRefused', 'decision:refused'],
  ['viewAlarms', 'type:person.alarm type:token.alarm type:redemption.alarm'],
  ['viewStops', 'type:authority.stopped type:authority.resumed'],
  ['viewAdministration', 'type:admin.acted'],
] as const;

/**
 * A7: the evidence, searched and read as the story of one task. Whoever reads more than the newest events, or takes them
 * away, leaves evidence of it. Nothing here writes anything else.
 */
export function adminAuditPages(
  router: Router,
  console: Console,
  { evidence, recorder }: AuditPagesDependencies,
): void {
  console.get(router, PATH, VIEWERS, async (visit) => {
    const { say } = visit.speaker;
    const query = { ...queryOf(visit.ctx.query), sort: undefined };
    const parsed = parseEvidenceSearch(query, visit.person.timeZone);
    const found = parsed.ok ? await search(visit, parsed.listing, ROWS) : undefined;
    if (found && (query.q !== undefined || query.after !== undefined))
      await leave(visit, 'evidence_read', { q: query.q ?? '', events: found.rows.length });
    const { q, after } = query;
    return auditPage({
      frame: visit.frame(PATH),
      list: {
        action: PATH,
        q: q ?? '',
        hint: 'decision:refused after:2026-11-01',
        chips: chipsOf(PATH, query),
        views: VIEWS.map(([label, view]) => ({
          label: say(AUDIT[label]),
          href: addressOf(PATH, { q: view }),
          current: q === view,
        })),
        nothing: say(parsed.ok ? AUDIT.none : LIST.nothingSought),
        first: after === undefined ? undefined : addressOf(PATH, { q }),
        next: found?.next === undefined ? undefined : addressOf(PATH, { q, after: found.next }),
        problem: parsed.ok ? undefined : parsed.problem(visit.speaker),
        exports: [
          { label: say(LIST.exportCsv), href: addressOf(`${PATH}.csv`, { q }) },
          { label: say(LIST.exportJsonLines), href: addressOf(`${PATH}.jsonl`, { q }) },
        ],
        command: `countersign evidence list${q ? ` --filter ${quoted(q)}` : ''}`,
      },
      events: (found?.rows ?? []).map((event) => ({ ...rowOf(event, visit), about: event.sentence ?? undefined })),
    });
  });

  for (const format of ['csv', 'jsonl'] as const) {
    console.get(router, `${PATH}.${format}`, VIEWERS, async (visit) => {
      const { q } = queryOf(visit.ctx.query);
      const parsed = parseEvidenceSearch({ q }, visit.person.timeZone);
      if (!parsed.ok) throw new BadRequest(parsed.problem);
      const { rows, next } = await search(visit, parsed.listing, TAKEN);
      await leave(visit, 'evidence_taken', { q: q ?? '', events: rows.length, format });
      // A file says by itself what was asked for, and whether it is all of it.
      const head = {
        query: q ?? '',
        events: rows.length,
        complete: next === undefined,
        taken_at: new Date().toISOString(),
      };
      send(
        visit,
        `evidence.${format}`,
        format === 'csv'
          ? csvOf([COLUMNS.map(([name]) => name), ...rows.map((row) => COLUMNS.map(([, cell]) => cell(row)))])
          : [head, ...rows].map((row) => `${JSON.stringify(row)}\n`).join(''),
      );
      return undefined;
    });
  }

  console.get(router, `${PATH}/chain/:task.json`, VIEWERS, async (visit) => {
    const chain = await chainOf(visit);
    await leave(visit, 'evidence_taken', { task: chain.task.id, events: chain.events.length, format: 'json' });
    send(visit, `${chain.task.id}.json`, `${JSON.stringify(chain, null, 2)}\n`);
    return undefined;
  });

  console.get(router, `${PATH}/chain/:task`, VIEWERS, async (visit) => {
    const chain = await chainOf(visit);
    await leave(visit, 'story_read', { task: chain.task.id });
    return storyPage(storyProps(chain, visit));
  });

  async function chainOf(visit: Visit): Promise<TaskChain> {
    const chain = await evidence.chain(visit.organization, String(visit.ctx.params.task));
    if (!chain) throw nothingHere();
    return chain;
  }

  const search = ({ organization, person }: Visit, listing: Listing, limit: number) =>
    evidence.search(organization, { listing, timeZone: person.timeZone, limit });

  /** Reading evidence is evidence. */
  const leave = ({ organization, person, caller }: Visit, reason: AdminAct, content: object) =>
    recorder.record({
      organization,
      type: 'admin.acted',
      decision: 'allowed',
      reason,
      person: person.id,
      content: { by: actorOf(caller), through: caller.client, ...content },
    });
}

function send({ ctx }: Visit, name: string, body: string): void {
  ctx.set('Content-Disposition', `attachment; filename="${name}"`);
  ctx.set('Cache-Control', 'no-store');
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.type = TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
  ctx.body = body;
}

const TYPES: Readonly<Record<string, string>> = {
  csv: 'text/csv; charset=utf-8',
  jsonl: 'application/jsonl',
  json: 'application/json',
};

const COLUMNS: readonly (readonly [name: string, cell: (event: FoundEvent) => unknown])[] = [
  ['id', ({ id }) => id],
  ['at', ({ at }) => at],
  ['type', ({ type }) => type],
  ['decision', ({ decision }) => decision],
  ['reason', ({ reason }) => reason],
  ['outcome', ({ outcome }) => outcome],
  ['person', ({ person }) => person?.email ?? person?.id],
  ['agent', ({ agent }) => agent?.name],
  ['agent_id', ({ agent }) => agent?.id],
  ['acting', ({ acting }) => acting?.map(nameOf)],
  ['by', ({ by }) => by && nameOf(by)],
  ['resource', ({ resource }) => resource?.id],
  ['sentence', ({ sentence }) => sentence],
  ['task', ({ task }) => task],
  ['approval', ({ approval }) => approval],
  ['jti', ({ jti }) => jti],
];

const nameOf = (named: Named | null | undefined): string => named?.name ?? named?.email ?? named?.id ?? 'Countersign';
const placeOf = ({ name, id }: Named): string => name ?? (URL.canParse(id) ? new URL(id).host : id);
/** To the second, where it is of today: several things happen within one minute. */
function momentOf(at: Date, { at: clock, speaker, person }: Visit): Moment {
  const said = clock(at);
  return { said: said.includes(' ') ? said : speaker.toSecond(at, person.timeZone), exact: at.toISOString() };
}

function rowOf(event: ReadableEvent, visit: Visit): AuditRow {
  const { person, agent, application, acting, by, resource, task, approval } = event;
  const agents = acting ? acting.toReversed() : agent ? [agent] : [];
  const who = by ? [by] : [...(person ? [person] : []), ...agents];
  return {
    id: event.id,
    at: momentOf(event.at, visit),
    who: (who.length > 0 ? who : [application]).map((one) => ({ name: nameOf(one), id: one?.id ?? '' })),
    what: whatTheyDid(event, visit.speaker),
    about: undefined,
    action: actionIn(event),
    system: resource ? placeOf(resource) : undefined,
    decision: event.decision,
    outcome: event.decision === 'refused' ? (whyRefused(event, visit.speaker) ?? '') : outcomeOf(event, visit.speaker),
    story: task
      ? `${PATH}/chain/${encodeURIComponent(task)}`
      : approval
        ? addressOf(PATH, { q: `approval:${approval}` })
        : undefined,
  };
}

/** The action by its key, of what names one alone. */
function actionIn({ content }: ReadableEvent): string | undefined {
  const { action, refusal } = content as { action?: unknown; refusal?: { type?: unknown } };
  const key = action ?? refusal?.type;
  return typeof key === 'string' ? key : undefined;
}

function storyProps(chain: TaskChain, visit: Visit): StoryPage {
  const { say } = visit.speaker;
  const { task, events } = chain;
  const story = storyOf(chain);
  const person = nameOf(task.person);
  return {
    frame: visit.frame(PATH),
    title: task.agent ? say(STORY.title, { agent: nameOf(task.agent), person }) : say(STORY.withoutAgent, { person }),
    sentence: task.sentence,
    level: task.impact as StoryPage['level'],
    state:
      task.over !== null
        ? { tone: 'over', said: say(STORY.over) }
        : task.expires_at <= new Date()
          ? { tone: 'over', said: say(ENDED.expired) }
          : { tone: 'good', said: say(STORY.lives, { time: visit.at(task.expires_at) }) },
    parts: partsOf(chain, story, visit),
    beside: story.beside.map((event) => rowOf(event, visit)),
    hashes: [
      [say(STORY.task), task.id],
      [say(STORY.request), task.request_hash],
      [say(STORY.decision), task.decision_hash],
      ...(task.screen_hash === null ? [] : [[say(STORY.page), task.screen_hash] as const]),
    ],
    events: events.map((event) => rowOf(event, visit)),
    download: `${PATH}/chain/${encodeURIComponent(task.id)}.json`,
  };
}

/** The seven parts in words; each that has nothing says so. */
function partsOf({ task, tokens }: TaskChain, story: Story, visit: Visit): StoryPart[] {
  const { say } = visit.speaker;
  const at = (moment: Date) => momentOf(moment, visit);
  const { asked, agent, shown, decided, issued, used, outcomes, silent } = story;
  const tokenOf = new Map(tokens.map(({ jti }, index) => [jti, `T${index + 1}`]));
  const isOver = task.over !== null || task.expires_at <= new Date();
  return [
    {
      name: say(STORY.asked),
      lines: asked
        ? [
            {
              at: at(asked.at),
              what: asked.application
                ? say(STORY.askedIn, { person: nameOf(asked.person), application: nameOf(asked.application) })
                : nameOf(asked.person),
              quiet:
                asked.how !== null && Object.hasOwn(HOW, asked.how) ? [say(HOW[asked.how as keyof typeof HOW])] : [],
            },
          ]
        : [],
      gap: asked ? undefined : say(STORY.askedAnother),
    },
    {
      name: say(STORY.agent),
      lines: agent.actions.map(({ action, version }) => ({
        what:
          version === undefined
            ? `${nameOf(agent.agent)}: ${action}`
            : say(STORY.requested, { agent: nameOf(agent.agent), action, version }),
        quiet: agent.key === undefined ? [] : [say(STORY.bound, { key: `…${agent.key.slice(-8)}` })],
      })),
    },
    {
      name: say(STORY.shown),
      lines: shown
        ? [
            {
              at: at(shown.at),
              what: say(STORY.screen, { language: languageOf(shown.language), template: shown.template }),
              code: shown.hash === null ? undefined : `${shown.hash.slice(0, 12)}…`,
            },
          ]
        : [],
      gap: shown ? (shown.hash === null ? say(STORY.erased) : undefined) : say(STORY.noScreen),
      link:
        shown?.hash && task.approval !== null
          ? { href: `/receipts/${task.approval}/screen`, text: say(STORY.asShown) }
          : undefined,
    },
    {
      name: say(STORY.decided),
      lines: decided
        ? [
            ...decided.signed.map((one) => ({
              at: at(one.at),
              what: say(STORY.signedBy, { person: nameOf(one.person) }),
              quiet: proofIn(one, say),
            })),
            {
              at: at(decided.at),
              what: say(STORY.allowedBy, {
                person: nameOf(decided.person),
                duration:
                  decided.duration === 'once' ? say(STORY.once) : say(STORY.until, { time: visit.at(decided.until) }),
              }),
              quiet: [
                ...(decided.policy ? [say(STORY.byPolicy, { policy: decided.policy })] : proofIn(decided, say)),
                ...(decided.seconds === undefined ? [] : [say(STORY.seconds, { count: Math.round(decided.seconds) })]),
              ],
            },
          ]
        : [],
      gap: decided ? undefined : say(STORY.askedAnother),
    },
    {
      name: say(STORY.issued),
      lines: issued.map((token) => {
        const slots = { token: tokenOf.get(token.jti) ?? '', time: visit.at(token.expires_at) };
        return {
          at: at(token.issued_at),
          what:
            token.kind === 'handoff'
              ? say(STORY.handOff, { ...slots, agent: nameOf(token.handed_to) })
              : token.kind === 'root'
                ? say(STORY.root, slots)
                : say(STORY.token, { ...slots, system: placeOf(token.resource) }),
          quiet: [
            asItIs(token.acting.toReversed().map(nameOf).join(' → ')),
            say(token.over === null ? ENDED.alive : token.over === 'expired' ? ENDED.expired : ENDED.ended),
          ],
          code: `jti ${token.jti}`,
        };
      }),
      gap: issued.length > 0 ? undefined : say(STORY.noToken),
    },
    {
      name: say(STORY.used),
      lines: used.map((one) => ({
        at: at(one.at),
        what: say(STORY.usedAt, {
          action: one.action,
          system: one.resource ? placeOf(one.resource) : '–',
          agent: nameOf(one.agent),
        }),
      })),
      gap: used.length > 0 ? undefined : say(isOver ? STORY.notUsed : STORY.notUsedYet),
    },
    {
      name: say(STORY.outcome),
      lines: outcomes.map((one) => ({
        at: at(one.at),
        what: say(STORY.outcomeOf, { action: one.action, outcome: outcomeWords(one.outcome, say) }),
        quiet: [
          ...(one.reference === undefined ? [] : [say(STORY.reference, { reference: one.reference })]),
          ...(one.affected === undefined ? [] : [say(STORY.affected, { count: one.affected })]),
          ...(one.resource ? [say(STORY.saidBy, { system: placeOf(one.resource) })] : []),
        ],
      })),
      gap:
        silent.length > 0
          ? say(isOver ? STORY.noOutcome : STORY.noOutcomeYet, { system: silent.map(placeOf).join(', ') })
          : outcomes.length > 0
            ? undefined
            : say(STORY.noneWithoutUse),
    },
  ];
}

const HOW = {
  browser: STORY.inBrowser,
  backchannel: STORY.fromBehind,
  exchange: STORY.byExchange,
} as const;

/** How it was proven: by what was made for it, or how whoever pressed the button had signed in. */
const proofIn = (
  { method, acr }: { method: string | undefined; acr?: string | undefined },
  say: Visit['speaker']['say'],
) => [
  say(
    method === 'passkey'
      ? RECEIPT.byPasskey
      : method === 'sign_in'
        ? RECEIPT.bySignIn
        : acr === 'phr'
          ? RECEIPT.byPasskeySignIn
          : acr === 'fed'
            ? RECEIPT.byProvider
            : acr === 'pwd'
              ? RECEIPT.byPassword
              : RECEIPT.otherwise,
  ),
];

const outcomeWords = (outcome: string, say: Visit['speaker']['say']): Said =>
  Object.hasOwn(OUTCOMES, outcome) ? say(OUTCOMES[outcome as keyof typeof OUTCOMES]) : asItIs(outcome);

const languageOf = (tag: string): string =>
  LANGUAGES.includes(tag as (typeof LANGUAGES)[number]) ? LANGUAGE_NAMES[tag as (typeof LANGUAGES)[number]] : tag;
