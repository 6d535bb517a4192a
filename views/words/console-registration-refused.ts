import { words } from './words.ts';

/**
 * What is wrong with a registration, said without a full stop; in English it is what RFC 7591 answers, so that is ASCII
 * without quotation marks. Names of members stay as the standard has them.
 */
export const REGISTRATION_REFUSED = words({
  nested: {
    en: 'the registration is nested deeper than {levels} levels',
    de: 'die Registrierung ist tiefer als {levels} Ebenen verschachtelt',
  },
  has: { en: '{member} has {problem}', de: 'in {member} steht {problem}' },
  aMemberName: { en: 'a member name', de: 'einem Namen' },
  text: {
    en: '{member} is a text of 1 to {limit} characters',
    de: '{member} ist ein Text aus 1 bis {limit} Zeichen',
  },
  unfit: { en: '{member}: {problem}', de: '{member}: {problem}' },
  presetRedirects: {
    en: 'this initial access token is for {name}: redirect_uris may be {redirects}',
    de: 'dieses Erstzugangstoken ist für {name}: redirect_uris darf {redirects} sein',
  },
  mode: {
    en: 'agent_mode must be attended, unattended or sub_agent',
    de: 'agent_mode muss attended, unattended oder sub_agent sein',
  },
  modeCeiling: {
    en: 'agent_mode may not rise above {mode} with this initial access token',
    de: 'agent_mode darf mit diesem Erstzugangstoken nicht über {mode} liegen',
  },
  grantsArray: { en: 'grant_types must be an array', de: 'grant_types muss eine Liste sein' },
  grants: { en: 'grant_types may hold {grants}', de: 'in grant_types darf stehen: {grants}' },
  secret: {
    en: 'agents have keys, not secrets: register a key by jwks or jwks_uri with private_key_jwt. Where that cannot be, an administrator allows a secret for one client after it registered',
    de: 'Agenten haben Schlüssel, keine Geheimnisse: Registrieren Sie einen Schlüssel als jwks oder jwks_uri mit private_key_jwt. Wo das nicht geht, erlaubt die Administration einem einzelnen Client nach der Registrierung ein Geheimnis',
  },
  publicGrants: {
    en: 'a public client may only use authorization_code and refresh_token: register a key',
    de: 'ein öffentlicher Client darf nur authorization_code und refresh_token: Registrieren Sie einen Schlüssel',
  },
  mustBind: {
    en: 'dpop_bound_access_tokens or tls_client_certificate_bound_access_tokens must be true with this initial access token',
    de: 'dpop_bound_access_tokens oder tls_client_certificate_bound_access_tokens muss mit diesem Erstzugangstoken true sein',
  },
  secretBound: {
    en: 'tokens of a client with a secret are bound: dpop_bound_access_tokens is true',
    de: 'Token eines Clients mit Geheimnis sind gebunden: dpop_bound_access_tokens ist true',
  },
  // Workloads, and clients that an attester vouches for.
  workloadObject: { en: 'workload_identity is an object', de: 'workload_identity ist ein Objekt' },
  workloadMembers: {
    en: 'workload_identity holds issuer, subject and claims alone',
    de: 'in workload_identity stehen nur issuer, subject und claims',
  },
  workloadIssuer: {
    en: 'workload_identity needs an issuer, as its tokens name it',
    de: 'workload_identity braucht einen issuer, wie seine Token ihn nennen',
  },
  workloadSubject: {
    en: 'workload_identity needs a subject, in full',
    de: 'workload_identity braucht ein vollständiges subject',
  },
  workloadClaims: {
    en: 'workload_identity has claims by name',
    de: 'in workload_identity stehen claims mit ihren Namen',
  },
  workloadMany: {
    en: 'workload_identity has at most 10 claims, each a text',
    de: 'workload_identity hat höchstens 10 claims, jede ein Text',
  },
  workloadKeys: {
    en: 'workload_identity takes the place of jwks and jwks_uri, with token_endpoint_auth_method private_key_jwt',
    de: 'workload_identity steht an Stelle von jwks und jwks_uri, mit token_endpoint_auth_method private_key_jwt',
  },
  attesterFor: { en: 'client_attester is for {method}', de: 'client_attester gibt es nur mit {method}' },
  attestationOff: {
    en: '{method} is not offered here: register a key',
    de: '{method} gibt es hier nicht: Registrieren Sie einen Schlüssel',
  },
  attesterMissing: {
    en: '{method} needs client_attester, the issuer of its attestations',
    de: '{method} braucht client_attester, den Aussteller seiner Bescheinigungen',
  },
  attesterUntrusted: {
    en: 'client_attester {attester} is not trusted here: an administrator adds it to the trusted issuers, with the profile attestation',
    de: 'client_attester {attester} genießt hier kein Vertrauen: Die Administration nimmt ihn unter die vertrauten Aussteller auf, mit dem Profil attestation',
  },
  attesterKeys: {
    en: 'client_attester takes the place of jwks and jwks_uri',
    de: 'client_attester steht an Stelle von jwks und jwks_uri',
  },
  attestedBound: {
    en: 'tokens of an attested client are bound to the key of its instance: dpop_bound_access_tokens is true',
    de: 'Token eines bescheinigten Clients sind an den Schlüssel seiner Instanz gebunden: dpop_bound_access_tokens ist true',
  },
  // Certificates.
  boundBoolean: {
    en: 'tls_client_certificate_bound_access_tokens must be true or false',
    de: 'tls_client_certificate_bound_access_tokens muss true oder false sein',
  },
  noCertificates: {
    en: 'this server asks for no client certificates',
    de: 'dieser Server fragt nicht nach Client-Zertifikaten',
  },
  boundTwice: {
    en: 'tokens are bound to a certificate or to a DPoP key, not to both',
    de: 'Token sind an ein Zertifikat oder an einen DPoP-Schlüssel gebunden, nicht an beides',
  },
  subjectFor: { en: '{member} is for tls_client_auth', de: '{member} gibt es nur mit tls_client_auth' },
  subjectOne: {
    en: 'tls_client_auth takes exactly one of {members}',
    de: 'tls_client_auth nimmt genau eines von {members}',
  },
  subjectDn: {
    en: '{member} is a distinguished name as in RFC 4514, the most specific part first',
    de: '{member} ist ein Distinguished Name nach RFC 4514, der genaueste Teil zuerst',
  },
  subjectDns: { en: '{member} is a DNS name without wildcard', de: '{member} ist ein DNS-Name ohne Platzhalter' },
  subjectIp: { en: '{member} is an IP address', de: '{member} ist eine IP-Adresse' },
  subjectEmail: { en: '{member} is an e-mail address', de: '{member} ist eine E-Mail-Adresse' },
  subjectUri: { en: '{member} is an absolute URI', de: '{member} ist eine absolute URI' },
  certificatesInJwks: {
    en: 'jwks must hold keys with x5c, each with the certificate of that very key first',
    de: 'in jwks müssen Schlüssel mit x5c stehen, jeder mit dem Zertifikat eben dieses Schlüssels zuerst',
  },
  // Redirects and types.
  redirectsMany: {
    en: 'redirect_uris must be an array of at most 20',
    de: 'redirect_uris muss eine Liste von höchstens 20 sein',
  },
  redirectsAbsolute: {
    en: 'redirect_uris must be absolute URIs',
    de: 'in redirect_uris müssen absolute URIs stehen',
  },
  redirectsPlain: {
    en: 'redirect_uris have no user, fragment, wildcard or white space',
    de: 'in redirect_uris steht kein Benutzer, kein Fragment, kein Platzhalter und kein Leerraum',
  },
  redirectsScheme: {
    en: 'redirect_uris use https, or for application_type native http on loopback or a private-use scheme with a dot',
    de: 'redirect_uris verwenden https, oder bei application_type native auch http auf dem eigenen Gerät oder ein privates Schema mit Punkt',
  },
  unknownType: {
    en: "authorization_details_types: '{type}' is unknown",
    de: 'authorization_details_types: „{type}“ ist unbekannt',
  },
  keyEnd: {
    en: 'exp of a key is a whole number of seconds since 1970',
    de: 'exp eines Schlüssels ist eine ganze Zahl von Sekunden seit 1970',
  },
  // How a client hears of a decision.
  profile: { en: 'profile must be fapi_ciba or absent', de: 'profile muss fapi_ciba sein oder fehlen' },
  profileFor: {
    en: 'profile fapi_ciba is for clients of {grant}',
    de: 'profile fapi_ciba ist für Clients von {grant}',
  },
  noPush: {
    en: 'push delivery is not offered here: use poll or ping',
    de: 'Zustellung mit push gibt es hier nicht: Nehmen Sie poll oder ping',
  },
  profilePush: {
    en: 'profile fapi_ciba knows no push delivery: use poll or ping',
    de: 'profile fapi_ciba kennt keine Zustellung mit push: Nehmen Sie poll oder ping',
  },
  profileAlgorithm: {
    en: 'profile fapi_ciba needs a backchannel_authentication_request_signing_alg of {algorithms}',
    de: 'profile fapi_ciba braucht als backchannel_authentication_request_signing_alg eines von {algorithms}',
  },
  profileBound: {
    en: 'profile fapi_ciba needs bound tokens: dpop_bound_access_tokens or a certificate',
    de: 'profile fapi_ciba braucht gebundene Token: dpop_bound_access_tokens oder ein Zertifikat',
  },
  endpointFor: {
    en: 'backchannel_client_notification_endpoint is for ping and push',
    de: 'backchannel_client_notification_endpoint gibt es nur mit ping und push',
  },
  endpointHttps: {
    en: 'backchannel_client_notification_endpoint must be an https URL without user and fragment',
    de: 'backchannel_client_notification_endpoint muss eine https-Adresse ohne Benutzer und Fragment sein',
  },
  endpointStrange: {
    en: "{host} is not known to be this client's: serve jwks_uri from the same domain, or have an administrator add the host to the notification hosts",
    de: 'dass {host} diesem Client gehört, ist nicht bekannt: Legen Sie jwks_uri unter dieselbe Domain, oder lassen Sie die Administration den Host unter die Benachrichtigungs-Hosts aufnehmen',
  },
});

