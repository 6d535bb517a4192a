import type Router from '@koa/router';

import {
  type ActionPage,
  actionLook,
  actionPage,
  actionsPage,
  type Look as LookProps,
} from '../../views/admin/action.tsx';
import { ACTIONS, NEW_ACTION } from '../../views/words/console-actions.ts';
import { PROPOSAL } from '../../views/words/console-policies.ts';
import { LANGUAGE_NAMES } from '../../views/words/language.ts';
import { saying } from '../../views/words/saying.ts';
import { speakerOf } from '../../views/words/speaker.ts';
import type { PlainMessage, Said } from '../../views/words/words.ts';
import { askOf } from '../approvals/decision-props.ts';
import { offeredProps } from '../approvals/instead.ts';
import type { ActionDocument } from '../catalogue/action.ts';
import { CatalogueError, type ResourceDocument } from '../catalogue/catalogue.ts';
import { changesOf } from '../catalogue/diff.ts';
import { LANGUAGES, type Language } from '../catalogue/language.ts';
import { versionsOf } from '../catalogue/publication.ts';
import { BadRequest } from '../http/form.ts';
import type { Person } from '../people/person.ts';
import { actorOf } from './admin.ts';
import type { AdminDependencies } from './call.ts';
import { type Console, eachRefusal, nothingHere, VIEWERS, type Visit } from './console.ts';
import { type Look, previewOf, unlinted } from './preview.ts';
import { draftHash, isAlone, publishDraft, reviewOfDraft, type StoredDraft, yamlOf } from './publications.ts';

export const ACTIONS_PATH = '/admin/actions';
const PATH = ACTIONS_PATH;
/** A form that carries a whole text, or a description of many. */
/** Characters of one action. */
const LONGEST = 200_000;
export const LARGE = { limitBytes: 1024 * 1024 };

interface Place {
  key: string;
  before: readonly ResourceDocument[];
  /** The resource that it belongs to. */
  place: ResourceDocument;
  draft: StoredDraft | undefined;
  mayChange: boolean;
}

