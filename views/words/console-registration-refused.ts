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
