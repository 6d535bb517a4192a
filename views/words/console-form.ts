import { words } from './words.ts';

/** Every form of the console. */
export const FORM = words({
  cancel: { en: 'Cancel', de: 'Abbrechen' },
  back: { en: 'Back', de: 'Zurück' },
  next: { en: 'Next', de: 'Weiter' },
  optional: { en: ' (optional)', de: ' (freiwillig)' },
  /** What a rule says without a full stop, at the end of its own. */
  sentence: { en: '{text}.', de: '{text}.' },
});
