import type { CriticalTicks, CriticalValue } from '../../views/decision.tsx';
import { CEREMONY } from '../../views/words/ceremony.ts';
import type { Speaker } from '../../views/words/speaker.ts';
import { isTouched, touchOf } from './critical-value.ts';
import type { DescribedAction } from './decide.ts';
import { isTouchedFor } from './proof.ts';
import { threeValues } from './three-values.ts';

/** The fields for what has to be touched of one action; `index` where a page has several actions. */
export function fieldsFor(
  { action, requested, description }: DescribedAction,
  {
    organizationDomains,
    index,
    wrong,
    say,
    choosesIn,
  }: {
    organizationDomains: readonly string[];
    index?: number;
    wrong: boolean;
    say: Speaker['say'];
    /** Set for whoever chooses among three: in which language the values are written. */
    choosesIn?: string | undefined;
  },
): { criticalValue?: CriticalValue; criticalTicks?: CriticalTicks } {
  const touch = touchOf(action, requested.parameters, description, { organizationDomains });
  const names = namesOf(index);
  // What is taken away on the page need not be touched, and the server knows what is left.
  const optional = index !== undefined || action.narrowable.length > 0;
  if (touch.kind !== 'ticks') {
    const choices = choosesIn === undefined ? undefined : threeValues(touch, choosesIn);
    return {
      criticalValue: {
        name: names.value,
        choices,
        label:
          touch.kind === 'outside'
            ? say(choices ? CEREMONY.chooseOutside : CEREMONY.typeOutside, { count: touch.value })
            : say(choices ? CEREMONY.chooseIt : CEREMONY.typeIt, { label: touch.label }),
        hint: say(CEREMONY.asAbove),
        wrong,
        optional,
      },
    };
  }
  return {
    criticalTicks: {
      legend: say(touch.outside ? CEREMONY.tickOutside : CEREMONY.tickRead),
      wrong,
      optional,
      items: touch.values.map((text, tick) => ({ name: names.tick(tick), text })),
    },
  };
}

/**
 * Was everything touched that is about to be allowed?
 *
 * @param allowed as granted and as asked, with the position that the page gave each
 */
export const allTouched = (
  form: ReadonlyMap<string, string>,
  allowed: readonly { described: DescribedAction; asked: DescribedAction; index: number | undefined }[],
  {
    organizationDomains,
    locale,
    hurried,
  }: { organizationDomains: readonly string[]; locale: string; hurried: boolean },
): boolean =>
  allowed.every(({ described, asked, index }) => {
    if (!isTouchedFor(described.description, { hurried })) return true;
    const names = namesOf(index);
    const touchIn = ({ action, requested, description }: DescribedAction) =>
      touchOf(action, requested.parameters, description, { organizationDomains });
    const [touch, shown] = [touchIn(described), touchIn(asked)];
    const typed = form.get(names.value);
    if (touch.kind !== 'ticks') return isTouched(touch, { typed, ticked: new Set() }, locale);
    // The page had so many of them that it asked for their number.
    if (shown.kind === 'outside')
      return isTouched({ ...shown, value: touch.values.length }, { typed, ticked: new Set() }, locale);
    // The boxes of the page are those of what was asked, and some of them were taken away.
    const places = shown.kind === 'ticks' ? shown.values : touch.values;
    const ticked = [...touch.values.keys()].filter(
      (tick) => form.get(names.tick(places.indexOf(touch.values[tick] ?? ''))) === '1',
    );
    return isTouched(touch, { typed, ticked: new Set(ticked) }, locale);
  });

const namesOf = (index: number | undefined) => {
  const suffix = index === undefined ? '' : `_${index}`;
  return { value: `critical_value${suffix}`, tick: (tick: number) => `critical${suffix}_tick_${tick}` };
};