/**
 * What the engine says of a registration, word for word (oidc-provider's client schema): it has nothing but a text, and
 * that is looked up here to be said in another language. The more particular stands before the more general.
 */
export const ENGINE_REFUSED = words({
  mandatoryWhen: {
    en: '{member} is mandatory property when {other} is provided',
    de: '{member} muss angegeben sein, wo {other} angegeben ist',
  },
  mandatory: { en: '{member} is mandatory property', de: '{member} muss angegeben sein' },
  keysMandatory: {
    en: 'jwks or jwks_uri is mandatory for this client',
    de: 'jwks oder jwks_uri muss für diesen Client angegeben sein',
  },
  onlyTexts: { en: '{member} must only contain strings', de: 'in {member} dürfen nur Texte stehen' },
  text: {
    en: '{member} must be a non-empty string if provided',
    de: '{member} muss ein Text sein, der nicht leer ist',
  },
  onlyWebUris: {
    en: '{member} must only contain web uris',
    de: 'in {member} dürfen nur http- und https-Adressen stehen',
  },
  onlyHttpsUris: { en: '{member} must only contain https uris', de: 'in {member} dürfen nur https-Adressen stehen' },
  onlyUris: { en: '{member} must only contain valid uris', de: 'in {member} dürfen nur gültige URIs stehen' },
  webUri: { en: '{member} must be a web uri', de: '{member} muss eine http- oder https-Adresse sein' },
  httpsUri: { en: '{member} must be a https uri', de: '{member} muss eine https-Adresse sein' },
  list: { en: '{member} must be an array', de: '{member} muss eine Liste sein' },
  boolean: { en: '{member} must be a boolean', de: '{member} muss true oder false sein' },
  wholeNumber: {
    en: '{member} must be a non-negative integer',
    de: '{member} muss eine ganze Zahl sein, die nicht negativ ist',
  },
  noneSupported: {
    en: '{member} has no values supported by this authorization server',
    de: '{member} hat keinen Wert, den es auf diesem Server gibt',
  },
  mustBeEmpty: {
    en: '{member} must be empty (no values are allowed)',
    de: '{member} muss leer sein (kein Wert ist erlaubt)',
  },
  mustBeAbsent: {
    en: '{member} must not be provided (no values are allowed)',
    de: '{member} muss fehlen (kein Wert ist erlaubt)',
  },
  onlyOneOf: { en: '{member} can only contain {values}', de: 'in {member} kann nur stehen: {values}' },
  oneOf: { en: '{member} must be {values}', de: '{member} muss {values} sein' },
  needsMembers: { en: '{member} must contain members', de: 'in {member} muss etwas stehen' },
  fragments: { en: '{member} must not contain fragments', de: 'in {member} darf kein Fragment stehen' },
  nativeHttp: {
    en: '{member} for native clients using http as a protocol can only use loopback addresses as hostnames',
    de: 'mit http darf {member} einer nativen Anwendung nur auf das eigene Gerät zeigen',
  },
  nativeHttps: {
    en: '{member} for native clients using claimed HTTPS URIs must not be using {host} as hostname',
    de: 'mit https darf {member} einer nativen Anwendung nicht auf {host} zeigen',
  },
  scheme: {
    en: '{member} must not use the {scheme} URI scheme',
    de: '{member} darf das Schema {scheme} nicht verwenden',
  },
  implicitHttps: {
    en: '{member} for web clients using implicit flow MUST only register URLs using the https scheme',
    de: '{member} muss bei einer Webanwendung mit implicit überall https verwenden',
  },
  implicitLocalhost: {
    en: '{member} for web clients using implicit flow must not be using localhost',
    de: '{member} darf bei einer Webanwendung mit implicit nicht auf localhost zeigen',
  },
  contacts: {
    en: 'contacts can only contain email addresses',
    de: 'in contacts dürfen nur E-Mail-Adressen stehen',
  },
  oneProof: {
    en: 'only one proof of possession mechanism can be made required at a time',
    de: 'Token sind auf eine Art gebunden: dpop_bound_access_tokens oder tls_client_certificate_bound_access_tokens',
  },
  tokenUnbound: {
    en: 'response_types must not include "token" when {member} is used',
    de: 'in response_types darf mit {member} kein „token“ stehen',
  },
  noSubject: {
    en: 'tls_client_auth requires one of the certificate subject value parameters',
    de: 'tls_client_auth braucht einen Namen im Zertifikat, der verglichen wird',
  },
  manySubjects: {
    en: 'only one tls_client_auth certificate subject value must be provided',
    de: 'tls_client_auth braucht genau einen Namen im Zertifikat, der verglichen wird',
  },
  keysTwice: {
    en: 'jwks and jwks_uri must not be used at the same time',
    de: 'jwks und jwks_uri gibt es nicht beide zugleich',
  },
  keys: {
    en: 'client JSON Web Key Set is invalid',
    de: 'jwks ist keine gültige Liste öffentlicher Schlüssel',
  },
  choiceOutside: {
    en: '{member} must include the value of provided {other}',
    de: 'in {member} muss auch der Wert von {other} stehen',
  },
  noChoice: {
    en: '{member} includes no supported values',
    de: 'in {member} steht kein Wert, den es hier gibt',
  },
  pairwiseMethod: {
    en: 'pairwise {grant} clients must utilize private_key_jwt or self_signed_tls_client_auth token endpoint authentication methods',
    de: 'mit subject_type pairwise und {grant} muss token_endpoint_auth_method private_key_jwt oder self_signed_tls_client_auth sein',
  },
  scope: {
    en: 'scope must only contain Authorization Server supported scope values',
    de: 'in scope dürfen nur Scopes stehen, die es auf diesem Server gibt',
  },
  odd: { en: 'invalid {member} value', de: '{member} hat einen Wert, der nicht erlaubt ist' },
});

