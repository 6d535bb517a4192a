import { canonicalJson } from '../oauth/canonical.ts';
import { type ActionDocument, accessOf, FACT_NAMES, IMPACTS, type LevelRule } from './action.ts';
import type { ResourceDocument } from './catalogue.ts';
import { isLimit } from './comparator.ts';
import { conditionInWords } from './condition.ts';
import { durationSeconds } from './duration.ts';
import { languagesOf, type Text, textIn } from './language.ts';
import { compareDecimals } from './money.ts';
import { propertiesOf } from './schema.ts';

/** One difference between two versions of an action, in words for whoever reviews it. */
export interface Change {
  readonly words: string;
  /** More is allowed, or the same with less scrutiny: no single person decides that. */
  readonly weakens: boolean;
}

/** Everything that a newer version of an action changes. What cannot be judged counts as weakening. */
export function changesOf(before: ActionDocument, after: ActionDocument): Change[] {
  return [
    ...kindChanges(before, after),
    ...levelChanges(before, after),
    ...boundChanges(before, after),
    ...parameterChanges(before, after),
    ...resolveChanges(before, after),
    ...textChanges(before, after),
  ];
}

const change = (words: string, weakens = false): Change => ({ words, weakens });

/** What a resource says of itself, beside its actions. */
export type ResourceHeader = Omit<ResourceDocument, 'resource' | 'owner' | 'actions'>;

/** Everything that changes for each action of a resource, whatever its version: also for what lives already. */
export function resourceChangesOf(before: ResourceHeader, after: ResourceHeader): Change[] {
  const changes: Change[] = [];
  if (before.name !== after.name) changes.push(change(`people read “${after.name}”, not “${before.name}”`));
  const [redeemed, redeems] = [before.redeems ?? true, after.redeems ?? true];
  if (redeemed && !redeems)
    changes.push(change('it no longer redeems each use: “once” and other limits are not counted there', true));
  if (!redeemed && redeems) changes.push(change('it redeems each use: high impact may be asked for'));
  const [was, is] = [before.token_format ?? 'jwt', after.token_format ?? 'jwt'];
  if (was !== is)
    changes.push(
      is === 'jwt'
        ? change('it takes tokens at their word: a stop reaches it when they expire', true)
        : change('it asks about each token: a stop reaches it at once'),
    );
  if ((before.mcp ?? false) !== (after.mcp ?? false))
    changes.push(
      after.mcp
        ? change('an identity assertion has to name it')
        : change('an identity assertion no longer has to name it', true),
    );
  if (before.authorization_server !== after.authorization_server) {
    const told = ({ authorization_server: at }: ResourceHeader) => at ?? 'this server';
    changes.push(change(`its tokens come from ${told(after)}, not from ${told(before)}`, true));
  }
  return changes;
}

function kindChanges(before: ActionDocument, after: ActionDocument): Change[] {
  const changes: Change[] = [];
  if (before.verb !== after.verb) {
    const writes = accessOf(before.verb) === 'read' && accessOf(after.verb) === 'write';
    changes.push(change(`it is to ${after.verb}, not to ${before.verb}${writes ? ': it begins to write' : ''}`, true));
  }
  if (before.impactClass !== after.impactClass) {
    changes.push(
      change(`impact class ${before.impactClass ?? 'none'} becomes ${after.impactClass ?? 'none'}`, !after.impactClass),
    );
  }
  if (before.scope !== after.scope) {
    changes.push(change(`scope ${before.scope ?? 'none'} becomes ${after.scope ?? 'none'}`, after.scope !== undefined));
  }
  if ((before.own ?? false) !== (after.own ?? false)) {
    changes.push(
      after.own ? change('an agent may do it by itself', true) : change('an agent no longer does it by itself'),
    );
  }
  if (before.reversible !== after.reversible) {
    changes.push(change(after.reversible ? 'it can be undone' : 'it can no longer be undone', after.reversible));
  }
  const [led, leads] = [before.downstream ?? [], after.downstream ?? []];
  changes.push(...added(led, leads, (key) => change(`it leads to ${key}`, true)));
  changes.push(...added(leads, led, (key) => change(`it no longer leads to ${key}`)));
  const [carried, carries] = [before.dataClasses ?? [], after.dataClasses ?? []];
  changes.push(...added(carried, carries, (name) => change(`its data is ${name}`)));
  changes.push(...added(carries, carried, (name) => change(`its data is no longer ${name}`, true)));
  if ((before.egress ?? false) !== (after.egress ?? false)) {
    changes.push(
      after.egress ? change('it carries data out') : change('it no longer counts as carrying data out', true),
    );
  }
  return changes;
}

