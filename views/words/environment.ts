import { words } from './words.ts';

/** Where an agent runs, as its organization says. */
export const ENVIRONMENT = words({
  called: { en: 'Environment', de: 'Umgebung' },
  notSaid: { en: 'not said', de: 'nicht angegeben' },
  production: { en: 'Production', de: 'Produktion' },
  staging: { en: 'Staging', de: 'Staging' },
  test: { en: 'Test', de: 'Test' },
  development: { en: 'Development', de: 'Entwicklung' },
});

export type Environment = Exclude<keyof typeof ENVIRONMENT, 'called' | 'notSaid'>;
