import { words } from './words.ts';

/** What whoever decides for somebody else reads beside the request: what changed since, and by whom. */
export const COMPARED = words({
  title: { en: 'Compared with what was asked before', de: 'Verglichen mit früheren Anfragen' },
  /** The outcome follows from below. */
  last: { en: 'Last time, for {person}: {outcome}, {time}.', de: 'Letztes Mal, für {person}: {outcome}, {time}.' },
  allowed: {
    en: { one: 'allowed', other: 'allowed by {count} people' },
    de: { one: 'erlaubt', other: 'von {count} Personen erlaubt' },
  },
  allowedOnce: {
    en: { one: 'allowed once', other: 'allowed once, by {count} people' },
    de: { one: 'einmal erlaubt', other: 'einmal erlaubt, von {count} Personen' },
  },
  fromAllowed: { en: 'What was allowed then → what is asked now:', de: 'Damals erlaubt → jetzt angefragt:' },
  fromAsked: { en: 'What was asked then → what is asked now:', de: 'Damals angefragt → jetzt angefragt:' },
  became: { en: '{before} → {after}', de: '{before} → {after}' },
  notGiven: { en: 'not given', de: 'nicht angegeben' },
  same: { en: 'Every value is the same as then.', de: 'Alle Werte sind dieselben wie damals.' },
  notPartThen: { en: 'Not part of it then: {what}', de: 'Damals nicht dabei: {what}' },
  gone: { en: 'What it said can no longer be shown.', de: 'Was darin stand, lässt sich nicht mehr zeigen.' },
  /** It may have been asked, and ended unanswered. */
  never: {
    en: 'Nobody has decided such a request of {agent} for {person} before.',
    de: 'Über eine solche Anfrage von {agent} für {person} hat noch nie jemand entschieden.',
  },
  narrowed: { en: '{person} approved less than was asked:', de: '{person} hat weniger freigegeben als angefragt:' },
  leftOut: { en: 'Left out: {what}', de: 'Weggelassen: {what}' },
});
