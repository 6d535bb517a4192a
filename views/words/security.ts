import { words } from './words.ts';

/** The passkeys of a person (U11). */
export const SECURITY = words({
  passkeys: { en: 'Passkeys', de: 'Passkeys' },
  whatFor: {
    en: 'With a passkey you approve what has high impact. It stays on your device, and you unlock it there.',
    de: 'Mit einem Passkey geben Sie frei, was hohe Auswirkung hat. Er bleibt auf Ihrem Gerät, und dort entsperren Sie ihn.',
  },
  back: { en: 'Back to the request', de: 'Zurück zur Anfrage' },
  none: { en: 'You have no passkey yet.', de: 'Sie haben noch keinen Passkey.' },
  onOneDevice: { en: 'On one device.', de: 'Auf einem Gerät.' },
  synced: { en: 'Synced between devices.', de: 'Zwischen Geräten abgeglichen.' },
  canBeSynced: { en: 'Can be synced between devices.', de: 'Kann zwischen Geräten abgeglichen werden.' },
  added: { en: 'Added {time}.', de: 'Hinzugefügt {time}.' },
  lastUsed: { en: 'Last used {time}.', de: 'Zuletzt genutzt {time}.' },
  notUsed: { en: 'Not used yet.', de: 'Noch nicht genutzt.' },
  mayApprove: { en: 'May approve high impact.', de: 'Darf freigeben, was hohe Auswirkung hat.' },
  mayApproveFrom: {
    en: 'May approve high impact from {time}.',
    de: 'Darf ab {time} freigeben, was hohe Auswirkung hat.',
  },
  renameOrRemove: { en: 'Rename or remove', de: 'Umbenennen oder entfernen' },
  name: { en: 'Name', de: 'Name' },
  nameHint: {
    en: 'So that you know it again, such as “Phone” or “Office key”.',
    de: 'Damit Sie ihn wiedererkennen, etwa „Telefon“ oder „Büroschlüssel“.',
  },
  rename: { en: 'Rename', de: 'Umbenennen' },
  remove: { en: 'Remove', de: 'Entfernen' },
  removeNamed: { en: 'Remove {name}', de: '{name} entfernen' },
  add: { en: 'Add a passkey', de: 'Passkey hinzufügen' },
  vouch: {
    en: 'You confirm it with a passkey that you have.',
    de: 'Sie bestätigen ihn mit einem Passkey, den Sie haben.',
  },
  waits: {
    en: 'It may approve high impact after {time}.',
    de: 'Hohe Auswirkung darf er nach {time} freigeben.',
  },
  demonstration: {
    en: 'This is a demonstration: it may approve high impact at once.',
    de: 'Dies ist eine Vorführung: Er darf sofort freigeben, was hohe Auswirkung hat.',
  },
  needsScript: {
    en: 'Passkeys need script. Allow it for this page, or use another browser.',
    de: 'Passkeys brauchen Skripte. Erlauben Sie sie für diese Seite, oder verwenden Sie einen anderen Browser.',
  },
  signInFirst: {
    en: 'For your first passkey, sign in again: whoever only found your browser open must not add one.',
    de: 'Melden Sie sich für Ihren ersten Passkey neu an: Wer nur Ihren offenen Browser fand, darf keinen hinzufügen.',
  },
  signInAgain: { en: 'Sign in again', de: 'Neu anmelden' },
  onlyDeviceBound: {
    en: 'Your organization takes a passkey that stays on one device, such as a security key.',
    de: 'Ihre Organisation nimmt einen Passkey, der auf einem Gerät bleibt, etwa einen Sicherheitsschlüssel.',
  },
  notDeviceBound: {
    en: 'This passkey can be synced, and your organization takes only passkeys that stay on one device. Use a security key. Nothing was changed.',
    de: 'Dieser Passkey kann synchronisiert werden, und Ihre Organisation nimmt nur Passkeys, die auf einem Gerät bleiben. Verwenden Sie einen Sicherheitsschlüssel. Es wurde nichts geändert.',
  },
  approvesNothing: {
    en: 'Approves nothing of high impact: it can be synced, and your organization asks for one that stays on one device.',
    de: 'Gibt nichts mit hoher Auswirkung frei: Er kann synchronisiert werden, und Ihre Organisation verlangt einen, der auf einem Gerät bleibt.',
  },
  addFirst: {
    en: 'Whoever administers signs in with a password once. Add a passkey now: until then nothing else opens.',
    de: 'Wer verwaltet, meldet sich nur einmal mit einem Passwort an. Fügen Sie jetzt einen Passkey hinzu: Vorher öffnet sich nichts anderes.',
  },
  recoveryAsked: {
    en: '{admin} wants to end all your passkeys ({time}): {reason}',
    de: '{admin} möchte alle Ihre Passkeys beenden ({time}): {reason}',
  },
  recoveryMeans: {
    en: 'Another administrator has to confirm it until {time}. If you did not ask for it, refuse it now: nothing happens then, and your organization’s security hears of it.',
    de: 'Bis {time} muss es eine zweite Person aus der Administration bestätigen. Wenn Sie nicht darum gebeten haben, lehnen Sie es jetzt ab: Dann geschieht nichts, und die Sicherheit Ihrer Organisation erfährt davon.',
  },
  refuseRecovery: { en: 'Refuse', de: 'Ablehnen' },
  recoveryRefused: {
    en: 'Refused. Your passkeys stay as they are.',
    de: 'Abgelehnt. Ihre Passkeys bleiben, wie sie sind.',
  },
  recoveryOver: {
    en: 'This is over already. Nothing was changed.',
    de: 'Das ist schon vorbei. Es wurde nichts geändert.',
  },
  sessions: { en: 'Where you are signed in', de: 'Wo Sie angemeldet sind' },
  byPasskey: { en: 'With a passkey', de: 'Mit einem Passkey' },
  byPassword: { en: 'With a password', de: 'Mit einem Passwort' },
  sessionSince: { en: 'since {time}', de: 'seit {time}' },
  thisBrowser: { en: 'this browser', de: 'dieser Browser' },
  endSession: { en: 'Sign out', de: 'Abmelden' },
  endSessionOf: { en: 'Sign out there (since {time})', de: 'Dort abmelden (seit {time})' },
  endOthers: { en: 'Sign out everywhere else', de: 'Überall sonst abmelden' },
  sessionsEnded: {
    en: { one: 'Signed out at {count} other browser.', other: 'Signed out at {count} other browsers.' },
    de: { one: 'In {count} anderen Browser abgemeldet.', other: 'In {count} anderen Browsern abgemeldet.' },
  },
  value: { en: 'The value that matters', de: 'Der Wert, auf den es ankommt' },
  chooses: {
    en: 'Let me choose among three values instead of typing it',
    de: 'Unter drei Werten wählen, statt ihn einzugeben',
  },
  choosesMeans: {
    en: 'For amounts and counts of high impact. None is chosen beforehand, and the second wrong choice denies the request.',
    de: 'Für Beträge und Anzahlen mit hoher Auswirkung. Keiner ist vorausgewählt, und die zweite falsche Wahl lehnt die Anfrage ab.',
  },
  save: { en: 'Save', de: 'Speichern' },
  wasAdded: { en: 'The passkey was added.', de: 'Der Passkey wurde hinzugefügt.' },
  wasRenamed: { en: 'The passkey was renamed.', de: 'Der Passkey wurde umbenannt.' },
  wasRemoved: { en: 'The passkey was removed.', de: 'Der Passkey wurde entfernt.' },
  nameProblem: {
    en: 'A name has 1 to 60 characters that can be seen.',
    de: 'Ein Name hat 1 bis 60 sichtbare Zeichen.',
  },
  unknown: { en: 'There is no such passkey of yours.', de: 'Einen solchen Passkey haben Sie nicht.' },
  used: {
    en: 'This answer was used already. Open the page again. Nothing was changed.',
    de: 'Diese Antwort wurde schon verwendet. Öffnen Sie die Seite noch einmal. Es wurde nichts geändert.',
  },
  addNeedsVoucher: {
    en: 'To add a passkey, confirm it with one that you have. Nothing was changed.',
    de: 'Um einen Passkey hinzuzufügen, bestätigen Sie mit einem, den Sie haben. Es wurde nichts geändert.',
  },
  addNeedsSignIn: {
    en: 'For your first passkey, sign in again. Nothing was changed.',
    de: 'Melden Sie sich für Ihren ersten Passkey neu an. Es wurde nichts geändert.',
  },
  notAnswered: {
    en: 'The new passkey did not answer as it should. Nothing was changed.',
    de: 'Der neue Passkey hat nicht richtig geantwortet. Es wurde nichts geändert.',
  },
  taken: {
    en: 'This passkey is known already. Nothing was changed.',
    de: 'Dieser Passkey ist schon bekannt. Es wurde nichts geändert.',
  },
  removeNeedsVoucher: {
    en: 'To remove a passkey, confirm it with a passkey. Nothing was changed.',
    de: 'Um einen Passkey zu entfernen, bestätigen Sie mit einem Passkey. Es wurde nichts geändert.',
  },
  notRemoved: {
    en: 'The passkey was not removed. Please try again.',
    de: 'Der Passkey wurde nicht entfernt. Bitte versuchen Sie es noch einmal.',
  },
});

