import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

import { connectToCountersign } from '../calendar-api/redeem.ts';
import { calendarApp } from './server.ts';

/**
 * The demonstration calendar behind Express, as a process of its own: `node examples/calendar-api-express/main.ts`.
 * It authenticates as the resource server of `DATA_DIR/demo.json`.
 */
const dataDir = process.env.DATA_DIR ?? '.data';
const { issuer, resourceServer } = JSON.parse(readFileSync(path.join(dataDir, 'demo.json'), 'utf8'));
const countersign = await connectToCountersign(issuer, resourceServer);

const rules = { issuer, resource: 'https://calendar.acme.example', url: '' };
const server = calendarApp(rules, countersign).listen(Number(process.env.PORT ?? 4000), 'localhost', () => {
  rules.url = `http://localhost:${(server.address() as AddressInfo).port}`;
  console.log(`Calendar API ready at ${rules.url}`);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
    void countersign.end().finally(() => process.exit(0));
  });
}
