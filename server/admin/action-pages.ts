import type Router from '@koa/router';

import { type ActionPage, actionPage, actionsPage } from '../../views/admin/action.tsx';
import { ACTIONS } from '../../views/words/console-actions.ts';
import { PROPOSAL } from '../../views/words/console-policies.ts';
import { speakerOf } from '../../views/words/speaker.ts';
import type { PlainMessage } from '../../views/words/words.ts';
import { choicesFor, describeApproval } from '../approvals/decide.ts';
import { askOf } from '../approvals/decision-props.ts';
import { type Catalogue, CatalogueError, compileCatalogue, type ResourceDocument } from '../catalogue/catalogue.ts';
import { LANGUAGES, type Language } from '../catalogue/language.ts';
import { mergedWith, versionsOf } from '../catalogue/publication.ts';
import { BadRequest } from '../http/form.ts';
import { actorOf } from './admin.ts';
import type { AdminDependencies } from './call.ts';
import { type Console, VIEWERS, type Visit } from './console.ts';
import { draftHash, publishDraft, reviewOfDraft, type StoredDraft, yamlOf } from './publications.ts';

const PATH = '/admin/actions';

/** A5: actions as they are written, with what a person would read; the same rules as the admin API's. */
export function adminActionPages(router: Router, console: Console, dependencies: AdminDependencies): void {
  const { publications, catalogue, policies } = dependencies;
  const { store } = publications;

  console.get(router, PATH, VIEWERS, async (visit) => {
    const drafts = new Map((await store.drafts(visit.organization)).map((draft) => [draft.key, draft]));
    const seen = catalogue().seenBy(visit.organization);
    return actionsPage({
      frame: visit.frame(PATH),
      actions: [...seen.actions.values()]
        .toSorted((a, b) => (a.key < b.key ? -1 : 1))
        .map(({ key, version, system, verb, level, organization }) => {
          const draft = drafts.get(key);
          const highest = level.rules.at(-1)?.then;
          return {
            key,
            href: `${PATH}/${key}`,
            version,
            system,
            verb,
            least: level.default,
            most: highest,
            owner: organization === null ? ('shared' as const) : ('yours' as const),
            waits: draft && (draft.proposed ? ('proposed' as const) : ('draft' as const)),
          };
        }),
    });
  });

  /** One action that this organization may look at; another's does not exist here. */
  const placeOf = async (visit: Visit) => {
    const key = String(visit.ctx.params.key);
    const before = await store.published();
    const place = before.find(({ actions }) => actions.some((action) => action.key === key));
    if (!place || (place.owner !== 'deployment' && place.owner !== visit.organization)) {
      throw new BadRequest('There is no such action.', 404);
    }
    const draft = (await store.drafts(visit.organization)).find((one) => one.key === key);
    const mayChange = visit.roles.has('admin') && place.owner === visit.organization;
    return { key, before, place, draft, mayChange };
  };
  type Place = Awaited<ReturnType<typeof placeOf>>;

  const pageOf = async (visit: Visit, at: Place, more: Partial<ActionPage> = {}): Promise<string> => {
    const { key, before, place, draft, mayChange } = at;
    const versions = versionsOf(before, key);
    const newest = versions.at(-1);
    if (!newest) throw new BadRequest('There is no such action.', 404);
    const asked = Number(visit.ctx.query.version);
    const shown = versions.find(({ version }) => version === asked) ?? newest;
    const isNewest = shown === newest;
    const yaml = more.yaml ?? (isNewest && draft ? draft.yaml : yamlOf(shown));
    const written = { key, resource: place.resource, yaml, proposed: false };
    const reviewed = mayChange && isNewest ? reviewOfDraft(written, before) : undefined;
    const names = draft ? await policies.names(visit.organization, [draft.saved_by]) : new Map<string, string>();
    const effect = await store.effects([key], visit.organization);
    return actionPage({
      frame: visit.frame(PATH),
      csrf: visit.csrf,
      key,
      version: shown.version,
      versions: versions.map(({ version }) => ({
        version,
        href: `${PATH}/${key}?version=${version}`,
        current: version === shown.version,
      })),
      system: place.name,
      mayChange: mayChange && isNewest,
      shared: place.owner === 'deployment',
      yaml,
      problems: draft || more.yaml !== undefined ? (reviewed?.problems ?? []) : [],
      changes: reviewed?.changes ?? [],
      effect,
      draft: draft && isNewest ? draftIn(visit, draft, names) : undefined,
      preview: previewOf(visit, key, previewed(before, reviewed?.documents ?? [], place, shown), shown.version),
      ...more,
    });
  };

  console.get(router, `${PATH}/:key`, VIEWERS, async (visit) => {
    const at = await placeOf(visit);
    const notice = NOTICES.get(String(visit.ctx.query.done ?? ''));
    return pageOf(visit, at, notice === undefined ? {} : { notice: visit.speaker.say(notice) });
  });

  const actOf = (visit: Visit) => ({ organization: visit.organization, caller: visit.caller });
  const changeable = async (visit: Visit) => {
    const at = await placeOf(visit);
    if (!at.mayChange) throw new BadRequest('Only whoever owns this resource writes its actions.', 403);
    return at;
  };

  console.post(router, `${PATH}/:key`, ['admin'], async (visit, form) => {
    const { key, place, ...at } = await changeable(visit);
    const yaml = (form.get('yaml') ?? '').replaceAll('\r\n', '\n');
    if (yaml.trim() === '' || yaml.length > 200_000) throw new BadRequest('An action has up to 200,000 characters.');
    await store.saveDraft(actOf(visit), { key, resource: place.resource, yaml, proposed: false });
    const { problems } = reviewOfDraft({ key, resource: place.resource, yaml, proposed: false }, at.before);
    if (problems.length === 0) return `${PATH}/${key}?done=saved`;
    return { document: await pageOf(visit, await placeOf(visit)), status: 422 };
  });

  console.post(router, `${PATH}/:key/publish`, ['admin'], async (visit, form) => {
    const { key } = await changeable(visit);
    const outcome = await publishDraft(actOf(visit), { key, hash: form.get('hash') ?? '' }, publications);
    if (outcome.ok) return `${PATH}/${key}?done=published`;
    if (outcome.reason === 'second_administrator') return `${PATH}/${key}?done=proposed`;
    const problems = outcome.problems ?? [outcome.detail];
    return { document: await pageOf(visit, await placeOf(visit), { problems }), status: outcome.status };
  });

  console.post(router, `${PATH}/:key/remove`, ['admin'], async (visit) => {
    const { key } = await changeable(visit);
    await store.removeDraft(actOf(visit), key);
    return `${PATH}/${key}?done=removed`;
  });
}

