import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

import { connectToCountersign } from '../calendar-api/redeem.ts';
import { Refused, tokenChecks } from '../calendar-api/token.ts';

/**
 * The demonstration payments as a process of its own, with one thing to do: `POST /refunds`. Money moves only after the
 * use was redeemed with the actual parameters, and how it ended is said afterwards.
 */
const dataDir = process.env.DATA_DIR ?? '.data';
const { issuer, resourceServer } = JSON.parse(readFileSync(path.join(dataDir, 'demo.json'), 'utf8'));
const countersign = await connectToCountersign(issuer, resourceServer);
const rules = { issuer, resource: 'https://payments.acme.example', url: '', keys: countersign.keys };
const check = tokenChecks(rules);
let refunds = 0;

const server = createServer((request, response) => {
  const answer = (status: number, body: object) => {
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(`${JSON.stringify(body)}\n`);
  };
  refund(request)
    .then((done) => answer(201, done))
    .catch((error) => {
      if (!(error instanceof Refused)) {
        console.error(error);
        return answer(503, { error: 'temporarily_unavailable' });
      }
      const { status, error: code, description, reason } = error.refusal;
      answer(status, { error: code, error_description: description, reason });
    });

  async function refund(request: IncomingMessage): Promise<object> {
    if (request.method !== 'POST' || request.url !== '/refunds') {
      throw new Refused({ status: 404, description: 'there is nothing at this address' });
    }
    const caller = await check(request, response);
    const parameters = JSON.parse(await textOf(request)) as Record<string, unknown>;
    const use = await countersign.redeem({
      token: caller.token,
      action: 'payments.refund.create',
      parameters,
      idempotency_key: String(request.headers['idempotency-key'] ?? crypto.randomUUID()),
    });
    if (!use.ok) {
      throw new Refused({
        status: use.status,
        error: 'insufficient_scope',
        description: use.detail,
        reason: use.reason,
      });
    }
    refunds += 1;
    const reference = `re_${refunds}`;
    await countersign.close(use.id, { status: 'succeeded', reference, affected: 1 });
    return { id: reference, ...parameters };
  }
});

const BODY_BYTES = 64 * 1024;

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > BODY_BYTES) throw new Refused({ status: 400, description: 'the body is too large' });
  }
  return text || '{}';
}

server.listen(Number(process.env.PORT ?? 4001), 'localhost', () => {
  rules.url = `http://localhost:${(server.address() as AddressInfo).port}`;
  console.log(`Payments API ready at ${rules.url}`);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
    void countersign.end().finally(() => process.exit(0));
  });
}