/** A5: actions as they are written, with what a person would read; the same rules as the admin API's. */
export function adminActionPages(router: Router, console: Console, dependencies: AdminDependencies): void {
  const { publications, catalogue, policies } = dependencies;
  const { store } = publications;

  console.get(router, PATH, VIEWERS, async (visit) => {
    const drafts = await store.drafts(visit.organization);
    const { actions, resources } = catalogue().seenBy(visit.organization);
    const waits = (draft: StoredDraft | undefined) =>
      draft && (draft.proposed ? ('proposed' as const) : ('draft' as const));
    const published = [...actions.values()].map(({ key, version, system, verb, level, organization }) => ({
      key,
      href: `${PATH}/${key}`,
      system,
      published: { version, verb, least: level.default, most: level.rules.at(-1)?.then },
      owner: organization === null ? ('shared' as const) : ('yours' as const),
      waits: waits(drafts.find((draft) => draft.key === key)),
    }));
    const unpublished = drafts
      .filter(({ key, resource }) => key !== resource && !actions.has(key))
      .map((draft) => ({
        key: draft.key,
        href: `${PATH}/${draft.key}`,
        system: resources.get(draft.resource)?.name ?? draft.resource,
        owner: 'yours' as const,
        waits: waits(draft),
      }));
    return actionsPage({
      frame: visit.frame(PATH),
      notice: noticeOf(visit),
      actions: [...published, ...unpublished].toSorted((a, b) => (a.key < b.key ? -1 : 1)),
      begin: visit.roles.has('admin') ? `${PATH}/new` : undefined,
    });
  });

  /** One action, published or only drafted, that this organization may look at; another's does not exist here. */
  const placeOf = async (visit: Visit): Promise<Place> => {
    const key = String(visit.ctx.params.key);
    const [before, drafts] = await Promise.all([store.published(), store.drafts(visit.organization)]);
    const draft = drafts.find((one) => one.key === key);
    const place =
      before.find(({ actions }) => actions.some((action) => action.key === key)) ??
      before.find(({ resource }) => resource === draft?.resource);
    if (!place || (place.owner !== 'deployment' && place.owner !== visit.organization)) {
      throw nothingHere();
    }
    const mayChange = visit.roles.has('admin') && place.owner === visit.organization;
    return { key, before, place, draft, mayChange };
  };

  const pageOf = async (
    visit: Visit,
    at: Place,
    { typed, shown, ...more }: Partial<ActionPage> & { typed?: string } = {},
  ): Promise<string> => {
    const { key, before, place, draft } = at;
    const versions = versionsOf(before, key);
    const newest = versions.at(-1);
    const asked = Number(visit.ctx.query.version);
    const record = versions.find(({ version }) => version === asked) ?? newest;
    const isNewest = record === newest;
    const mayChange = at.mayChange && isNewest;
    // A record never changes (A5-4): whoever writes begins its next version.
    const previous = versions.findLast(({ version }) => record !== undefined && version < record.version);
    const begun = record && (mayChange ? { ...record, version: record.version + 1 } : record);
    const yaml = typed ?? (isNewest && draft ? draft.yaml : begun ? yamlOf(begun) : '');
    const isRecord = typed === undefined && !mayChange && !(isNewest && draft);
    const reviewed = isRecord ? undefined : reviewOf(at, yaml);
    const written = reviewed && actionIn(reviewed);
    const effect = await store.effects([key], visit.organization);
    const names = draft ? await policies.names(visit.organization, [draft.saved_by]) : new Map<string, string>();
    return actionPage({
      frame: visit.frame(PATH),
      csrf: visit.csrf,
      key,
      version: record?.version,
      versions: versions.map(({ version }) => ({
        version,
        href: `${PATH}/${key}?version=${version}`,
        current: version === record?.version,
      })),
      system: place.name,
      shared: place.owner === 'deployment',
      yaml,
      problems: [],
      changes: reviewed ? reviewed.changes : previous && record ? changesOf(previous, record) : [],
      after: reviewed ? newest?.version : previous?.version,
      effect,
      draft:
        draft && isNewest
          ? { ...draftIn(visit, draft, names), version: publishableIn(reviewOf(at, draft.yaml))?.version }
          : undefined,
      begin: at.mayChange && !(isNewest && draft) ? `${PATH}/${key}#yaml` : undefined,
      live: isNewest && record ? await store.agentsNow(key, visit.organization) : undefined,
      described: written?.draft?.says === undefined && written?.draft?.lacks === undefined ? undefined : written.draft,
      ...lookOf(visit, { ...at, mayChange }, { shown, record, reviewed }),
      ...more,
    });
  };

  console.get(router, `${PATH}/:key`, VIEWERS, async (visit) => {
    const shown = String(visit.ctx.query.show ?? '');
    return pageOf(visit, await placeOf(visit), { notice: noticeOf(visit), shown });
  });

  const actOf = (visit: Visit) => ({ organization: visit.organization, caller: visit.caller });
  const changeable = async (visit: Visit) => {
    const at = await placeOf(visit);
    if (!at.mayChange) throw new BadRequest(saying(ACTIONS.notYours), 403);
    return at;
  };

  const publishNow = async (visit: Visit, key: string, hash: string) => {
    const outcome = await publishDraft(actOf(visit), { key, hash }, publications);
    if (outcome.ok) return `${PATH}/${key}?done=published`;
    if (outcome.reason === 'second_administrator') return `${PATH}/${key}?done=proposed`;
    const problems = eachRefusal(outcome, visit);
    return { document: await pageOf(visit, await placeOf(visit), { problems }), status: outcome.status };
  };

  const typedIn = (form: ReadonlyMap<string, string>) => {
    // A browser sends line ends of its own; what is published is hashed and compared.
    const yaml = (form.get('yaml') ?? '').replaceAll('\r\n', '\n');
    if (yaml.trim() === '' || yaml.length > LONGEST) throw new BadRequest(saying(ACTIONS.length, { most: LONGEST }));
    return yaml;
  };

  console.post(
    router,
    `${PATH}/:key`,
    ['admin'],
    async (visit, form) => {
      const at = await changeable(visit);
      const { key, place, before } = at;
      const yaml = typedIn(form);
      // Somebody only wants to see it: nothing is kept.
      const shown = form.get('show');
      if (shown !== undefined) return { document: await pageOf(visit, at, { typed: yaml, shown }), status: 200 };
      const draft = { key, resource: place.resource, yaml, proposed: false };
      // The very text that waits is not taken from whoever proposed it.
      if (at.draft?.yaml !== yaml || form.get('publish') === undefined) await store.saveDraft(actOf(visit), draft);
      if (form.get('publish') !== undefined) return publishNow(visit, key, draftHash(draft));
      if (reviewOfDraft(draft, before).problems.length === 0) return `${PATH}/${key}?done=saved`;
      const problems = [visit.speaker.say(ACTIONS.keptSo)];
      return { document: await pageOf(visit, await placeOf(visit), { problems }), status: 422 };
    },
    LARGE,
  );

  /** The part of the page that is drawn anew while somebody types, and nothing else. */
  console.post(
    router,
    `${PATH}/:key/preview`,
    ['admin'],
    async (visit, form) => {
      const at = await changeable(visit);
      const yaml = typedIn(form);
      const reviewed = reviewOf(at, yaml);
      const look = lookOf(visit, at, { shown: form.get('show'), record: undefined, reviewed });
      return { document: actionLook({ frame: visit.frame(PATH), ...look }), status: 200 };
    },
    LARGE,
  );

  console.post(router, `${PATH}/:key/publish`, ['admin'], async (visit, form) => {
    const { key } = await changeable(visit);
    return publishNow(visit, key, form.get('hash') ?? '');
  });

  console.post(router, `${PATH}/:key/remove`, ['admin'], async (visit) => {
    const { key } = await changeable(visit);
    await store.removeDraft(actOf(visit), key);
    // Without it there may be nothing of that name.
    return catalogue().actions.has(key) ? `${PATH}/${key}?done=removed` : `${PATH}?done=removed`;
  });
}

const NOTICES = new Map<string, PlainMessage>([
  ['saved', ACTIONS.saved],
  ['published', ACTIONS.published],
  ['proposed', PROPOSAL.proposed],
  ['removed', ACTIONS.removed],
]);

