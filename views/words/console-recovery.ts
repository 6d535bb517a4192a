import { words } from './words.ts';

/** Somebody lost every passkey: two administrators let them begin anew. */
export const RECOVERIES = words({
  title: { en: 'Lost passkeys', de: 'Verlorene Passkeys' },
  lead: {
    en: 'One administrator asks, another confirms within a day, and the person is told of both. Then their passkeys and sessions end, and they add a new one themselves. It approves nothing of high impact for a day, and never anything for agents that one of the two answers for.',
    de: 'Eine Person aus der Administration beantragt es, eine zweite bestätigt es innerhalb eines Tages, und wer seine Passkeys verloren hat, erfährt beides. Dann enden diese Passkeys und alle Sitzungen, und ein neuer Passkey lässt sich hinzufügen. Er gibt einen Tag lang nichts mit hoher Auswirkung frei, und nie etwas für Agenten, für die eine der beiden verantwortlich ist.',
  },
  none: { en: 'Nobody has lost their passkeys.', de: 'Niemand hat Passkeys verloren.' },
  table: { en: 'Recoveries', de: 'Wiederherstellungen' },
  person: { en: 'Person', de: 'Person' },
  email: { en: 'E-mail address of the person', de: 'E-Mail-Adresse der Person' },
  why: { en: 'Why', de: 'Warum' },
  whyHint: {
    en: 'How you know that it is they who ask. The person reads it, and it stays in the evidence.',
    de: 'Woher Sie wissen, dass wirklich diese Person darum bittet. Sie liest es, und es bleibt im Nachweis.',
  },
  when: { en: 'Asked', de: 'Gefragt' },
  askedBy: { en: '{time} by {admin}', de: '{time} von {admin}' },
  state: { en: 'State', de: 'Stand' },
  waiting: { en: 'waits for another administrator', de: 'wartet auf eine zweite Person' },
  isConfirmed: { en: 'confirmed', de: 'bestätigt' },
  isRefused: { en: 'refused by the person', de: 'von der Person abgelehnt' },
  isCancelled: { en: 'cancelled', de: 'abgebrochen' },
  isOver: { en: 'nobody confirmed it', de: 'niemand hat bestätigt' },
  answer: { en: 'Answer', de: 'Antwort' },
  confirm: { en: 'Confirm', de: 'Bestätigen' },
  confirmFor: { en: 'Confirm: end the passkeys of {person}', de: 'Bestätigen: Passkeys von {person} beenden' },
  cancel: { en: 'Cancel', de: 'Abbrechen' },
  cancelFor: { en: 'Cancel the recovery of {person}', de: 'Wiederherstellung für {person} abbrechen' },
  ask: { en: 'Ask to end somebody’s passkeys', de: 'Passkeys einer Person beenden lassen' },
  asked: {
    en: 'Asked. The person was told; another administrator confirms it.',
    de: 'Gefragt. Die Person wurde benachrichtigt; eine andere Person aus der Administration bestätigt.',
  },
  confirmed: {
    en: 'Confirmed. Their passkeys and sessions ended, and they were told.',
    de: 'Bestätigt. Passkeys und Sitzungen der Person sind beendet, und sie wurde benachrichtigt.',
  },
  cancelled: { en: 'Cancelled. Nothing happened.', de: 'Abgebrochen. Es ist nichts geschehen.' },
  ownPasskeys: {
    en: 'Two other administrators restore your own passkeys.',
    de: 'Ihre eigenen Passkeys stellen zwei andere aus der Administration wieder her.',
  },
  samePerson: {
    en: 'Another administrator than the one who asked, and than the person, has to confirm.',
    de: 'Bestätigen muss jemand anderes als die Person, die gefragt hat oder um die es geht.',
  },
  nobody: {
    en: 'There is nobody here with this e-mail address.',
    de: 'Hier gibt es niemanden mit dieser E-Mail-Adresse.',
  },
  incomplete: {
    en: 'Say whose passkeys, and why, in up to 200 characters.',
    de: 'Sagen Sie, wessen Passkeys und warum, in bis zu 200 Zeichen.',
  },
  wasOver: { en: 'It does not wait any more.', de: 'Das wartet nicht mehr.' },
  notDone: { en: 'Nothing was changed.', de: 'Es wurde nichts geändert.' },
});
