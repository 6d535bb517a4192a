import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { type Answer, claimsOf } from '../support/agent.ts';
import type { DeploymentOptions } from '../support/deployment.ts';
import type { PageAnswer } from '../support/person.ts';
import { ARTEFACTS, CALLERS, MORE } from './artefacts.ts';
import { makeWorld, type World } from './world.ts';

/**
 * Invariant 3: whatever may be used once is used once, however many ask together and at however many processes, and
 * those who were late hear the error that fits.
 */
export function singleUse({
  rounds,
  roundsOfMore,
  deployment,
}: {
  rounds: number;
  roundsOfMore: number;
  deployment: () => Promise<DeploymentOptions>;
}): void {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(await deployment());
  }, 60_000);
  afterAll(() => world?.close());

  test.each([
    ...ARTEFACTS.map((artefact) => ({ ...artefact, rounds })),
    ...MORE.map((artefact) => ({ ...artefact, rounds: roundsOfMore })),
  ])(
    '$name, $rounds rounds',
    async ({ prepare, heard, made, rounds }) => {
      const make = await prepare(world);
      const [one, other] = world.deployment.bases;
      const gains = new Set<string>();
      for (let round = 0; round < rounds; round++) {
        const use = await make(round);
        const before = await count(made);
        const answers = await Promise.all(
          Array.from({ length: CALLERS }, (_, caller) => use(caller % 2 === 0 ? one : other, caller)),
        );
        expect({ round, heard: tally(answers) }).toEqual({ round, heard });
        expect({ round, made: (await count(made)) - before }).toEqual({ round, made: 1 });
        for (const answer of answers) {
          const gain = gainOf(answer);
          if (gain !== undefined) gains.add(gain);
        }
      }
      // Two answers of one round that were both a success, or one gain given twice, would show here.
      if (gains.size > 0) expect(gains.size).toBe(rounds);
    },
    120_000,
  );

  const count = async (what: string): Promise<number> =>
    Number((await world.database.query(`select count(*) from ${what}`)).rows[0].count);
}

/** The answers by what they say. */
function tally(answers: readonly (Answer | PageAnswer)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) {
    const word = 'html' in answer ? wordOfPage(answer) : wordOf(answer);
    counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
}

const wordOf = ({ status, body }: Answer): string => `${status} ${body?.error ?? body?.reason ?? ''}`.trim();

function wordOfPage({ status, url, html }: PageAnswer): string {
  const toClient = new URL(url).searchParams;
  if (toClient.has('code')) return 'code';
  // Decided by another, and by now the whole request may be over.
  if (
    (status === 409 && /Already decided|Decided on another device/.test(html)) ||
    (status === 404 && /Nothing to review/.test(html))
  )
    return 'too late';
  return toClient.get('error') ?? `${status} page`;
}

/** What a success gives away: the token's jti, the code, the client or the redemption. */
function gainOf(answer: Answer | PageAnswer): string | undefined {
  if ('html' in answer) return new URL(answer.url).searchParams.get('code') ?? undefined;
  const { access_token, client_id, redemption_id } = answer.body ?? {};
  return access_token ? claimsOf(access_token).jti : (client_id ?? redemption_id);
}