/** What happened a moment ago, as the address says it. */
function noticeOf({ ctx, speaker: { say } }: Visit): Said | undefined {
  const { done, made, there } = ctx.query;
  const notice = NOTICES.get(String(done ?? ''));
  if (notice !== undefined) return say(notice);
  const counted = (count: unknown) => (/^\d{1,3}$/.test(String(count)) ? Number(count) : 0);
  const parts: Said[] = [
    ...(counted(made) > 0 ? [say(NEW_ACTION.drafted, { count: counted(made) })] : []),
    ...(counted(there) > 0 ? [say(NEW_ACTION.leftAlone, { count: counted(there) })] : []),
  ];
  return parts.length === 0 ? undefined : (parts.join(' ') as Said);
}

function draftIn(
  visit: Visit,
  draft: StoredDraft,
  names: ReadonlyMap<string, string>,
): NonNullable<ActionPage['draft']> {
  return {
    proposed: draft.proposed,
    by: names.get(draft.saved_by) ?? draft.saved_by,
    since: visit.at(draft.saved_at),
    mine: draft.saved_by === actorOf(visit.caller),
    hash: draftHash(draft),
  };
}

/** What the text lacks, and what a person would read: of what is written and not published yet, else of the record. */
function lookOf(
  visit: Visit,
  { key, before, place, draft, mayChange }: Place,
  text: { shown: string | undefined; record: ActionDocument | undefined; reviewed: Reviewed | undefined },
): LookProps {
  const { shown, record, reviewed } = text;
  const { speaker, person, ctx } = visit;
  const { say } = speaker;
  const look = lookIn(shown, speaker.catalogue);
  const written = reviewed ? reviewed.documents[0] : record && { ...place, actions: [record] };
  const preview = written && previewIn(before, written, look, person);
  const of = ({ sample, language }: Look) => `${sample}.${language}`;
  const lint = reviewed?.problems.map((problem) => problem(speaker));
  const publish = mayChange && reviewed ? publishable(visit, { key, before, draft }, reviewed) : undefined;
  const props = { mayChange, lint, publish, shown: of(preview ?? look) };
  if (!preview) return props;
  const { sample, language, samples, described, durations, measures, instead } = preview;
  const spoken = speakerOf(language);
  const option = (label: string, changed: Partial<Look>) => {
    const shown = of({ sample, language, ...changed });
    const query = new URLSearchParams({ ...(record && { version: String(record.version) }), show: shown });
    return { label, shown, href: `${PATH}/${key}?${query}`, current: shown === props.shown };
  };
  return {
    ...props,
    preview: {
      ask: {
        ...askOf(described, durations, spoken),
        agentName: String(ctx.query.agent ?? '') || spoken.say(ACTIONS.anAgent),
      },
      speaker: spoken,
      measures,
      instead: instead && offeredProps(instead, spoken),
      samples: Array.from({ length: samples }, (_, index) =>
        option(say(ACTIONS.sample, { number: index + 1 }), { sample: index + 1 }),
      ),
      languages: LANGUAGES.map((one) => option(LANGUAGE_NAMES[one], { language: one })),
    },
  };
}

type Reviewed = ReturnType<typeof reviewOfDraft> & { yaml: string };

const reviewOf = ({ key, place, before }: Pick<Place, 'key' | 'place' | 'before'>, yaml: string): Reviewed => ({
  ...reviewOfDraft({ key, resource: place.resource, yaml, proposed: false }, before),
  yaml,
});

/** The action, where nothing keeps it from being published. */
const publishableIn = (reviewed: Reviewed): ActionDocument | undefined =>
  reviewed.problems.length > 0 ? undefined : actionIn(reviewed);

const actionIn = ({ documents }: Reviewed): ActionDocument | undefined => documents[0]?.actions[0];

/** What was written, where publishing it would change something; a draft that is shown as it is has its own button. */
function publishable(
  { caller }: Visit,
  { key, before, draft }: Pick<Place, 'key' | 'before' | 'draft'>,
  reviewed: Reviewed,
): LookProps['publish'] {
  const { changes, yaml } = reviewed;
  const action = publishableIn(reviewed);
  const same = changes.length === 0 && versionsOf(before, key).length > 0;
  if (!action || draft?.yaml === yaml || same) return undefined;
  return { version: action.version, alone: changes.some(({ weakens }) => weakens) && isAlone(caller, undefined) };
}

/** "2.de": the second sample, in German. */
function lookIn(shown: string | undefined, language: Language): Look {
  const [, sample, asked] = /^(\d{1,3})\.([a-z]{2})$/.exec(shown ?? '') ?? [];
  return { sample: Number(sample ?? 1), language: LANGUAGES.find((one) => one === asked) ?? language };
}

function previewIn(before: readonly ResourceDocument[], written: ResourceDocument, look: Look, reader: Person) {
  const [action] = written.actions;
  try {
    return action && previewOf(unlinted(before, [written]), action, look, reader);
  } catch (error) {
    if (error instanceof CatalogueError) return undefined;
    throw error;
  }
}
