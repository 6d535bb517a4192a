import { words } from './words.ts';

/** Who belongs to the organization, and how somebody new comes in. */
export const PEOPLE = words({
  title: { en: 'People', de: 'Personen' },
  none: { en: 'Nobody.', de: 'Niemand.' },
  person: { en: 'Person', de: 'Person' },
  roles: { en: 'Roles', de: 'Rollen' },
  /** A role that comes with the sign-in elsewhere, and goes with it. */
  byProvider: { en: '{role} (from the sign-in provider)', de: '{role} (vom Anmeldedienst)' },
  rolesHint: {
    en: 'Without a role somebody answers for their own agents and requests alone.',
    de: 'Ohne Rolle entscheidet jemand nur über eigene Agenten und Anfragen.',
  },
  signsIn: { en: 'Signs in', de: 'Meldet sich an' },
  enrolled: { en: 'yes', de: 'ja' },
  notYet: { en: 'not yet', de: 'noch nicht' },
  disabled: { en: 'no, disabled', de: 'nein, gesperrt' },
  link: { en: 'Link', de: 'Link' },
  newLink: { en: 'New link', de: 'Neuer Link' },
  newLinkFor: { en: 'New link for {person}', de: 'Neuer Link für {person}' },
  add: { en: 'Add somebody', de: 'Jemanden hinzufügen' },
  name: { en: 'Name', de: 'Name' },
  email: { en: 'E-mail address', de: 'E-Mail-Adresse' },
  addAndLink: { en: 'Add, and show the link', de: 'Hinzufügen und Link zeigen' },
  linkFor: { en: 'The link for {person}', de: 'Der Link für {person}' },
  linkOnce: {
    en: 'Shown once. Whoever opens it first chooses the password: let nobody else see it.',
    de: 'Wird nur einmal gezeigt. Wer ihn zuerst öffnet, wählt das Passwort: Niemand sonst darf ihn sehen.',
  },
  scan: {
    en: 'Let them scan the code with their phone, or give them the link below. It works once, until {time}.',
    de: 'Lassen Sie den Code mit dem Telefon scannen, oder geben Sie den Link darunter weiter. Er gilt einmal, bis {time}.',
  },
  codeFor: { en: 'QR code of the link for {person}', de: 'QR-Code des Links für {person}' },
  toPeople: { en: 'Back to people', de: 'Zurück zu den Personen' },
  taken: {
    en: 'Somebody here has this e-mail address already.',
    de: 'Diese E-Mail-Adresse gehört hier schon jemandem.',
  },
  canAlready: {
    en: 'They can sign in already: a link would hand their account over.',
    de: 'Diese Person kann sich schon anmelden: Ein Link gäbe ihr Konto in andere Hände.',
  },
  unknown: { en: 'There is nobody like that here.', de: 'Diese Person gibt es hier nicht.' },
  incomplete: {
    en: 'Give a name of up to 80 characters, and an e-mail address.',
    de: 'Geben Sie einen Namen mit bis zu 80 Zeichen und eine E-Mail-Adresse an.',
  },
  notDone: { en: 'Nothing was changed.', de: 'Es wurde nichts geändert.' },
});

export const ROLE_NAMES = words({
  admin: { en: 'Administrator', de: 'Administration' },
  security: { en: 'Security', de: 'Sicherheit' },
  auditor: { en: 'Auditor', de: 'Revision' },
  approver: { en: 'Approver', de: 'Freigabe' },
});

export const ROLE_MEANS = words({
  admin: { en: 'Changes everything in the console.', de: 'Ändert alles in der Verwaltung.' },
  security: { en: 'Stops and resumes, and sees everything.', de: 'Stoppt, gibt wieder frei und sieht alles.' },
  auditor: { en: 'Sees everything, changes nothing.', de: 'Sieht alles, ändert nichts.' },
  approver: { en: 'Decides what needs a second person.', de: 'Entscheidet, was eine zweite Person braucht.' },
});