/** What keeps a registration away that is nothing in the registration itself. */
export const NOT_REGISTERED = words({
  full: {
    en: 'this organization has its {most} agents: retire one that is not needed, or have the operator raise COUNTERSIGN_AGENTS_PER_ORGANIZATION',
    de: 'diese Organisation hat ihre {most} Agenten: Legen Sie einen still, den niemand braucht, oder lassen Sie den Betrieb COUNTERSIGN_AGENTS_PER_ORGANIZATION erhöhen',
  },
  tooMany: {
    en: 'too many registrations: try again later',
    de: 'zu viele Registrierungen: Versuchen Sie es später noch einmal',
  },
  /** For what has no words of its own: the code as machines get it. */
  answered: { en: 'the answer was {code}', de: 'die Antwort war {code}' },
});

/** What is wrong with a software statement (RFC 7591 §2.3). */
export const STATEMENT_REFUSED = words({
  unfit: { en: 'software_statement is {problem}', de: 'zu software_statement: {problem}' },
  untrusted: {
    en: 'no issuer of this name is trusted here for software statements: an administrator adds it to the trusted issuers',
    de: 'ein Aussteller dieses Namens genießt hier für software_statement kein Vertrauen: Die Administration nimmt ihn unter die vertrauten Aussteller auf',
  },
  typ: { en: 'software_statement has another typ', de: 'software_statement hat ein anderes typ' },
  alg: { en: 'software_statement has another alg', de: 'software_statement hat ein anderes alg' },
  unreachable: {
    en: 'the keys of its issuer cannot be had now: try again later',
    de: 'die Schlüssel seines Ausstellers sind gerade nicht zu bekommen: Versuchen Sie es später noch einmal',
  },
  signature: {
    en: 'software_statement is not signed by a key of its issuer',
    de: 'software_statement ist mit keinem Schlüssel seines Ausstellers signiert',
  },
  expired: { en: 'software_statement has expired', de: 'software_statement ist abgelaufen' },
  early: { en: 'software_statement is not valid yet', de: 'software_statement gilt noch nicht' },
  audience: {
    en: 'software_statement is for another server',
    de: 'software_statement ist für einen anderen Server',
  },
});

