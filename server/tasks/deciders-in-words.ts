import { durationSeconds } from '../catalogue/duration.ts';
import { CLOSE, type Close, type Deciders, type Rule } from './policies.ts';

/** Who decides by a rule, for a list of changes: the verdict alone where it says nothing more. */
export function decidersInWords({ verdict, deciders }: Pick<Rule, 'verdict' | 'deciders'>, nameOf: NameOf): string {
  return deciders ? answerInWords({ verdict, deciders }, nameOf).replace(/^Asked/, 'asked') : verdict;
}

export const VERDICT_WORDS = {
  allow: 'Allowed without asking',
  ask: 'Asked',
  two: 'Asked of two people',
  never: 'Never',
} as const;

type NameOf = (id: string) => string;

/** "Asked of 2 of Data protection (not of the person, the owner or the deputy; after 30 minutes also of Security)". */
export function answerInWords({ verdict, deciders }: Pick<Rule, 'verdict' | 'deciders'>, nameOf: NameOf): string {
  if (!deciders) return VERDICT_WORDS[verdict];
  const { group, quorum = 1, escalate, within } = deciders;
  const ofGroup = group === undefined ? undefined : `${quorum === 1 ? 'one' : quorum} of ${nameOf(group)}`;
  const asked =
    ofGroup === undefined
      ? VERDICT_WORDS[verdict]
      : verdict === 'two'
        ? `Asked of the person and then of ${ofGroup}`
        : `Asked of ${ofGroup}`;
  const more = [
    ...(group === undefined ? [] : [separationInWords(deciders, verdict === 'two')]),
    ...(escalate ? [`after ${spelled(escalate.after)} also of ${othersInWords(escalate, nameOf)}`] : []),
    ...(within === undefined ? [] : [`for ${spelled(within)} at most`]),
  ];
  return more.length === 0 ? asked : `${asked} (${more.join('; ')})`;
}

const othersInWords = ({ group }: NonNullable<Deciders['escalate']>, nameOf: NameOf): string =>
  group === undefined ? 'the deputy of the agent' : nameOf(group);

const CLOSE_WORDS: Readonly<Record<Close, string>> = {
  requester: 'the person',
  owner: 'the owner',
  deputy: 'the deputy',
};

function separationInWords({ may_include: may = [] }: Deciders, personIsAsked: boolean): string {
  const close = CLOSE.filter((one) => !(personIsAsked && one === 'requester'));
  const apart = close.filter((one) => !may.includes(one));
  if (apart.length === 0) return 'whoever is close to it counts too';
  const words = apart.map((one) => CLOSE_WORDS[one]);
  return `not of ${words.length < 3 ? words.join(' or ') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`}`;
}

const UNITS = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;

/** "30 minutes". */
export function spelled(duration: string): string {
  const seconds = durationSeconds(duration) ?? 0;
  const [size, unit] = UNITS.find(([length]) => seconds % length === 0) ?? [1, 'second'];
  const count = seconds / size;
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
