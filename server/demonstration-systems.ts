import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';

/** What one of the demonstration's systems knows about a request, by the action's key. */
const ANSWERS: Readonly<Record<string, (asked: Record<string, unknown>) => object>> = {
  'crm.contacts.export': ({ tag, limit }) => ({ contacts: Math.min(CONTACTS[String(tag)] ?? 0, Number(limit)) }),
  'payments.refund.create': ({ invoice }) => PAYMENTS[String(invoice)] ?? PAYMENTS.usual ?? {},
  'repos.repository.delete': ({ repository }) => ({
    files: 40 + 7 * String(repository).length,
    branches: String(repository).length % 9,
  }),
};

const CONTACTS: Readonly<Record<string, number>> = { 'Lead 2026': 1240, Newsletter: 18_305, Partner: 86 };

const PAYMENTS: Readonly<Record<string, { paid: { currency: string; value: string }; payer: string }>> = {
  'INV-20992': { paid: { currency: 'EUR', value: '12000.00' }, payer: 'Nordwind GmbH' },
  usual: { paid: { currency: 'EUR', value: '4200.00' }, payer: 'Nordwind GmbH' },
};

/** The systems of the demonstration that state facts about requests, by what their resources are called. */
export const DEMONSTRATION_SYSTEMS = [
  'https://crm.acme.example',
  'https://payments.acme.example',
  'https://repos.acme.example',
] as const;

/**
 * The demonstration's CRM, payments and repositories, as far as they state facts. They stand for APIs elsewhere, so they
 * know nothing of this server but its address: what they check is what docs/write-a-catalogue.md asks of any API.
 *
 * @param authority where this server answers, and the issuer that it is
 */
export async function startDemonstrationSystems(authority: {
  issuer: string;
  address: string;
}): Promise<{ addresses: Map<string, string>; close(): Promise<void> }> {
  const keys = createRemoteJWKSet(new URL(`${authority.address}/jwks`));
  const server = createServer(async (request, response) => {
    try {
      const { payload } = await jwtVerify(await read(request), keys, {
        issuer: authority.issuer,
        audience: [...DEMONSTRATION_SYSTEMS],
        typ: 'facts-question+jwt',
      });
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answerTo(payload)));
    } catch {
      response.writeHead(400).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    addresses: new Map(DEMONSTRATION_SYSTEMS.map((resource) => [resource, address])),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answerTo({ aud, authorization_details: details }: JWTPayload): object {
  const [asked] = details as { type: string; locations: string[] }[];
  const answer = asked && asked.locations[0] === aud ? ANSWERS[asked.type] : undefined;
  if (!asked || !answer) throw new Error('nothing is known about this');
  return answer({ ...asked });
}

async function read(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > 16_384) throw new Error('too long');
  }
  return body;
}