function levelChanges(before: ActionDocument, after: ActionDocument): Change[] {
  const changes: Change[] = [];
  const [was, is] = [before.level.default, after.level.default];
  if (was !== is) changes.push(change(`impact ${was} becomes ${is}`, IMPACTS.indexOf(is) < IMPACTS.indexOf(was)));
  const said = ({ when, then }: LevelRule) => `${then} with ${conditionInWords(when)}`;
  const [old, now] = [(before.level.rules ?? []).map(said), (after.level.rules ?? []).map(said)];
  changes.push(...added(old, now, (rule) => change(`impact is ${rule}`)));
  changes.push(...added(now, old, (rule) => change(`impact is no longer ${rule}`, true)));
  if ((before.standing ?? 'never') !== (after.standing ?? 'never')) {
    changes.push(
      after.standing === 'exact'
        ? change('a person may let it repeat without asking', true)
        : change('it is asked each time'),
    );
  }
  if (canonicalJson(before.authentication ?? {}) !== canonicalJson(after.authentication ?? {})) {
    const told = ({ authentication }: ActionDocument) =>
      authentication ? JSON.stringify(authentication).replaceAll('"', '') : 'any';
    changes.push(change(`sign-in ${told(before)} becomes ${told(after)}`, before.authentication !== undefined));
  }
  return changes;
}

function boundChanges(before: ActionDocument, after: ActionDocument): Change[] {
  const changes: Change[] = [];
  const [was, is] = [before.durations.max, after.durations.max];
  if (was !== is) {
    const longer = (durationSeconds(is) ?? 0) > (durationSeconds(was) ?? 0);
    changes.push(change(`longest duration ${was} becomes ${is}`, longer));
  }
  const [old, now] = [before.limits ?? {}, after.limits ?? {}];
  for (const name of new Set([...Object.keys(old), ...Object.keys(now)])) {
    const [from, to] = [old[name], now[name]];
    if (canonicalJson(from ?? null) === canonicalJson(to ?? null)) continue;
    const told = (limit: typeof from) => (limit === undefined ? 'none' : JSON.stringify(limit).replaceAll('"', ''));
    changes.push(change(`limit of ${name}: ${told(from)} becomes ${told(to)}`, isWider(from, to)));
  }
  const [narrowed, narrows] = [before.narrowable ?? [], after.narrowable ?? []];
  changes.push(...added(narrowed, narrows, (name) => change(`a person may narrow ${name}`)));
  changes.push(...added(narrows, narrowed, (name) => change(`a person can no longer narrow ${name}`, true)));
  return changes;
}

type Limit = NonNullable<ActionDocument['limits']>[string];

function isWider(from: Limit | undefined, to: Limit | undefined): boolean {
  if (to === undefined) return true;
  if (from === undefined) return false;
  if (typeof from === 'number' || typeof to === 'number') return !(typeof from === 'number' && Number(to) <= from);
  return Object.entries(to).some(([currency, most]) => {
    const old = from[currency];
    return old === undefined || compareDecimals(most, old) > 0;
  });
}

