import { words } from './words.ts';

/** Pages that say that something did not work, and what to do. */
export const ERRORS = words({
  fault: { en: 'This did not work', de: 'Das hat nicht geklappt' },
  faultMeans: {
    en: 'Something went wrong here. Nothing was changed that is not shown.',
    de: 'Hier ist etwas schiefgegangen. Geändert wurde nichts, was nicht angezeigt wird.',
  },
  faultNext: {
    en: 'Try again in a minute. If it stays, tell your administrator the reference below.',
    de: 'Versuchen Sie es in einer Minute noch einmal. Bleibt es dabei, nennen Sie Ihrer Administration die Referenz unten.',
  },
  notFound: { en: 'Nothing here', de: 'Hier ist nichts' },
  notFoundMeans: { en: 'There is nothing at this address.', de: 'Unter dieser Adresse gibt es nichts.' },
  notFoundNext: { en: 'Perhaps the address is incomplete.', de: 'Vielleicht ist die Adresse unvollständig.' },
  notPossible: { en: 'This cannot be done', de: 'Das geht nicht' },
  notUnderstood: {
    en: 'What was sent could not be understood. Nothing was changed.',
    de: 'Was gesendet wurde, war nicht zu verstehen. Es wurde nichts geändert.',
  },
  formEnded: {
    en: 'This form is no longer valid. Open the page again.',
    de: 'Dieses Formular ist nicht mehr gültig. Öffnen Sie die Seite noch einmal.',
  },
  goBack: { en: 'Go back and try again.', de: 'Gehen Sie zurück und versuchen Sie es noch einmal.' },
  noneOfYours: { en: 'Nothing of yours has this id.', de: 'Nichts von Ihnen hat diese Kennung.' },
  requestEnds: { en: 'This request cannot go on', de: 'Diese Anfrage kann nicht weitergehen' },
  requestEndsMeans: {
    en: 'The agent sent something that cannot be answered.',
    de: 'Der Agent hat etwas gesendet, das sich nicht beantworten lässt.',
  },
  /** Before what a machine is told, in the language of machines. */
  forBuilder: { en: 'For the builder of the agent: {detail}', de: 'Für die Entwicklung des Agenten: {detail}' },
  requestEndsNext: {
    en: 'Go back to the agent and start again. If it happens again, tell its owner the reference below.',
    de: 'Gehen Sie zurück zum Agenten und beginnen Sie neu. Geschieht es wieder, nennen Sie der verantwortlichen Person die Referenz unten.',
  },
});
