import { words } from './words.ts';

/** Signing in at the organization's own provider, and how a person signs in. */
export const SIGN_IN = words({
  title: { en: 'How you sign in', de: 'Wie Sie sich anmelden' },
  byPassword: {
    en: 'You sign in with your e-mail address and a password.',
    de: 'Sie melden sich mit Ihrer E-Mail-Adresse und einem Passwort an.',
  },
  since: { en: 'Connected since {time}', de: 'Verbunden seit {time}' },
  linked: {
    en: 'Linked by an administrator. Connect it to sign in with it.',
    de: 'Von Ihrer Administration verknüpft. Verbinden Sie es, um sich damit anzumelden.',
  },
  disconnect: { en: 'Disconnect', de: 'Trennen' },
  disconnectThis: { en: 'Disconnect {provider}', de: '{provider} trennen' },
  connect: { en: 'Connect {provider}', de: '{provider} verbinden' },
  onceMore: {
    en: 'You sign in there once more, so that nobody connects an account that is not theirs.',
    de: 'Sie melden sich dort noch einmal an, damit niemand ein fremdes Konto verbindet.',
  },
  onlyWayIn: {
    en: 'This is your only way in. Connect another account first.',
    de: 'Das ist Ihr einziger Zugang. Verbinden Sie zuerst ein anderes Konto.',
  },
  comeBack: {
    en: 'You sign in at {provider}, and come back here.',
    de: 'Sie melden sich bei {provider} an und kommen hierher zurück.',
  },
  ended: { en: 'This sign-in has ended', de: 'Diese Anmeldung gilt nicht mehr' },
  endedMeans: {
    en: 'It was begun more than ten minutes ago, in another browser, or is finished already.',
    de: 'Sie wurde vor mehr als zehn Minuten oder in einem anderen Browser begonnen, oder sie ist schon abgeschlossen.',
  },
  beginAgain: { en: 'Begin again from the sign-in page.', de: 'Beginnen Sie auf der Anmeldeseite noch einmal.' },
  notSignedIn: { en: 'You are not signed in', de: 'Sie sind nicht angemeldet' },
  cancelled: { en: 'The sign-in was cancelled there.', de: 'Die Anmeldung wurde dort abgebrochen.' },
  beginAgainOrElse: {
    en: 'Begin again from the sign-in page, or sign in another way.',
    de: 'Beginnen Sie auf der Anmeldeseite noch einmal oder melden Sie sich anders an.',
  },
  unreachable: { en: 'The sign-in service does not answer', de: 'Der Anmeldedienst antwortet nicht' },
  unreachableMeans: {
    en: '{provider}: nothing is wrong with your account.',
    de: '{provider}: Mit Ihrem Konto ist alles in Ordnung.',
  },
  tryLater: {
    en: 'Try again in a minute, or sign in another way.',
    de: 'Versuchen Sie es in einer Minute noch einmal oder melden Sie sich anders an.',
  },
  refused: {
    en: 'The answer of the sign-in service was not what your organization asks for.',
    de: 'Die Antwort des Anmeldedienstes entsprach nicht dem, was Ihre Organisation verlangt.',
  },
  tryAgainOrTell: {
    en: 'Try again. If it stays, tell your administrator the reference below.',
    de: 'Versuchen Sie es noch einmal. Bleibt es dabei, nennen Sie Ihrer Administration die Referenz unten.',
  },
  unknownPerson: { en: 'This account is not known here', de: 'Dieses Konto ist hier nicht bekannt' },
  unknownPersonMeans: {
    en: 'You are signed in there, but nobody here belongs to that account.',
    de: 'Sie sind dort angemeldet, aber hier gehört niemand zu diesem Konto.',
  },
  unknownPersonNext: {
    en: 'If you sign in here another way, do that, and connect the account under “How you sign in”. Otherwise ask your administrator.',
    de: 'Wenn Sie sich hier anders anmelden, tun Sie das und verbinden Sie das Konto unter „Wie Sie sich anmelden“. Sonst fragen Sie Ihre Administration.',
  },
});
