import { words } from './words.ts';

/** One decision, as a person's own history tells it. */
export const RECEIPT = words({
  askedTo: { en: '{agent} asked to', de: '{agent} wollte' },
  title: { en: 'Receipt', de: 'Beleg' },
  /** What became of it: "allowed once". */
  verdict: { en: 'Decision: {outcome}', de: 'Entscheidung: {outcome}' },
  asked: { en: 'Asked', de: 'Gefragt' },
  decided: { en: 'Decided', de: 'Entschieden' },
  afterSeconds: {
    en: { one: '{time}, after {count} second', other: '{time}, after {count} seconds' },
    de: { one: '{time}, nach {count} Sekunde', other: '{time}, nach {count} Sekunden' },
  },
  reason: { en: 'Reason', de: 'Grund' },
  /** What the agent was told that it may ask for. */
  instead: { en: 'Suggested instead', de: 'Stattdessen vorgeschlagen' },
  proof: { en: 'Proof', de: 'Nachweis' },
  byPasskey: { en: 'Signed with a passkey', de: 'Mit einem Passkey unterschrieben' },
  bySignIn: {
    en: 'Confirmed by a new sign-in at your organization, which is weaker than a passkey',
    de: 'Durch eine neue Anmeldung bei Ihrer Organisation bestätigt; schwächer als ein Passkey',
  },
  byPasskeySignIn: {
    en: 'A click, signed in with a passkey',
    de: 'Ein Klick, angemeldet mit einem Passkey',
  },
  byProvider: {
    en: 'A click, signed in through your organization',
    de: 'Ein Klick, angemeldet über Ihre Organisation',
  },
  byPassword: { en: 'A click, signed in with a password', de: 'Ein Klick, angemeldet mit Passwort' },
  otherwise: { en: 'A policy of your organization', de: 'Eine Regel Ihrer Organisation' },
  approvedBy: { en: 'Approved by', de: 'Freigegeben von' },
  /** "Ben Okafor, as one of the group (passkey), 14:01". */
  signedBy: { en: '{person}, {part} ({how}), {time}', de: '{person}, {part} ({how}), {time}' },
  withPasskey: { en: 'passkey', de: 'Passkey' },
  withSignIn: { en: 'fresh sign-in', de: 'neue Anmeldung' },
  policy: { en: 'Policy', de: 'Regel' },
  policyVersion: { en: '{policy}, version {version}', de: '{policy}, Fassung {version}' },
  holds: { en: 'Holds', de: 'Gültig' },
  ended: { en: 'Ended', de: 'Beendet' },
  used: { en: 'Used', de: 'Genutzt' },
  usedOf: { en: '{uses} of {most}', de: '{uses} von {most}' },
  number: { en: 'Receipt', de: 'Beleg' },
  screen: { en: 'The screen as shown', de: 'Die Seite, wie sie gezeigt wurde' },
  screenLead: {
    en: 'Kept byte for byte with your decision. Nothing on it works any more.',
    de: 'Byte für Byte mit Ihrer Entscheidung aufbewahrt. Nichts darauf funktioniert noch.',
  },
  screenErased: {
    en: 'Its content was erased. The proof of what it said remains.',
    de: 'Der Inhalt dieser Seite wurde gelöscht. Der Nachweis dessen, was darauf stand, bleibt.',
  },
  exact: { en: 'Exact decision', de: 'Genaue Entscheidung' },
  request: { en: 'Request', de: 'Anfrage' },
  decision: { en: 'Decision', de: 'Entscheidung' },
  happened: { en: 'What happened', de: 'Was geschah' },
  savedAs: { en: 'Receipt {link}, saved under Your agents', de: 'Beleg {link}, abgelegt unter „Ihre Agenten“' },
});

/** In which part somebody decided. */
export const DECIDER_PARTS = words({
  person: { en: 'for whom it is', de: 'um die es geht' },
  approver: { en: 'second person', de: 'zweite Person' },
  group: { en: 'as one of the group', de: 'als Teil der Gruppe' },
  escalation: { en: 'because nobody decided in time', de: 'weil niemand rechtzeitig entschieden hat' },
});
