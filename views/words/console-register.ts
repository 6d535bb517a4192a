import { words } from './words.ts';

/** A4: an agent in five steps. */
export const REGISTER = words({
  title: { en: 'Register an agent: step {step} of 5', de: 'Agenten registrieren: Schritt {step} von 5' },
  titleReview: { en: 'Register an agent: look at it', de: 'Agenten registrieren: ansehen' },
  step: { en: 'Step {step} of 5', de: 'Schritt {step} von 5' },
  steps: { en: 'Steps', de: 'Schritte' },
  look: { en: 'Look at it', de: 'Ansehen' },

  name: { en: 'Name', de: 'Name' },
  nameHint: {
    en: 'As people will read it. Not like that of another agent.',
    de: 'Wie ihn Menschen lesen werden. Nicht wie der eines anderen Agenten.',
  },
  purpose: { en: 'What it is for, in one line', de: 'Wofür er da ist, in einer Zeile' },
  owner: { en: 'Owner', de: 'Verantwortlich' },
  ownerHint: {
    en: 'Who answers for it. It begins once they and the deputy accept it.',
    de: 'Wer für ihn einsteht. Er fängt an, sobald diese Person und die Vertretung zustimmen.',
  },
  deputy: { en: 'Deputy', de: 'Vertretung' },
  deputyHint: {
    en: 'Who stands in for the owner, and becomes it when they leave.',
    de: 'Wer die verantwortliche Person vertritt und ihr nachfolgt, wenn sie geht.',
  },
  howItRuns: { en: 'How it runs', de: 'Wie er läuft' },
  attended: { en: 'With a person at its screen', de: 'Mit einem Menschen am Bildschirm' },
  attendedMeans: {
    en: 'They see two digits where they started it, and type them where they decide.',
    de: 'Dort, wo er gestartet wurde, stehen zwei Ziffern; sie werden beim Entscheiden eingegeben.',
  },
  unattended: { en: 'By itself', de: 'Von selbst' },
  unattendedMeans: {
    en: 'Also when nobody is there. It asks people who are elsewhere; they prove themselves with a passkey.',
    de: 'Auch wenn niemand da ist. Er fragt Menschen, die anderswo sind; sie weisen sich mit einem Passkey aus.',
  },
  sub_agent: { en: 'As a sub-agent', de: 'Als Unteragent' },
  subAgentMeans: {
    en: 'For other agents, with what these hand to it.',
    de: 'Für andere Agenten, mit dem, was sie ihm weitergeben.',
  },
  environmentHint: {
    en: 'People read it before they decide.',
    de: 'Menschen lesen es, bevor sie entscheiden.',
  },
  redirects: {
    en: 'Where people are sent back to after a decision in the browser',
    de: 'Wohin Menschen nach einer Entscheidung im Browser zurückkehren',
  },
  redirectsHint: { en: 'An address a line, or none.', de: 'Eine Adresse je Zeile, oder keine.' },
  keysFrom: { en: 'Where its key comes from', de: 'Woher sein Schlüssel kommt' },
  address: { en: 'It publishes its keys at an address', de: 'Er veröffentlicht seine Schlüssel unter einer Adresse' },
  addressMeans: { en: 'It can change them by itself.', de: 'Er kann sie selbst austauschen.' },
  given: { en: 'I have its public key', de: 'Ich habe seinen öffentlichen Schlüssel' },
  made: { en: 'Make one here', de: 'Hier einen erzeugen' },
  madeMeans: {
    en: 'The private key is shown once, and kept nowhere on this server.',
    de: 'Der private Schlüssel wird einmal gezeigt und auf diesem Server nirgends aufbewahrt.',
  },
  jwksUri: { en: 'Address of its keys', de: 'Adresse seiner Schlüssel' },
  jwks: {
    en: 'Its public key (JWK, or a set of them)',
    de: 'Sein öffentlicher Schlüssel (JWK oder mehrere)',
  },
  /** In a file, in place of a key. */
  keyHere: { en: 'put the public key here', de: 'hier den öffentlichen Schlüssel einsetzen' },
  mayAskFor: { en: 'What it may ask for', de: 'Wonach er fragen darf' },
  mayAskForHint: {
    en: 'Each of it is still asked of a person, every time.',
    de: 'Ein Mensch wird trotzdem jedes Mal gefragt.',
  },
  days: { en: 'Days until it ends', de: 'Tage, bis er endet' },
  daysHint: {
    en: 'Its owner confirms it before that, or it ends.',
    de: 'Vorher bestätigt ihn die verantwortliche Person, sonst endet er.',
  },

  isThisRight: { en: 'Is this right?', de: 'Stimmt das so?' },
  whatFor: { en: 'What it is for', de: 'Wofür er da ist' },
  sendsBack: { en: 'Sends people back to', de: 'Schickt Menschen zurück zu' },
  nowhere: { en: 'nowhere', de: 'nirgendwohin' },
  keys: { en: 'Keys', de: 'Schlüssel' },
  keysAddress: { en: 'at its own address', de: 'unter einer eigenen Adresse' },
  keysGiven: { en: 'given', de: 'angegeben' },
  keysMade: { en: 'made here, shown once', de: 'hier erzeugt, einmal gezeigt' },
  mayAsk: { en: 'May ask for', de: 'Darf fragen nach' },
  ends: { en: 'Ends', de: 'Endet' },
  inDays: {
    en: { one: 'in {count} day', other: 'in {count} days' },
    de: { one: 'in {count} Tag', other: 'in {count} Tagen' },
  },
  untilAccepted: {
    en: 'Its owner and its deputy are asked to accept it. Until both have, it does nothing.',
    de: 'Die verantwortliche Person und die Vertretung werden um Zustimmung gebeten. Bis beide zugestimmt haben, tut er nichts.',
  },
  submit: { en: 'Register it', de: 'Registrieren' },
  asFile: { en: 'The same as a file', de: 'Dasselbe als Datei' },
  saveAs: {
    en: 'Save it as {file}, then {command}',
    de: 'Speichern Sie das als {file}, dann {command}',
  },

  isRegistered: { en: '{agent} is registered', de: '{agent} ist registriert' },
  notice: {
    en: 'Registered. Its owner and its deputy are asked to accept it.',
    de: 'Registriert. Die verantwortliche Person und die Vertretung werden um Zustimmung gebeten.',
  },
  shownOnce: {
    en: 'What follows is shown once. Hand it to whoever builds the agent, over a way that nobody else reads.',
    de: 'Was jetzt folgt, wird einmal gezeigt. Geben Sie es auf einem Weg weiter, auf dem niemand mitliest, und nur an die Menschen, die den Agenten bauen.',
  },
  privateKey: { en: 'Its private key', de: 'Sein privater Schlüssel' },
  changesRegistration: { en: 'What changes its registration', de: 'Womit sich die Registrierung ändern lässt' },
  whatPeopleSee: { en: 'What people will see', de: 'Was Menschen sehen werden' },
  sampleLead: {
    en: 'When it asks, in the words of the catalogue and with its sample values.',
    de: 'Wenn er fragt: in den Worten des Katalogs und mit dessen Beispielwerten.',
  },
  beyond: {
    en: 'This sample lies above its limit: it would be refused, and nobody asked.',
    de: 'Dieses Beispiel liegt über seiner Grenze: Es würde abgelehnt, und niemand gefragt.',
  },
  begin: { en: 'Let it begin', de: 'Anfangen lassen' },
  beginMeans: {
    en: 'Once its owner and its deputy have accepted it. Until then it is nobody anywhere.',
    de: 'Sobald die verantwortliche Person und die Vertretung zugestimmt haben. Bis dahin ist er nirgends bekannt.',
  },
  forBuilders: { en: 'To start with', de: 'Für den Anfang' },
  keyFile: {
    en: 'The programs read its private key from {file}. They run as they are once it is active.',
    de: 'Die Programme lesen seinen privaten Schlüssel aus {file}. Sie laufen, wie sie dastehen, sobald er aktiv ist.',
  },
  inCurl: { en: 'Its registration, with curl', de: 'Seine Registrierung, mit curl' },
  inOpenidClient: { en: 'Its first token, in JavaScript', de: 'Sein erstes Token, in JavaScript' },
  inMcp: {
    en: 'As an MCP client, where the system is an MCP server',
    de: 'Als MCP-Client, wo das System ein MCP-Server ist',
  },
  toAgent: { en: 'To the agent', de: 'Zum Agenten' },
  client: { en: 'Client', de: 'Client' },
  agent: { en: 'Agent', de: 'Agent' },
  status: { en: 'Status', de: 'Zustand' },
  registration: { en: 'Registration', de: 'Registrierung' },
});

