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
  rolesWait: {
    en: 'They are no administrator yet: another administrator, or the operator, sets the same roles within a day.',
    de: 'Die Person verwaltet noch nichts: Jemand anderes aus der Verwaltung oder der Betrieb setzt innerhalb eines Tages dieselben Rollen.',
  },
  codeFor: { en: 'QR code of the link for {person}', de: 'QR-Code des Links für {person}' },
  toPeople: { en: 'Back to people', de: 'Zurück zu den Personen' },
  setRoles: { en: 'Set the roles', de: 'Rollen setzen' },
  setRolesHint: {
    en: 'Fewer hold at once. More wait until another administrator sets the same. Whoever has other roles signs in again.',
    de: 'Weniger gelten sofort. Mehr warten, bis jemand anderes aus der Verwaltung dieselben setzt. Wer andere Rollen hat, meldet sich neu an.',
  },
  besides: {
    en: 'From the sign-in provider, beside these: {roles}.',
    de: 'Vom Anmeldedienst, neben diesen: {roles}.',
  },
  asked: {
    en: '{admin} asked for these roles: {roles}. Set the same to confirm.',
    de: '{admin} bat um diese Rollen: {roles}. Setzen Sie dieselben, um zu bestätigen.',
  },
  youAsked: {
    en: 'You asked for these roles: {roles}. Another administrator sets the same.',
    de: 'Sie baten um diese Rollen: {roles}. Jemand anderes aus der Verwaltung setzt dieselben.',
  },
  hasRoles: { en: 'Roles: {roles}.', de: 'Rollen: {roles}.' },
  noRole: { en: 'none', de: 'keine' },
  leaves: { en: 'They left', de: 'Die Person ist gegangen' },
  leavesMeans: {
    en: 'Everything that was approved for them ends, agents that act for them stop, and they sign in no more.',
    de: 'Alles, was für sie freigegeben wurde, endet, Agenten, die für sie handeln, stoppen, und sie kann sich nicht mehr anmelden.',
  },
  why: { en: 'Why', de: 'Warum' },
  disable: { en: 'Disable', de: 'Sperren' },
  isDisabled: {
    en: 'Disabled: nobody acts for them, and they cannot sign in.',
    de: 'Gesperrt: Niemand handelt für diese Person, und sie kann sich nicht anmelden.',
  },
  enableMeans: {
    en: 'They come back with their roles. What agents were allowed stays ended.',
    de: 'Die Person kommt mit ihren Rollen zurück. Was Agenten erlaubt war, bleibt beendet.',
  },
  enable: { en: 'Enable', de: 'Wieder freigeben' },
  wasSet: { en: 'Set.', de: 'Gesetzt.' },
  wasAsked: {
    en: 'Asked. It holds once another administrator sets the same, within a day.',
    de: 'Gefragt. Es gilt, sobald jemand anderes aus der Verwaltung innerhalb eines Tages dieselben setzt.',
  },
  wasDisabled: { en: 'Disabled.', de: 'Gesperrt.' },
  wasEnabled: { en: 'Enabled.', de: 'Wieder freigegeben.' },
  samePerson: {
    en: 'Another administrator than the one who asked has to set the same.',
    de: 'Dieselben Rollen muss jemand anderes setzen als die Person, die gefragt hat.',
  },
  lastAdministrator: {
    en: 'Nobody would administer the organization any more.',
    de: 'Niemand würde die Organisation mehr verwalten.',
  },
  ownAccount: {
    en: 'Another administrator disables your account.',
    de: 'Ihr Konto sperrt jemand anderes aus der Verwaltung.',
  },
  sayWhy: { en: 'Say why, in up to 200 characters.', de: 'Sagen Sie, warum, in bis zu 200 Zeichen.' },
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
