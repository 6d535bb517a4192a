import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { askForTask } from './agent/ask-for-task.ts';
import { call, connect, type Identity, register } from './agent/client.ts';

/**
 * An agent that works by itself: it asks a person who is not there, waits for hours if it has to, acts, and reports.
 * `node examples/overnight.ts [seconds it waits]`. Its identity is kept in `DATA_DIR/overnight.json`, its key with it.
 */
const issuer = process.env.ISSUER ?? 'http://localhost:3000';
const calendar = process.env.CALENDAR ?? 'http://localhost:4000';
const dataDir = process.env.DATA_DIR ?? '.data';

const agent = await connect(await identity());
const meeting = { title: 'Quarterly review', start: '2026-11-26T10:00:00Z', guests: ['ben@acme.example'] };

const answer = await askForTask(agent, {
  person: 'person@acme.example',
  resource: 'https://calendar.acme.example',
  authorization_details: [
    { type: 'calendar.invitations.send', locations: ['https://calendar.acme.example'], ...meeting },
  ],
  reference: 'nightly planning',
  waitSeconds: Number(process.argv[2] ?? 3 * 86_400),
  show: () => console.log(`Asked person@acme.example. They find it at ${issuer}/inbox.`),
});

switch (answer.outcome) {
  case 'approved': {
    const { access_token } = answer.token;
    const sent = await call(agent, access_token, 'POST', new URL('/invitations', calendar), meeting);
    // The API has told the server what came of it; the person sees both among their agents.
    console.log(`Approved. The calendar answered ${sent.status}: ${await sent.text()}`);
    if (sent.status !== 201) process.exitCode = 1;
    break;
  }
  case 'denied':
    console.log(`Denied: ${answer.reason}. Nothing was sent.`);
    if (answer.instead) console.log(`It may ask for this instead: ${JSON.stringify(answer.instead)}`);
    break;
  case 'expired':
    console.log('Nobody decided in time. Nothing was sent.');
    break;
  case 'not_asked':
    console.log(`Not asked: ${answer.reason}. Again in ${answer.retryAfterSeconds ?? '?'} seconds.`);
}

async function identity(): Promise<Identity> {
  const file = path.join(dataDir, 'overnight.json');
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const { initialAccessToken } = JSON.parse(readFileSync(path.join(dataDir, 'demo.json'), 'utf8'));
  const fresh = await register(issuer, initialAccessToken, {
    client_name: 'Night Planner',
    agent_purpose: 'Plans meetings overnight',
    agent_mode: 'unattended',
    authorization_details_types: ['calendar.invitations.send'],
  });
  writeFileSync(file, `${JSON.stringify(fresh, undefined, 2)}\n`, { mode: 0o600 });
  return fresh;
}
