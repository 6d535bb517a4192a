import { words } from './words.ts';

/** What a decision takes beside the click: the value that matters, a passkey, a second person (U4). */
export const CEREMONY = words({
  /** Before the field for an amount, a count or a name; the label is the parameter's own. */
  typeIt: { en: 'Type to confirm: {label}', de: 'Zur Bestätigung eingeben: {label}' },
  chooseIt: { en: 'Choose to confirm: {label}', de: 'Zur Bestätigung wählen: {label}' },
  typeOutside: {
    en: { other: 'Outside your organization: {count} addresses. Type how many' },
    de: { other: 'Außerhalb Ihrer Organisation: {count} Adressen. Geben Sie die Anzahl ein' },
  },
  chooseOutside: {
    en: { other: 'Outside your organization: {count} addresses. Choose how many' },
    de: { other: 'Außerhalb Ihrer Organisation: {count} Adressen. Wählen Sie die Anzahl' },
  },
  asAbove: { en: 'As it stands above.', de: 'So, wie es oben steht.' },
  tickOutside: {
    en: 'Outside your organization. Tick each of them:',
    de: 'Außerhalb Ihrer Organisation. Haken Sie jede Adresse ab:',
  },
  tickRead: { en: 'Tick what you have read:', de: 'Haken Sie ab, was Sie gelesen haben:' },
  tickEach: { en: 'Tick each of them, or choose Deny.', de: 'Haken Sie alle ab, oder wählen Sie „Ablehnen“.' },
  deniedByValue: {
    en: 'Denied. The value was wrong three times.',
    de: 'Abgelehnt. Der Wert war dreimal falsch.',
  },
  deniedByChoice: {
    en: 'Denied. The value was wrong twice.',
    de: 'Abgelehnt. Der Wert war zweimal falsch.',
  },
  instead: {
    en: 'I cannot see the number: use my passkey instead',
    de: 'Ich sehe keine Zahl: stattdessen meinen Passkey verwenden',
  },
  noPasskey: {
    en: 'To approve this you need a passkey, and you have none yet.',
    de: 'Um dies freizugeben, brauchen Sie einen Passkey, und Sie haben noch keinen.',
  },
  tooNew: {
    en: 'Your passkey is new. It may approve this from {time}.',
    de: 'Ihr Passkey ist neu. Er darf dies ab {time} freigeben.',
  },
  barred: {
    en: 'Your passkey was restored by somebody who answers for this agent, so it approves nothing for it.',
    de: 'Ihr Passkey wurde von jemandem wiederhergestellt, der für diesen Agenten verantwortlich ist. Für ihn gibt er nichts frei.',
  },
  notDeviceBound: {
    en: 'Your organization approves this only with a passkey that stays on one device, such as a security key. Yours can be synced.',
    de: 'Ihre Organisation gibt dies nur mit einem Passkey frei, der auf einem Gerät bleibt, etwa einem Sicherheitsschlüssel. Ihrer kann synchronisiert werden.',
  },
  addPasskey: { en: 'Add a passkey', de: 'Passkey hinzufügen' },
  yourPasskeys: { en: 'Your passkeys', de: 'Ihre Passkeys' },
  notYet: { en: 'Not approved yet.', de: 'Noch nicht freigegeben.' },
  waitsUntil: {
    en: '{why} Nothing was allowed; the request waits until {time}.',
    de: '{why} Es wurde nichts erlaubt; die Anfrage wartet bis {time}.',
  },
  /** The task follows, as the catalogue says it after "{agent} wants to". */
  confirm: { en: 'Confirm: {agent} wants to', de: 'Bestätigen: {agent} möchte' },
  approvals: { en: 'Approvals', de: 'Freigaben' },
  onceUntil: { en: 'Once, until {time}', de: 'Einmal, bis {time}' },
  until: { en: 'Until {time}', de: 'Bis {time}' },
  signsExactly: {
    en: 'Your passkey signs exactly this, and nothing else. It does not sign you in.',
    de: 'Ihr Passkey unterschreibt genau dies und nichts anderes. Sie melden sich damit nicht an.',
  },
  confirmsExactly: {
    en: 'You have no passkey. Sign in once more, and then you confirm exactly this and nothing else.',
    de: 'Sie haben keinen Passkey. Melden Sie sich noch einmal an, dann geben Sie genau dies frei und nichts anderes.',
  },
  signInAgain: { en: 'Sign in again with {provider}', de: 'Bei {provider} noch einmal anmelden' },
  comeBackToConfirm: {
    en: 'You sign in at {provider} and come back here. Nothing is allowed yet.',
    de: 'Sie melden sich bei {provider} an und kommen hierher zurück. Noch ist nichts erlaubt.',
  },
  signedInAgain: {
    en: 'You signed in at {provider} for this ({time}). Nothing is allowed until you press the button.',
    de: 'Sie haben sich dafür bei {provider} angemeldet ({time}). Erlaubt ist es erst, wenn Sie es unten freigeben.',
  },
  notConfirmed: { en: 'Not confirmed. Nothing was allowed.', de: 'Nicht bestätigt. Es wurde nichts erlaubt.' },
  notConfirmedMeans: {
    en: 'What {provider} answered is not enough for this: a new sign-in of your own account there, with a passkey or security key.',
    de: 'Was {provider} geantwortet hat, genügt dafür nicht: eine neue Anmeldung mit Ihrem eigenen Konto dort, mit Passkey oder Sicherheitsschlüssel.',
  },
  providerGone: {
    en: '{provider} cannot be reached. Nothing was allowed. Try again in a minute.',
    de: '{provider} ist nicht erreichbar. Es wurde nichts erlaubt. Versuchen Sie es in einer Minute noch einmal.',
  },
  backToRequest: { en: 'Back to the request', de: 'Zurück zur Anfrage' },
  accountTooNew: {
    en: 'You have no passkey, and your account at the sign-in service is new here. It may confirm this from {time}.',
    de: 'Sie haben keinen Passkey, und Ihr Konto beim Anmeldedienst ist hier neu. Es darf dies ab {time} bestätigen.',
  },
  needsScript: {
    en: 'A passkey needs script. Allow it for this page, or open the request on another device: it waits in your inbox. Nothing is allowed yet.',
    de: 'Ein Passkey braucht Skripte. Erlauben Sie sie für diese Seite, oder öffnen Sie die Anfrage auf einem anderen Gerät: Sie wartet in Ihrem Posteingang. Noch ist nichts erlaubt.',
  },
  /** Only where it is in no inbox: a request that began in this browser. */
  needsScriptHere: {
    en: 'A passkey needs script. Allow it for this page. Nothing is allowed yet.',
    de: 'Ein Passkey braucht Skripte. Erlauben Sie sie für diese Seite. Noch ist nichts erlaubt.',
  },
  back: { en: 'Back', de: 'Zurück' },
  confirmWithPasskey: { en: 'Confirm with passkey', de: 'Mit Passkey freigeben' },
  notYourPasskey: {
    en: 'That was not your passkey for exactly this. Nothing was allowed. You can try again, or go back.',
    de: 'Das war nicht Ihr Passkey für genau dies. Es wurde nichts erlaubt. Sie können es noch einmal versuchen oder zurückgehen.',
  },
  needsSecond: {
    en: 'Needs a second person, who is asked after you.',
    de: 'Verlangt eine zweite Person, die nach Ihnen gefragt wird.',
  },
  firstApproval: {
    en: 'First approval: {person} (passkey) {time}',
    de: 'Erste Freigabe: {person} (Passkey) {time}',
  },
  waiting: { en: 'Waiting for a second person.', de: 'Es fehlt die zweite Person.' },
  waitingMeans: {
    en: 'You approved it. Somebody else has to approve it as well, until {time}. Nothing is allowed yet.',
    de: 'Sie haben es freigegeben. Bis {time} muss es noch jemand anderes freigeben. Noch ist nichts erlaubt.',
  },
  lookAgain: { en: 'Look again', de: 'Noch einmal nachsehen' },
  returnWithoutWaiting: { en: 'Return to {agent} without waiting', de: 'Ohne zu warten zurück zu {agent}' },
  left: { en: 'Back to the agent.', de: 'Zurück zum Agenten.' },
  leftMeans: {
    en: 'The request still waits for a second person.',
    de: 'Die Anfrage wartet weiter auf eine zweite Person.',
  },
});

/** Said by the script where a passkey cannot go on. */
export const PASSKEY = words({
  impossible: {
    en: 'This browser has no passkeys. Open this page in another browser or on your phone.',
    de: 'Dieser Browser hat keine Passkeys. Öffnen Sie diese Seite in einem anderen Browser oder auf Ihrem Telefon.',
  },
  declined: {
    en: 'No passkey answered. Nothing was changed. You can try again.',
    de: 'Kein Passkey hat geantwortet. Es wurde nichts geändert. Sie können es noch einmal versuchen.',
  },
  known: {
    en: 'This device has a passkey of yours already.',
    de: 'Dieses Gerät hat schon einen Passkey von Ihnen.',
  },
});