const NOTICES = new Map<string, PlainMessage>([
  ['saved', ACTIONS.saved],
  ['published', ACTIONS.published],
  ['proposed', PROPOSAL.proposed],
  ['removed', ACTIONS.removed],
]);

function draftIn(visit: Visit, draft: StoredDraft, names: ReadonlyMap<string, string>): ActionPage['draft'] {
  return {
    proposed: draft.proposed,
    by: names.get(draft.saved_by) ?? draft.saved_by,
    since: visit.at(draft.saved_at),
    mine: draft.saved_by === actorOf(visit.caller),
    hash: draftHash(draft),
  };
}

/** What the preview speaks from: what is written, where it can be read at all, or the version that is looked at. */
function previewed(
  before: readonly ResourceDocument[],
  documents: readonly ResourceDocument[],
  place: ResourceDocument,
  shown: ResourceDocument['actions'][number],
): { catalogue: Catalogue; version: number } | undefined {
  const written = documents[0]?.actions[0];
  try {
    // Without the lint: what it complains about is best seen in the preview.
    const catalogue = compileCatalogue(
      mergedWith(before, written ? documents : [{ ...place, actions: [shown] }]),
      () => true,
    );
    return { catalogue, version: (written ?? shown).version };
  } catch (error) {
    if (error instanceof CatalogueError) return undefined;
    throw error;
  }
}

/** The headline, impact line and facts of a decision page, by the functions that make a decision page. */
function previewOf(
  visit: Visit,
  key: string,
  from: ReturnType<typeof previewed>,
  version: number,
): ActionPage['preview'] {
  const action = from?.catalogue.version(key, from.version);
  if (!from || !action) return undefined;
  const query = (name: string) => String(visit.ctx.query[name] ?? '');
  const sample = Math.min(Math.max(1, Number(query('sample')) || 1), action.samples.length);
  const language: Language = LANGUAGES.find((one) => one === query('language')) ?? visit.speaker.catalogue;
  const requested = {
    action: key,
    version: action.version,
    resource: action.resource,
    parameters: { ...action.samples[sample - 1] },
    ...(action.resolve && { facts: { ...action.resolve.sample } }),
  };
  if (action.validate(requested.parameters) !== undefined) return undefined;
  const described = describeApproval({ actions: [requested] }, from.catalogue, visit.person, language);
  const [only] = described ?? [];
  if (!described || !only) return undefined;
  const speaker = speakerOf(language);
  const { timeZone } = visit.person;
  const durations = choicesFor(described, { now: new Date(), timeZone, locale: only.description.language });
  const href = (more: Record<string, string | number>) =>
    `${PATH}/${key}?${new URLSearchParams({ version: String(version), sample: String(sample), language, ...more } as Record<string, string>)}`;
  return {
    ask: { ...askOf(described, durations, speaker), agentName: query('agent') || speaker.say(ACTIONS.anAgent) },
    speaker,
    samples: action.samples.map((_, index) => ({
      label: visit.speaker.say(ACTIONS.sample, { number: index + 1 }),
      href: href({ sample: index + 1 }),
      current: index + 1 === sample,
    })),
    languages: LANGUAGES.map((one) => ({ label: one, href: href({ language: one }), current: one === language })),
  };
}
