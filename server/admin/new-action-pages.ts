import type Router from '@koa/router';
import { type NewActionPage, newActionPage } from '../../views/admin/new-action.tsx';
import { NEW_ACTION } from '../../views/words/console-actions.ts';
import type { Said } from '../../views/words/words.ts';
import { isKey, type ResourceDocument } from '../catalogue/catalogue.ts';
import { startingText } from '../catalogue/draft.ts';
import { checkSpacing, checkText } from '../oauth/text.ts';
import { ACTIONS_PATH, LARGE } from './action-pages.ts';
import type { AdminDependencies } from './call.ts';
import { draftedFrom } from './catalogue.ts';
import { type Console, refusalWords, type Visit } from './console.ts';
import { yamlOf } from './publications.ts';

const PATH = `${ACTIONS_PATH}/new`;

/** A5-5: how an action begins. Whatever is sent becomes drafts, and nothing else. */
export function adminNewActionPages(router: Router, console: Console, { publications }: AdminDependencies): void {
  const { store } = publications;

  /** What this organization may write actions of, and the names that are taken. */
  const there = async ({ organization }: Visit) => {
    const [before, drafts] = await Promise.all([store.published(), store.drafts(organization)]);
    return {
      owned: before.filter(({ owner }) => owner === organization),
      taken: new Set([...before.flatMap(({ actions }) => actions), ...drafts].map(({ key }) => key)),
    };
  };

  const pageOf = (visit: Visit, owned: readonly ResourceDocument[], more: Partial<NewActionPage> = {}): string =>
    newActionPage({
      frame: visit.frame(ACTIONS_PATH),
      csrf: visit.csrf,
      systems: owned.map(({ resource, name }) => ({ value: resource, label: name })),
      ...more,
    });

  console.get(router, PATH, ['admin'], async (visit) => pageOf(visit, (await there(visit)).owned));

  console.post(router, PATH, ['admin'], async (visit, form) => {
    const { owned, taken } = await there(visit);
    const { say } = visit.speaker;
    const place = owned.find(({ resource }) => resource === form.get('system'));
    const key = (form.get('key') ?? '').trim();
    const problem = !place
      ? { field: 'system' as const, text: say(NEW_ACTION.chooseSystem) }
      : !isKey(key)
        ? { field: 'key' as const, text: say(NEW_ACTION.badKey) }
        : taken.has(key)
          ? { field: 'key' as const, text: say(NEW_ACTION.taken) }
          : undefined;
    if (!place || problem) return { document: pageOf(visit, owned, { typed: form, problem }), status: 422 };
    const act = { organization: visit.organization, caller: visit.caller };
    await store.saveDraft(act, {
      key,
      resource: place.resource,
      yaml: startingText(key, visit.speaker),
      proposed: false,
    });
    return `${ACTIONS_PATH}/${key}`;
  });

  console.post(
    router,
    `${PATH}/drafts`,
    ['admin'],
    async (visit, form) => {
      const { owned, taken } = await there(visit);
      const { say } = visit.speaker;
      const refused = (field: 'described_system' | 'file' | 'source', text: Said) => ({
        document: pageOf(visit, owned, { typed: form, problem: { field, text } }),
        status: 422,
      });
      const place = owned.find(({ resource }) => resource === form.get('described_system'));
      if (!place) return refused('described_system', say(NEW_ACTION.chooseSystem));
      const [file, typed] = [form.get('file') ?? '', form.get('document') ?? ''];
      if ((file.trim() === '') === (typed.trim() === '')) return refused('file', say(NEW_ACTION.fileOrText));
      const source =
        (form.get('source') ?? '').trim() || (file === '' ? say(NEW_ACTION.pasted) : (form.get('file_name') ?? ''));
      if (checkText(source) !== undefined || checkSpacing(source) !== undefined) {
        return refused('source', say(NEW_ACTION.plainSource));
      }
      const { resource, name, owner } = place;
      const drafted = draftedFrom({ resource, name, owner, source, document: file || typed });
      if (!drafted.ok) return refused('file', refusalWords(drafted, visit));
      // What somebody wrote or published under that name stays as it is: the same description may be sent again.
      const made = drafted.value.actions.filter(({ key }) => !taken.has(key));
      const act = { organization: visit.organization, caller: visit.caller };
      for (const action of made) {
        await store.saveDraft(act, { key: action.key, resource, yaml: yamlOf(action), proposed: false });
      }
      return `${ACTIONS_PATH}?made=${made.length}&there=${drafted.value.actions.length - made.length}`;
    },
    { ...LARGE, files: true },
  );
}
