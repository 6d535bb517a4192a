import { words } from './words.ts';

/** The front door and signing in (U1). Nothing here speaks of a request: whoever reads it may be a mail scanner. */
export const ENTRANCE = words({
  homeTitle: { en: 'Agents ask, people decide', de: 'Agenten fragen, Menschen entscheiden' },
  home: { en: 'Agents ask. People decide.', de: 'Agenten fragen. Menschen entscheiden.' },
  homeLead: {
    en: 'An agent that wants to act for you asks here first: one task at a time, in plain words, for as long as you say. You can stop it at any moment.',
    de: 'Ein Agent, der für Sie handeln möchte, fragt zuerst hier: eine Aufgabe nach der anderen, in klaren Worten, so lange wie Sie sagen. Sie können ihn jederzeit stoppen.',
  },
  developers: { en: 'For developers', de: 'Für Entwickler' },
  serverMetadata: { en: 'Authorization server metadata', de: 'Metadaten des Autorisierungsservers' },
  openidConfiguration: { en: 'OpenID configuration', de: 'OpenID-Konfiguration' },
  publicKeys: { en: 'Public keys', de: 'Öffentliche Schlüssel' },
  signIn: { en: 'Sign in', de: 'Anmelden' },
  signInLead: {
    en: 'Review what agents may do for you at {organization}.',
    de: 'Sehen Sie, was Agenten bei {organization} für Sie tun dürfen.',
  },
  signingInTo: {
    en: 'You are signing in to {organization} ({host}).',
    de: 'Sie melden sich bei {organization} an ({host}).',
  },
  continueWith: { en: 'Continue with {provider}', de: 'Weiter mit {provider}' },
  usePasskey: { en: 'Use a passkey', de: 'Passkey verwenden' },
  passkeysNeedScript: {
    en: 'Passkeys need script. Allow it for this page, or sign in another way.',
    de: 'Passkeys brauchen Skripte. Erlauben Sie sie für diese Seite oder melden Sie sich anders an.',
  },
  notThisPasskey: {
    en: 'This passkey does not sign in here.',
    de: 'Mit diesem Passkey melden Sie sich hier nicht an.',
  },
  passkeyToo: {
    en: 'Whoever administers signs in with a password once. You have a passkey: use it.',
    de: 'Wer verwaltet, meldet sich nur einmal mit einem Passwort an. Sie haben einen Passkey: Verwenden Sie ihn.',
  },
  passkeyForThis: {
    en: 'What you are about to do asks for your passkey.',
    de: 'Für das, was Sie vorhaben, wird Ihr Passkey verlangt.',
  },
  otherWays: { en: 'Other ways to sign in', de: 'Andere Wege zur Anmeldung' },
  email: { en: 'E-mail address', de: 'E-Mail-Adresse' },
  password: { en: 'Password', de: 'Passwort' },
  notRight: {
    en: 'The e-mail address or the password is not right.',
    de: 'Die E-Mail-Adresse oder das Passwort stimmt nicht.',
  },
  tooMany: {
    en: {
      one: 'Too many tries. Wait {count} minute and try again.',
      other: 'Too many tries. Wait {count} minutes and try again.',
    },
    de: {
      one: 'Zu viele Versuche. Warten Sie {count} Minute und versuchen Sie es dann noch einmal.',
      other: 'Zu viele Versuche. Warten Sie {count} Minuten und versuchen Sie es dann noch einmal.',
    },
  },
  signedOut: { en: 'Signed out', de: 'Abgemeldet' },
  youAreSignedOut: { en: 'You are signed out', de: 'Sie sind abgemeldet' },
  goesOn: {
    en: 'What you allowed goes on as you allowed it. To stop an agent, sign in and open Your agents.',
    de: 'Was Sie erlaubt haben, gilt weiter, wie Sie es erlaubt haben. Um einen Agenten zu stoppen, melden Sie sich an und öffnen Sie „Ihre Agenten“.',
  },
  signInAgain: { en: 'Sign in again', de: 'Wieder anmelden' },
});

/** A link that sets a password, once. */
export const ENROL = words({
  title: { en: 'Set up', de: 'Einrichten' },
  join: { en: 'Join {organization}', de: '{organization} beitreten' },
  setUp: { en: 'Set up {organization}', de: '{organization} einrichten' },
  setUpYours: { en: 'Set up your organization', de: 'Ihre Organisation einrichten' },
  choosePassword: {
    en: '{person}, choose the password for {email}. This link works once, for 15 minutes.',
    de: '{person}, wählen Sie das Passwort für {email}. Dieser Link gilt einmal, 15 Minuten lang.',
  },
  firstAdministrator: {
    en: 'You become its first administrator. This link works once, for 15 minutes.',
    de: 'Sie werden die erste Person, die sie verwaltet. Dieser Link gilt einmal, 15 Minuten lang.',
  },
  organization: { en: 'Name of the organization', de: 'Name der Organisation' },
  yourName: { en: 'Your name', de: 'Ihr Name' },
  yourEmail: { en: 'Your e-mail address', de: 'Ihre E-Mail-Adresse' },
  passwordHint: {
    en: 'At least {minimum} characters. A few words are easier to remember than symbols.',
    de: 'Mindestens {minimum} Zeichen. Ein paar Wörter merkt man sich leichter als Sonderzeichen.',
  },
  createOrganization: { en: 'Create the organization', de: 'Organisation anlegen' },
  createAccount: { en: 'Create your account', de: 'Konto anlegen' },
  taken: {
    en: 'This e-mail address signs in here already, as somebody of another organization.',
    de: 'Mit dieser E-Mail-Adresse meldet sich hier schon jemand aus einer anderen Organisation an.',
  },
  ended: { en: 'This link has ended', de: 'Dieser Link gilt nicht mehr' },
  endedMeans: { en: 'It works once, for 15 minutes.', de: 'Er gilt einmal, 15 Minuten lang.' },
  endedNext: {
    en: 'Ask whoever sent it for a new one.',
    de: 'Bitten Sie um einen neuen, wo Sie diesen bekommen haben.',
  },
  passwordShort: {
    en: 'The password needs at least {minimum} characters.',
    de: 'Das Passwort braucht mindestens {minimum} Zeichen.',
  },
  passwordLong: {
    en: 'The password has more than {maximum} characters.',
    de: 'Das Passwort hat mehr als {maximum} Zeichen.',
  },
  passwordRepeats: {
    en: 'The password repeats too few different characters.',
    de: 'Das Passwort besteht aus zu wenigen verschiedenen Zeichen.',
  },
  lengthOf: { en: '{field}: 1 to {limit} characters.', de: '{field}: 1 bis {limit} Zeichen.' },
  hidden: {
    en: '{field}: only visible characters, with single spaces between words.',
    de: '{field}: nur sichtbare Zeichen, mit einzelnen Leerzeichen zwischen den Wörtern.',
  },
  notAnEmail: { en: 'This is not an e-mail address.', de: 'Das ist keine E-Mail-Adresse.' },
});