/** The five steps, in their order. */
export const REGISTER_STEPS = words({
  name: { en: 'Name and purpose', de: 'Name und Zweck' },
  owner: { en: 'Owner and deputy', de: 'Verantwortung und Vertretung' },
  mode: { en: 'How it runs', de: 'Wie er läuft' },
  keys: { en: 'Keys', de: 'Schlüssel' },
  limits: { en: 'Actions and limits', de: 'Aktionen und Grenzen' },
});

/** What is wrong with a step. */
export const DRAFT = words({
  aName: { en: 'A name', de: 'Ein Name' },
  aPurpose: { en: 'A purpose', de: 'Ein Zweck' },
  anOwner: { en: 'An owner', de: 'Die verantwortliche Person' },
  aDeputy: { en: 'A deputy', de: 'Die Vertretung' },
  length: { en: '{field} has 1 to {limit} characters.', de: '{field} hat 1 bis {limit} Zeichen.' },
  mayNotHold: { en: '{field} may not hold {what}.', de: '{field} darf nichts davon enthalten: {what}.' },
  nobody: { en: '{person} is nobody of your organization.', de: '{person} gehört nicht zu Ihrer Organisation.' },
  twoPeople: {
    en: 'Owner and deputy are two people.',
    de: 'Verantwortliche Person und Vertretung sind zwei Menschen.',
  },
  chooseEnvironment: {
    en: 'Choose where it runs, or leave it open.',
    de: 'Wählen Sie, wo er läuft, oder lassen Sie es offen.',
  },
  chooseMode: { en: 'Choose how it runs.', de: 'Wählen Sie, wie er läuft.' },
  noAddress: { en: 'This is not an address: {address}', de: 'Das ist keine Adresse: {address}' },
  similar: {
    en: 'There is an agent called {agent}. Choose a name that nobody confuses with it.',
    de: 'Es gibt einen Agenten namens {agent}. Wählen Sie einen Namen, den niemand damit verwechselt.',
  },
  https: {
    en: 'The address of its keys begins with https://.',
    de: 'Die Adresse seiner Schlüssel beginnt mit https://.',
  },
  chooseKeys: { en: 'Choose where its key comes from.', de: 'Wählen Sie, woher sein Schlüssel kommt.' },
  noKey: {
    en: 'This is no public key in JSON (JWK), nor a set of them.',
    de: 'Das ist weder ein öffentlicher Schlüssel in JSON (JWK) noch sind es mehrere.',
  },
  privateKey: {
    en: 'This is a private key. Keep it, and give only its public half.',
    de: 'Das ist ein privater Schlüssel. Behalten Sie ihn, und geben Sie nur die öffentliche Hälfte an.',
  },
  oneAction: { en: 'Choose at least one action.', de: 'Wählen Sie mindestens eine Aktion.' },
  noAction: { en: 'There is no action {action}.', de: 'Die Aktion {action} gibt es nicht.' },
  wholeNumber: {
    en: '{field} is a whole number from {least} to {most}.',
    de: '{field}: eine ganze Zahl von {least} bis {most}.',
  },
  perMinute: { en: 'Requests per minute', de: 'Anfragen pro Minute' },
  days: { en: 'Days', de: 'Tage' },
  refused: {
    en: 'The registration was refused: {detail}.',
    de: 'Die Registrierung wurde abgelehnt: {detail}.',
  },
});

/** What a text that people read may not hold, as `server/oauth/text.ts` and the registration of agents name it in English. */
export const UNFIT = words({
  seal: {
    en: 'a sign that looks like a seal of approval',
    de: 'ein Zeichen, das wie ein Prüfsiegel aussieht',
  },
  lookAlike: {
    en: 'letters or digits that look like others',
    de: 'Buchstaben oder Ziffern, die wie andere aussehen',
  },
});
