import { VERBS } from '../../views/words/console-actions.ts';
import { ACTION_CHANGE } from '../../views/words/console-changes.ts';
import { DATA } from '../../views/words/console-rules.ts';
import { LEVEL } from '../../views/words/console-shell.ts';
import { inEnglish, type Saying, saying } from '../../views/words/saying.ts';
import { canonicalJson } from '../oauth/canonical.ts';
import { type ActionDocument, accessOf, FACT_NAMES, IMPACTS, type LevelRule } from './action.ts';
import type { ResourceDocument } from './catalogue.ts';
import { isLimit } from './comparator.ts';
import { conditionInWords } from './condition.ts';
import { durationSeconds } from './duration.ts';
import { languagesOf, type Text, textIn } from './language.ts';
import { limitInWords } from './limit.ts';
import { compareDecimals } from './money.ts';
import { propertiesOf } from './schema.ts';

/** One difference between two versions of what people are asked by, in words for whoever reviews it. */
export interface Change {
  /** For machines and evidence. */
  readonly words: string;
  /** The same for a person, where a page shows it. */
  readonly said: Saying;
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

export const changeOf = (said: Saying, weakens = false): Change => ({ words: inEnglish(said), said, weakens });

const { none, any, thisServer, ...SAYS } = ACTION_CHANGE;
/** A value as the catalogue writes it, or that there is none. */
const orNone = (value: string | undefined): string | Saying => value ?? saying(none);

/** What a resource says of itself, beside its actions. */
export type ResourceHeader = Omit<ResourceDocument, 'resource' | 'owner' | 'actions'>;

/**
 * Everything that changes for each action of a resource, whatever its version: also for what lives already.
 *
 * @param weighs something of it may be of high impact, and people read the name there
 */
export function resourceChangesOf(before: ResourceHeader, after: ResourceHeader, weighs = false): Change[] {
  const changes: Change[] = [];
  if (before.name !== after.name) {
    changes.push(read(saying(SAYS.name, { after: after.name, before: before.name }), weighs));
  }
  const [redeemed, redeems] = [before.redeems ?? true, after.redeems ?? true];
  if (redeemed && !redeems) changes.push(changeOf(saying(SAYS.redeemsNoMore), true));
  if (!redeemed && redeems) changes.push(changeOf(saying(SAYS.redeems)));
  const [was, is] = [before.token_format ?? 'jwt', after.token_format ?? 'jwt'];
  if (was !== is) changes.push(is === 'jwt' ? changeOf(saying(SAYS.jwt), true) : changeOf(saying(SAYS.opaque)));
  if ((before.mcp ?? false) !== (after.mcp ?? false))
    changes.push(after.mcp ? changeOf(saying(SAYS.assertionNames)) : changeOf(saying(SAYS.assertionNamesNoMore), true));
  if (before.authorization_server !== after.authorization_server) {
    const told = ({ authorization_server: at }: ResourceHeader) => at ?? saying(thisServer);
    changes.push(changeOf(saying(SAYS.tokensFrom, { after: told(after), before: told(before) }), true));
  }
  return changes;
}

function kindChanges(before: ActionDocument, after: ActionDocument): Change[] {
  const changes: Change[] = [];
  if (before.verb !== after.verb) {
    const writes = accessOf(before.verb) === 'read' && accessOf(after.verb) === 'write';
    const verbs = { after: saying(VERBS[after.verb]), before: saying(VERBS[before.verb]) };
    changes.push(changeOf(saying(writes ? SAYS.verbWrites : SAYS.verb, verbs), true));
  }
  if (before.impactClass !== after.impactClass) {
    changes.push(
      changeOf(
        saying(SAYS.impactClass, { before: orNone(before.impactClass), after: orNone(after.impactClass) }),
        !after.impactClass,
      ),
    );
  }
  if (before.scope !== after.scope) {
    const scopes = { before: orNone(before.scope), after: orNone(after.scope) };
    changes.push(changeOf(saying(SAYS.scope, scopes), after.scope !== undefined));
  }
  if ((before.own ?? false) !== (after.own ?? false)) {
    changes.push(after.own ? changeOf(saying(SAYS.own), true) : changeOf(saying(SAYS.ownNoMore)));
  }
  if (before.reversible !== after.reversible) {
    changes.push(changeOf(saying(after.reversible ? SAYS.reversible : SAYS.irreversible), after.reversible));
  }
  const [led, leads] = [before.downstream ?? [], after.downstream ?? []];
  changes.push(...added(led, leads, (action) => changeOf(saying(SAYS.leadsTo, { action }), true)));
  changes.push(...added(leads, led, (action) => changeOf(saying(SAYS.leadsNoMoreTo, { action }))));
  const [offered, offers] = [before, after].map(({ instead }) => (instead === undefined ? [] : [instead]));
  changes.push(...added(offered ?? [], offers ?? [], (action) => changeOf(saying(SAYS.instead, { action }))));
  changes.push(
    ...added(offers ?? [], offered ?? [], (action) => changeOf(saying(SAYS.insteadNoMore, { action }), true)),
  );
  const [carried, carries] = [before.dataClasses ?? [], after.dataClasses ?? []];
  changes.push(...added(carried, carries, (name) => changeOf(saying(SAYS.data, { data: saying(DATA[name]) }))));
  changes.push(
    ...added(carries, carried, (name) => changeOf(saying(SAYS.dataNoMore, { data: saying(DATA[name]) }), true)),
  );
  if ((before.egress ?? false) !== (after.egress ?? false)) {
    changes.push(after.egress ? changeOf(saying(SAYS.egress)) : changeOf(saying(SAYS.egressNoMore), true));
  }
  return changes;
}

function levelChanges(before: ActionDocument, after: ActionDocument): Change[] {
  const changes: Change[] = [];
  const [was, is] = [before.level.default, after.level.default];
  if (was !== is) {
    const levels = { before: saying(LEVEL[was]), after: saying(LEVEL[is]) };
    changes.push(changeOf(saying(SAYS.impact, levels), IMPACTS.indexOf(is) < IMPACTS.indexOf(was)));
  }
  const slots = ({ when, then }: LevelRule) => ({ level: saying(LEVEL[then]), condition: conditionInWords(when) });
  const [old, now] = [before.level.rules ?? [], after.level.rules ?? []];
  changes.push(...added(old, now, (rule) => changeOf(saying(SAYS.level, slots(rule)))));
  changes.push(...added(now, old, (rule) => changeOf(saying(SAYS.levelNoMore, slots(rule)), true)));
  if ((before.standing ?? 'never') !== (after.standing ?? 'never')) {
    changes.push(
      after.standing === 'exact' ? changeOf(saying(SAYS.standing), true) : changeOf(saying(SAYS.standingNoMore)),
    );
  }
  if (canonicalJson(before.authentication ?? {}) !== canonicalJson(after.authentication ?? {})) {
    const told = ({ authentication }: ActionDocument) =>
      authentication ? JSON.stringify(authentication).replaceAll('"', '') : saying(any);
    const signIns = { before: told(before), after: told(after) };
    changes.push(changeOf(saying(SAYS.signIn, signIns), before.authentication !== undefined));
  }
  return changes;
}

function boundChanges(before: ActionDocument, after: ActionDocument): Change[] {
  const changes: Change[] = [];
  const [was, is] = [before.durations.max, after.durations.max];
  if (was !== is) {
    const longer = (durationSeconds(is) ?? 0) > (durationSeconds(was) ?? 0);
    changes.push(changeOf(saying(SAYS.duration, { before: was, after: is }), longer));
  }
  const [old, now] = [before.limits ?? {}, after.limits ?? {}];
  for (const name of new Set([...Object.keys(old), ...Object.keys(now)])) {
    const [from, to] = [old[name], now[name]];
    if (canonicalJson(from ?? null) === canonicalJson(to ?? null)) continue;
    const told = (limit: typeof from) => (limit === undefined ? saying(none) : limitInWords(limit));
    changes.push(changeOf(saying(SAYS.limit, { name, before: told(from), after: told(to) }), isWider(from, to)));
  }
  const [narrowed, narrows] = [before.narrowable ?? [], after.narrowable ?? []];
  changes.push(...added(narrowed, narrows, (name) => changeOf(saying(SAYS.narrows, { name }))));
  changes.push(...added(narrows, narrowed, (name) => changeOf(saying(SAYS.narrowsNoMore, { name }), true)));
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
      changeOf(saying(isRequired(after, name) ? SAYS.parameterRequired : SAYS.parameterOptional, { name })),
    ),
    ...added(Object.keys(now), Object.keys(old), (name) => changeOf(saying(SAYS.parameterGone, { name }), true)),
  );
  for (const [name, schema] of Object.entries(now)) {
    const was = old[name];
    if (was === undefined) continue;
    if (isRequired(before, name) !== isRequired(after, name)) {
      const required = isRequired(after, name);
      changes.push(changeOf(saying(required ? SAYS.requiredNow : SAYS.optionalNow, { name }), !required));
    }
    if (canonicalJson(shapeOf(was)) !== canonicalJson(shapeOf(schema))) {
      changes.push(changeOf(saying(SAYS.otherValues, { name }), true));
    }
    const [compared, compares] = [before.compare?.[name] ?? 'equal', after.compare?.[name] ?? 'equal'];
    if (compared !== compares) {
      const comparators = { name, after: compares, before: compared };
      changes.push(changeOf(saying(SAYS.compared, comparators), isLimit(compares)));
    }
  }
  changes.push(
    ...added(before.critical, after.critical, (name) => changeOf(saying(SAYS.critical, { name }))),
    ...added(after.critical, before.critical, (name) => changeOf(saying(SAYS.criticalNoMore, { name }), true)),
  );
  // The first is the one that a person deals with before they approve: another one in front of it takes its place.
  const [touched, touches] = [before.critical[0], after.critical[0]];
  if (touched !== undefined && touches !== undefined && touched !== touches) {
    changes.push(changeOf(saying(SAYS.touched, { before: touched, after: touches }), true));
  }
  const rest = ({ parameters: { properties: _, required: __, ...others } }: ActionDocument) => canonicalJson(others);
  if (rest(before) !== rest(after)) changes.push(changeOf(saying(SAYS.together), true));
  return changes;
}