/** What a person is told by every way they are reached, in one line. */
export const PASSKEY_NEWS = words({
  passkey_added: { en: 'A passkey was added to your account', de: 'Zu Ihrem Konto kam ein Passkey hinzu' },
  passkey_removed: { en: 'A passkey was removed from your account', de: 'Von Ihrem Konto wurde ein Passkey entfernt' },
  passkeys_recovery_asked: {
    en: 'An administrator wants to end your passkeys',
    de: 'Jemand aus der Administration möchte Ihre Passkeys beenden',
  },
  passkeys_recovery_ended: {
    en: 'Your passkeys stay: the request to end them was called off',
    de: 'Ihre Passkeys bleiben: Die Bitte, sie zu beenden, wurde zurückgezogen',
  },
  refuseIt: {
    en: 'Nothing happens until another administrator confirms it. If you did not ask for it, open this page and refuse it.',
    de: 'Es geschieht nichts, bevor eine zweite Person aus der Administration es bestätigt. Wenn Sie nicht darum gebeten haben, öffnen Sie diese Seite und lehnen Sie es ab.',
  },
  passkeys_recovered: {
    en: 'Two administrators ended your passkeys',
    de: 'Zwei Personen aus der Administration haben Ihre Passkeys beendet',
  },
  recovery_codes_made: {
    en: 'New recovery codes were made for your account',
    de: 'Für Ihr Konto wurden neue Wiederherstellungscodes erstellt',
  },
  recovery_code_used: {
    en: 'A recovery code ended your passkeys and signed in to add a new one',
    de: 'Ein Wiederherstellungscode hat Ihre Passkeys beendet und wurde zum Anmelden verwendet, um einen neuen hinzuzufügen',
  },
  password_used: {
    en: 'Your password for emergencies was used',
    de: 'Ihr Notfall-Passwort wurde verwendet',
  },
  administrator_used_password: {
    en: 'Somebody who administers with you used their password for emergencies',
    de: 'Jemand, der mit Ihnen verwaltet, hat das Notfall-Passwort verwendet',
  },
  administrator_recovered: {
    en: 'Somebody who administers with you used a recovery code',
    de: 'Jemand, der mit Ihnen verwaltet, hat einen Wiederherstellungscode verwendet',
  },
  administers_alone: {
    en: 'One administrator took the rights of the only other one',
    de: 'Eine Person aus der Administration hat der einzigen anderen die Rechte genommen',
  },
  administers_no_more: {
    en: 'You administer no more: the only other administrator took that from you',
    de: 'Sie verwalten nicht mehr: Die einzige andere Person aus der Administration hat Ihnen das genommen',
  },
  notYou: {
    en: 'If you did not expect this, tell your organization’s security now.',
    de: 'Wenn Sie das nicht erwartet haben, sagen Sie jetzt der Sicherheit Ihrer Organisation Bescheid.',
  },
});
