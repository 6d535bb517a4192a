import { words } from './words.ts';

/** What stands against something that somebody wants to do with an agent they answer for. */
export const OWNING = words({
  nothingWaits: { en: 'Nothing waits for you at this address.', de: 'Unter dieser Adresse wartet nichts auf Sie.' },
  choose: { en: 'Choose one of the answers.', de: 'Wählen Sie eine der Antworten.' },
  samePerson: {
    en: 'Owner and deputy are two people.',
    de: 'Verantwortliche Person und Vertretung sind zwei Menschen.',
  },
  forOwner: {
    en: 'Only the owner of the agent does this.',
    de: 'Das tut nur, wer für den Agenten verantwortlich ist.',
  },
  nothingUsed: {
    en: 'It used nothing in 90 days: keep it as it is, or end it.',
    de: 'Er hat in 90 Tagen nichts genutzt: Lassen Sie ihn, wie er ist, oder beenden Sie ihn.',
  },
  typeName: {
    en: 'Type the name of the agent, as it is written.',
    de: 'Geben Sie den Namen des Agenten ein, genau wie er dasteht.',
  },
  wrongStatus: {
    en: 'The agent is not in a state from which this can be done.',
    de: 'Der Agent ist in keinem Zustand, aus dem das geht.',
  },
  notYours: {
    en: 'An administrator has to do this: they suspended it.',
    de: 'Das muss die Administration tun: Sie hat ihn angehalten.',
  },
  notReady: {
    en: 'Something that it needs is missing: an owner or a deputy who accepted, a purpose, a key or an action.',
    de: 'Es fehlt etwas: eine verantwortliche Person oder Vertretung, die zugesagt hat, ein Zweck, ein Schlüssel oder eine Aktion.',
  },
});
