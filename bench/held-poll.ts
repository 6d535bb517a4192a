import { setTimeout as sleep } from 'node:timers/promises';

import { form, send } from './load.ts';
import { ask, authentication, CALENDAR, CIBA, decide, type Setting } from './setting.ts';

/**
 * Milliseconds from the click to the token, once per question: the agent holds a poll, the person sends the decision
 * form, the poll is answered with the token. The clock starts when the form is sent, so it includes the decision.
 */
export async function approveToToken(setting: Setting, questions: number): Promise<number[]> {
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
    const held = send(ours, {
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