const shapeOf = ({ 'x-label': _, ...shape }: Record<string, unknown>) => shape;

function resolveChanges({ resolve: was }: ActionDocument, { resolve: is }: ActionDocument): Change[] {
  if (was === undefined) return is ? [changeOf(saying(SAYS.asks, { at: is.at }))] : [];
  if (is === undefined) return [changeOf(saying(SAYS.asksNoMore), true)];
  const changes: Change[] = [];
  if (was.at !== is.at) changes.push(changeOf(saying(SAYS.asksElsewhere, { after: is.at, before: was.at })));
  if (was.unchecked !== is.unchecked) {
    const rank = (unchecked: typeof is.unchecked) =>
      unchecked === 'refuse' ? IMPACTS.length : IMPACTS.indexOf(unchecked);
    changes.push(changeOf(uncheckedInWords(was.unchecked, is.unchecked), rank(is.unchecked) < rank(was.unchecked)));
  }
  if (canonicalJson(was.facts) !== canonicalJson(is.facts)) changes.push(changeOf(saying(SAYS.otherFacts), true));
  return changes;
}

type Unchecked = NonNullable<ActionDocument['resolve']>['unchecked'];

function uncheckedInWords(was: Unchecked, is: Unchecked): Saying {
  const level = (one: Exclude<Unchecked, 'refuse'>) => saying(LEVEL[one]);
  if (was === 'refuse') return is === 'refuse' ? saying(none) : saying(SAYS.uncheckedAsked, { after: level(is) });
  return is === 'refuse'
    ? saying(SAYS.uncheckedRefused, { before: level(was) })
    : saying(SAYS.unchecked, { after: level(is), before: level(was) });
}

