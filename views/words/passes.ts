import { words } from './words.ts';

/** What a policy would not stand in the way of, to whoever it stops: by the labels that the catalogue gives its parameters. */
export const PASSES = words({
  atMost: { en: '{label}: at most {value}', de: '{label}: höchstens {value}' },
  days: {
    en: { one: 'at most {count} day', other: 'at most {count} days' },
    de: { one: 'höchstens {count} Tag', other: 'höchstens {count} Tage' },
  },
  otherThan: { en: '{label}: other than {values}', de: '{label}: etwas anderes als {values}' },
  without: { en: '{label}: without {names}', de: '{label}: ohne {names}' },
  nobodyOutside: {
    en: '{label}: nobody outside your organization',
    de: '{label}: niemand außerhalb Ihrer Organisation',
  },
  given: { en: '{label} is given', de: '{label} ist angegeben' },
});
