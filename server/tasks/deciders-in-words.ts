import { ANSWER, VERDICT_NAMES } from '../../views/words/console-rules.ts';
import { either, lasting, type Saying, saying } from '../../views/words/saying.ts';
import { asItIs } from '../../views/words/words.ts';
import { durationSeconds } from '../catalogue/duration.ts';
import { CLOSE, type Deciders, type Rule } from './policies.ts';

type NameOf = (id: string) => string;

/** Who decides by a rule, for a list of changes: the verdict alone where it says nothing more. */
export const decidersInWords = ({ verdict, deciders }: Pick<Rule, 'verdict' | 'deciders'>, nameOf: NameOf): Saying =>
  deciders ? answerInWords({ verdict, deciders }, nameOf) : saying(VERDICT_NAMES[verdict]);

/** "asked of 2 of Data protection (not of the person, the owner or the deputy; after 30 minutes also of Security)" */
export function answerInWords({ verdict, deciders }: Pick<Rule, 'verdict' | 'deciders'>, nameOf: NameOf): Saying {
  if (!deciders) return saying(ANSWER[verdict]);
  const { group, quorum = 1, escalate, within } = deciders;
  const answer =
    group === undefined
      ? saying(ANSWER[verdict])
      : saying(verdict === 'two' ? ANSWER.both : ANSWER.group, { count: quorum, group: nameOf(group) });
  const more = [
    ...(group === undefined ? [] : [separationInWords(deciders, verdict === 'two')]),
    ...(escalate
      ? [saying(ANSWER.later, { time: lastingAs(escalate.after), others: othersInWords(escalate, nameOf) })]
      : []),
    ...(within === undefined ? [] : [saying(ANSWER.atMost, { time: lastingAs(within) })]),
  ];
  if (more.length === 0) return answer;
  return saying(ANSWER.more, {
    answer,
    more: (speaker) => asItIs(more.map((one) => one(speaker)).join('; ')),
  });
}

/** The same at the beginning of a sentence. */
export const beginning =
  (sentence: Saying): Saying =>
  (speaker) => {
    const [first = '', ...rest] = sentence(speaker);
    return asItIs(first.toLocaleUpperCase(speaker.catalogue) + rest.join(''));
  };

const othersInWords = ({ group }: NonNullable<Deciders['escalate']>, nameOf: NameOf): string | Saying =>
  group === undefined ? saying(ANSWER.agentsDeputy) : nameOf(group);

function separationInWords({ may_include: may = [] }: Deciders, personIsAsked: boolean): Saying {
  const close = CLOSE.filter((one) => !(personIsAsked && one === 'requester'));
  const apart = close.filter((one) => !may.includes(one));
  if (apart.length === 0) return saying(ANSWER.closeToo);
  return saying(ANSWER.notOf, { people: either(apart.map((one) => saying(ANSWER[one]))) });
}

const lastingAs = (duration: string): Saying => lasting(durationSeconds(duration) ?? 0);