/** What is wrong with an agent's description of itself, or with its address. */
export const DOCUMENT_REFUSED = words({
  at: { en: '{host}: {problem}', de: '{host}: {problem}' },
  clientId: { en: 'client_id {url}: {problem}', de: 'client_id {url}: {problem}' },
  noUrl: { en: 'it is no URL', de: 'das ist keine Adresse' },
  https: { en: 'it must use https', de: 'sie muss https verwenden' },
  user: { en: 'it must not name a user', de: 'sie darf keinen Benutzer nennen' },
  fragment: { en: 'it must not have a fragment', de: 'sie darf kein Fragment haben' },
  query: { en: 'it must not have a query', de: 'sie darf keine Abfrage haben' },
  path: { en: 'it must have a path', de: 'sie muss einen Pfad haben' },
  dots: { en: 'it must not have dots as a segment', de: 'Punkte allein dürfen kein Abschnitt von ihr sein' },
  spelling: {
    en: 'it must be written as a browser would write it',
    de: 'sie muss so geschrieben sein, wie ein Browser sie schreibt',
  },
  long: {
    en: 'it must not be longer than 300 characters',
    de: 'sie darf nicht länger als 300 Zeichen sein',
  },
  notServedAsJson: { en: 'it is not served as JSON', de: 'sie kommt nicht als JSON' },
  large: { en: 'it is larger than 5 KB', de: 'sie ist größer als 5 KB' },
  noJson: { en: 'it is not valid JSON', de: 'sie ist kein gültiges JSON' },
  /** Said in full to the builder; it quotes the document. */
  json: { en: 'it is no JSON with one meaning: {problem}', de: 'sie ist kein eindeutiges JSON: {problem}' },
  noObject: { en: 'it is no JSON object', de: 'sie ist kein JSON-Objekt' },
  otherId: { en: 'its client_id is not its address', de: 'ihre client_id ist nicht ihre Adresse' },
  secret: { en: 'it holds a client secret', de: 'sie enthält ein Geheimnis' },
  method: {
    en: 'its authentication method is none or private_key_jwt',
    de: 'ihr Anmeldeverfahren muss none oder private_key_jwt sein',
  },
  privateKey: { en: 'it holds a private key', de: 'sie enthält einen privaten Schlüssel' },
  noName: { en: 'it has no client_name', de: 'sie hat keinen client_name' },
  noRedirects: { en: 'it has no redirect_uris', de: 'sie hat keine redirect_uris' },
  status: { en: 'it answers {status}', de: 'sie antwortet {status}' },
  unreachable: { en: 'it cannot be had', de: 'sie ist nicht zu bekommen' },
  unreachableBefore: {
    en: 'it could not be had a moment ago',
    de: 'sie war eben noch nicht zu bekommen',
  },
  tooMany: {
    en: 'too many documents were fetched for this address',
    de: 'für diese Adresse wurden zu viele Beschreibungen geholt',
  },
  denied: { en: 'an administrator denies this domain', de: 'die Administration lehnt diese Domain ab' },
  notBegun: { en: 'nobody has begun with it here', de: 'hier hat niemand mit ihm angefangen' },
  like: { en: 'client_name could be taken for {name}', de: 'client_name ist zu verwechseln mit {name}' },
  scripts: {
    en: 'client_name could be taken for another, by letters of several scripts',
    de: 'client_name ist mit einem anderen zu verwechseln, durch Buchstaben mehrerer Schriften',
  },
  changed: {
    en: 'the document changed: its owner has to agree',
    de: 'die Beschreibung hat sich geändert: Die verantwortliche Person muss zustimmen',
  },
  full: { en: 'an administrator retires one first', de: 'die Administration legt erst einen still' },
  waits: { en: 'an administrator has to allow it', de: 'die Administration muss ihn zulassen' },
  notPlaced: { en: 'it could not be placed', de: 'er war nicht unterzubringen' },
});
