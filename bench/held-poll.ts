import { setTimeout as sleep } from 'node:timers/promises';

import { authentication, CIBA } from './client.ts';
import { form, send } from './load.ts';
import type { MeasuredServer } from './server.ts';
import { ask, CALENDAR, decide, type Setting } from './setting.ts';

/**
 * Milliseconds from the click to the token, once per question: the agent holds a poll, the person sends the decision
 * form, the poll is answered with the token. The clock starts when the form is sent, so it includes the decision.
 *
 * @param holder the instance that holds the poll; the person decides at the first
 */
export async function approveToToken(setting: Setting, questions: number, holder: MeasuredServer): Promise<number[]> {
  const { person, agents, servers, approvalOf } = setting;
  const { ours } = servers;
  const agent = agents.asker;
  const spans: number[] = [];
  for (let index = 0; index < questions; index++) {
    const { authReqId, number } = await ask(ours, agent, {
      type: 'calendar.invitations.send',
      locations: [CALENDAR],
      title: `Meeting ${index}`,
      start: '2026-11-26T10:00:00Z',
      guests: ['ben@acme.example'],
    });
    const approval = await approvalOf(authReqId);
    const held = send(holder, {
      path: '/token',
      ...form(
        { ...authentication(agent, ours), grant_type: CIBA, auth_req_id: authReqId },
        { prefer: 'wait=20', DPoP: agent.proof(`${ours.issuer}/token`) },
      ),
    }).then((answer) => ({ ...answer, at: performance.now() }));
    await sleep(25); // the poll is being held by now
    let clicked = 0;
    await decide(person, approval, { duration: 'once', number }, () => {
      clicked = performance.now();
    });
    const { status, body, at } = await held;
    if (status !== 200) throw new Error(`a held poll answered ${status}: ${body}`);
    spans.push(at - clicked);
  }
  return spans;
}
