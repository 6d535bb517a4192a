import type { CriticalTicks, CriticalValue } from '../../views/decision.tsx';
import { CEREMONY } from '../../views/words/ceremony.ts';
import type { Speaker } from '../../views/words/speaker.ts';
import { isProven } from '../tasks/ask.ts';
import { isTouched, touchOf } from './critical-value.ts';
import type { DescribedAction } from './decide.ts';

/** The fields for what has to be touched of one action; `index` where a page has several actions. */
export function fieldsFor(
  { action, requested, description }: DescribedAction,
  {
    organizationDomains,
    index,
    wrong,
    say,
  }: { organizationDomains: readonly string[]; index?: number; wrong: boolean; say: Speaker['say'] },
): { criticalValue?: CriticalValue; criticalTicks?: CriticalTicks } {
  const touch = touchOf(action, requested.parameters, description, { organizationDomains });
  const names = namesOf(index);
  const optional = index !== undefined;
  if (touch.kind !== 'ticks') {
    const { label } = touch;
    return {
      criticalValue: {
        name: names.value,
        label: say(CEREMONY.typeIt, { label }),
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

/** Was everything touched that is about to be allowed? @param allowed with the position that the page gave each */
export const allTouched = (
  form: ReadonlyMap<string, string>,
  allowed: readonly { described: DescribedAction; index: number | undefined }[],
  { organizationDomains, locale }: { organizationDomains: readonly string[]; locale: string },
): boolean =>
  allowed.every(({ described: { action, requested, description }, index }) => {
    if (!isProven(description.impact)) return true;
    const names = namesOf(index);
    const touch = touchOf(action, requested.parameters, description, { organizationDomains });
    const ticks = touch.kind === 'ticks' ? [...touch.values.keys()] : [];
    const ticked = new Set(ticks.filter((tick) => form.get(names.tick(tick)) === '1'));
    return isTouched(touch, { typed: form.get(names.value), ticked }, locale);
  });

const namesOf = (index: number | undefined) => {
  const suffix = index === undefined ? '' : `_${index}`;
  return { value: `critical_value${suffix}`, tick: (tick: number) => `critical${suffix}_tick_${tick}` };
};