function parameterChanges(before: ActionDocument, after: ActionDocument): Change[] {
  const changes: Change[] = [];
  const [old, now] = [propertiesOf(before.parameters), propertiesOf(after.parameters)];
  const isRequired = ({ parameters }: ActionDocument, name: string) =>
    Array.isArray(parameters.required) && parameters.required.includes(name);
  changes.push(
    ...added(Object.keys(old), Object.keys(now), (name) =>
      change(`new parameter ${name}, ${isRequired(after, name) ? 'required' : 'optional'}`),
    ),
    ...added(Object.keys(now), Object.keys(old), (name) => change(`parameter ${name} is gone`, true)),
  );
  for (const [name, schema] of Object.entries(now)) {
    const was = old[name];
    if (was === undefined) continue;
    if (isRequired(before, name) !== isRequired(after, name)) {
      const required = isRequired(after, name);
      changes.push(change(`parameter ${name} is ${required ? 'required' : 'optional'} now`, !required));
    }
    if (canonicalJson(shapeOf(was)) !== canonicalJson(shapeOf(schema))) {
      changes.push(change(`parameter ${name} takes other values`, true));
    }
    const [compared, compares] = [before.compare?.[name] ?? 'equal', after.compare?.[name] ?? 'equal'];
    if (compared !== compares) {
      changes.push(change(`parameter ${name} is compared by ${compares}, not ${compared}`, isLimit(compares)));
    }
  }
  changes.push(
    ...added(before.critical, after.critical, (name) => change(`${name} is critical now`)),
    ...added(after.critical, before.critical, (name) => change(`${name} is no longer critical`, true)),
  );
  const rest = ({ parameters: { properties: _, required: __, ...others } }: ActionDocument) => canonicalJson(others);
  if (rest(before) !== rest(after)) changes.push(change('parameters hang together otherwise', true));
  return changes;
}

const shapeOf = ({ 'x-label': _, ...shape }: Record<string, unknown>) => shape;

function resolveChanges({ resolve: was }: ActionDocument, { resolve: is }: ActionDocument): Change[] {
  if (was === undefined) return is ? [change(`the resource is asked at ${is.at} when a request comes in`)] : [];
  if (is === undefined) return [change('the resource is no longer asked when a request comes in', true)];
  const changes: Change[] = [];
  if (was.at !== is.at) changes.push(change(`the resource is asked at ${is.at}, not at ${was.at}`));
  if (was.unchecked !== is.unchecked) {
    const told = (unchecked: typeof is.unchecked) => (unchecked === 'refuse' ? 'is refused' : `is ${unchecked}`);
    const rank = (unchecked: typeof is.unchecked) =>
      unchecked === 'refuse' ? IMPACTS.length : IMPACTS.indexOf(unchecked);
    const words = `a request that cannot be checked ${told(is.unchecked)}, it ${told(was.unchecked)} until now`;
    changes.push(change(words, rank(is.unchecked) < rank(was.unchecked)));
  }
  if (canonicalJson(was.facts) !== canonicalJson(is.facts))
    changes.push(change('the resource states other facts', true));
  return changes;
}

/** Words are shown side by side; whether they say less is for whoever reads them. */
function textChanges(before: ActionDocument, after: ActionDocument): Change[] {
  const old = new Map(textsOf(before));
  return textsOf(after).flatMap(([place, text]) => {
    const was = old.get(place);
    if (was === undefined) return [];
    return [...new Set([...languagesOf(was), ...languagesOf(text)])].flatMap((language) => {
      const [from, to] = [was, text].map((one) => (languagesOf(one).includes(language) ? textIn(one, language) : ''));
      if (from === to) return [];
      const at = language === 'en' ? place : `${place} (${language})`;
      if (from === '') return [change(`${at}: “${to}”`)];
      return [change(to === '' ? `${at}: gone` : `${at}: “${from}” becomes “${to}”`)];
    });
  });
}

const textsOf = ({ headline, button, effect, undo = '', facts, parameters }: ActionDocument): [string, Text][] => [
  ['headline', headline],
  ['button', button],
  ['effect', effect],
  ['undo', undo],
  ...FACT_NAMES.map((name): [string, Text] => [name, facts[name]]),
  ...Object.entries(propertiesOf(parameters)).map(([name, { 'x-label': label }]): [string, Text] => [
    `label of ${name}`,
    (label ?? '') as Text,
  ]),
];

const added = <T extends string>(before: readonly T[], after: readonly T[], told: (one: T) => Change): Change[] =>
  after.filter((one) => !before.includes(one)).map(told);
