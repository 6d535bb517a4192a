import { randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { createServer, request, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';

import { type Answer, answerOf, type Json, type PostOptions, type TestClient } from './agent.ts';
import { authority, type Certified, certify } from './certificates.ts';
import { freePort, startServer, type TestServer } from './server.ts';

/**
 * Who vouches for the address that clients with certificates come to. Its name is its own: a worker that runs two files
 * trusts an authority of each, and OpenSSL takes whichever of two namesakes comes first.
 */
const ROOT = authority(`Test Web Authority ${randomUUID()}`);

/** The authority that vouches for {@link serverCertificate}, PEM. */
export const ROOT_CERTIFICATE: string = ROOT.pem.cert;

/** A certificate for `localhost`, as the server or a proxy shows it. */
export const serverCertificate = (): Certified =>
  certify({ subject: [[['CN', 'localhost']]], dns: ['localhost'], use: 'server' }, ROOT);

export interface CertificateServer extends TestServer {
  /** Where TLS ends, at the server or before it. */
  address: string;
}

/** A server that asks for certificates at a port of its own. */
export async function startListener(
  authorities: Certified,
  settings: Record<string, string> = {},
): Promise<CertificateServer> {
  const port = await freePort();
  const { pem } = serverCertificate();
  const server = await startServer({
    COUNTERSIGN_MTLS: 'listener',
    COUNTERSIGN_MTLS_PORT: String(port),
    COUNTERSIGN_MTLS_CERTIFICATE: pem.cert,
    COUNTERSIGN_MTLS_KEY: pem.key,
    COUNTERSIGN_MTLS_AUTHORITIES: authorities.pem.cert,
    ...settings,
  });
  return { ...server, address: `https://localhost:${port}` };
}

/** A server behind a proxy that asks for certificates and says in a header which one it saw. */
export async function startBehindProxy(
  authorities: Certified,
  settings: Record<string, string> = {},
): Promise<CertificateServer> {
  let issuer = '';
  const proxy = certificateProxy(() => issuer);
  await new Promise<void>((resolve) => proxy.listen(0, resolve));
  const address = `https://localhost:${(proxy.address() as AddressInfo).port}`;
  const server = await startServer({
    COUNTERSIGN_TRUST_PROXY: '1',
    COUNTERSIGN_MTLS: 'proxy',
    COUNTERSIGN_MTLS_URL: address,
    COUNTERSIGN_MTLS_AUTHORITIES: authorities.pem.cert,
    ...settings,
  });
  issuer = server.issuer;
  return {
    ...server,
    address,
    async close() {
      proxy.closeAllConnections();
      proxy.close();
      await server.close();
    },
  };
}

/** Ends TLS, and replaces whatever the caller said about its certificate by what the handshake says (RFC 9440 §2). */
function certificateProxy(target: () => string): Server {
  const { pem } = serverCertificate();
  return createServer({ ...pem, requestCert: true, rejectUnauthorized: false }, (incoming, outgoing) => {
    const { 'client-cert': _, 'client-cert-chain': __, ...headers } = incoming.headers;
    const x509 = (incoming.socket as TLSSocket).getPeerX509Certificate();
    const certificate = x509 && { 'client-cert': `:${x509.raw.toString('base64')}:` };
    const onward = httpRequest(
      new URL(incoming.url ?? '/', target()),
      { method: incoming.method, headers: { ...headers, ...certificate } },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
}

export interface TlsRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: string | URLSearchParams;
  /** What the client shows in the handshake. */
  certified?: Certified | undefined;
}

/** A request on a connection of its own. */
export function overTls(
  url: string,
  { method = 'POST', headers = {}, body = '', certified }: TlsRequest = {},
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method,
        agent: false,
        ca: ROOT.pem.cert,
        ...certified?.pem,
        headers: {
          ...(body instanceof URLSearchParams && { 'content-type': 'application/x-www-form-urlencoded' }),
          'content-length': String(Buffer.byteLength(String(body))),
          ...headers,
        },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          const all = new Headers();
          for (const [name, value] of Object.entries(answer.headers)) {
            for (const one of [value ?? []].flat()) all.append(name, one);
          }
          const text = Buffer.concat(chunks).toString('utf8');
          resolve(new Response(text === '' ? null : text, { status: answer.statusCode ?? 0, headers: all }));
        });
      },
    );
    sent.on('error', reject);
    sent.end(String(body));
  });
}

export interface TlsClient extends TestClient {
  /** The same client with another certificate, or none. */
  showing(certified: Certified | undefined): TlsClient;
}

/**
 * A client as it speaks at the address for certificates: it shows this one in every handshake, sends no proof unless
 * told to, and names itself, with an assertion only where it registered for those.
 */
export function tlsClient(server: CertificateServer, client: TestClient, certified: Certified | undefined): TlsClient {
  const byAssertion = client.registration.token_endpoint_auth_method === 'private_key_jwt';
  const post = async (
    path: string,
    form: Record<string, string | string[] | undefined>,
    { dpop = false, headers = {} }: PostOptions = {},
  ): Promise<Answer> => {
    const body = new URLSearchParams();
    const all: Json = {
      client_id: client.clientId,
      ...(byAssertion && {
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await client.assertion(),
      }),
      ...form,
    };
    for (const [name, value] of Object.entries(all)) {
      for (const one of [value].flat()) if (one !== undefined) body.append(name, String(one));
    }
    const proof = dpop === true ? await client.proof(`${server.address}${path}`) : dpop;
    return answerOf(
      await overTls(`${server.address}${path}`, {
        headers: { ...(proof !== false && { DPoP: proof }), ...headers },
        body,
        certified,
      }),
    );
  };
  return {
    ...client,
    post,
    token: (form, options) => post('/token', form, options),
    showing: (other) => tlsClient(server, client, other),
  };
}