/**
 * Words are shown side by side; whether they say less is for whoever reads them. At high impact that is two: whoever
 * rewrites a refund as a look-up has lowered it for everybody who reads. Another language takes none away.
 */
function textChanges(before: ActionDocument, after: ActionDocument): Change[] {
  const old = new Map(textsOf(before).map(([id, _, text]) => [id, text]));
  const weighs = mayBeHigh(before) || mayBeHigh(after);
  return textsOf(after).flatMap(([id, place, text]) => {
    const was = old.get(id);
    if (was === undefined) return [];
    return [...new Set([...languagesOf(was), ...languagesOf(text)])].flatMap((language) => {
      const [from = '', to = ''] = [was, text].map((one) =>
        languagesOf(one).includes(language) ? textIn(one, language) : '',
      );
      if (from === to) return [];
      const at = language === 'en' ? place : saying(SAYS.inLanguage, { place, language });
      if (from === '') {
        const came = saying(SAYS.textCame, { place: at, to });
        return [was === '' ? read(came, weighs) : changeOf(came)];
      }
      return [
        read(
          to === '' ? saying(SAYS.textGone, { place: at }) : saying(SAYS.textBecomes, { place: at, from, to }),
          weighs,
        ),
      ];
    });
  });
}

/** What people read otherwise, and whether they read it at high impact. */
const read = (said: Saying, weighs: boolean): Change =>
  weighs ? changeOf(saying(SAYS.readAtHigh, { change: said }), true) : changeOf(said);

export const mayBeHigh = ({ level, resolve }: ActionDocument): boolean =>
  [level.default, ...(level.rules ?? []).map(({ then }) => then), resolve?.unchecked].some(
    (one) => one === 'high' || one === 'critical',
  );

/** By where they stand, and how that is said: members of the YAML stand as they are. */
const textsOf = ({ headline, button, effect, undo = '', facts, parameters }: ActionDocument) =>
  [
    ...Object.entries({ headline, button, effect, undo }),
    ...FACT_NAMES.map((name): [string, Text] => [name, facts[name]]),
  ]
    .map(([name, text]): [string, string | Saying, Text] => [name, name, text])
    .concat(
      Object.entries(propertiesOf(parameters)).map(([name, { 'x-label': label }]) => [
        `label of ${name}`,
        saying(SAYS.labelOf, { name }),
        (label ?? '') as Text,
      ]),
    );

const added = <T>(before: readonly T[], after: readonly T[], told: (one: T) => Change): Change[] => {
  const known = new Set(before.map((one) => canonicalJson(one)));
  return after.filter((one) => !known.has(canonicalJson(one))).map(told);
};
