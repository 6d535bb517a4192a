import type Router from '@koa/router';

import { recoveriesPage } from '../../views/admin/recoveries.tsx';
import { RECOVERIES } from '../../views/words/console-recovery.ts';
import type { Said } from '../../views/words/words.ts';
import type { AdminOutcome } from './admin.ts';
import type { AdminDependencies, Answer } from './call.ts';
import { type Console, VIEWERS, type Visit } from './console.ts';
import { askRecovery, cancelRecovery, confirmRecovery, recoveryState } from './recoveries.ts';

const PATH = '/admin/recoveries';
/** The latest; older ones are in the evidence. */
const ROWS = 100;

/** Passkeys that somebody lost: asked for by one administrator, confirmed by another, by the same answers as the API's. */
export function adminRecoveryPages(router: Router, console: Console, dependencies: AdminDependencies): void {
  console.get(router, PATH, VIEWERS, (visit) => show(visit, {}));

  console.post(
    router,
    PATH,
    ['admin'],
    async (visit, form) => {
      const ask = (answer: Answer, params: Record<string, string>, body: object = {}) =>
        answer({ caller: visit.caller, params, query: {}, body, text: '' }, dependencies);
      const { say } = visit.speaker;
      const [confirm, cancel] = [form.get('confirm'), form.get('cancel')];
      const person = form.get('person')?.trim() ?? '';
      const reason = form.get('reason')?.trim() ?? '';
      const outcome: AdminOutcome<object> =
        confirm !== undefined
          ? await ask(confirmRecovery, { recovery: confirm })
          : cancel !== undefined
            ? await ask(cancelRecovery, { recovery: cancel })
            : await ask(askRecovery, { person }, { reason });
      if (outcome.ok) {
        const done =
          confirm !== undefined ? RECOVERIES.confirmed : cancel !== undefined ? RECOVERIES.cancelled : RECOVERIES.asked;
        return { document: await show(visit, { notice: say(done) }), status: 200 };
      }
      const { reason: why, status } = outcome;
      const problem = Object.hasOwn(PROBLEMS, why) ? PROBLEMS[why as keyof typeof PROBLEMS] : RECOVERIES.notDone;
      return { document: await show(visit, { problem: say(problem), typed: { person, reason } }), status };
    },
    { fresh: true },
  );

  async function show(
    visit: Visit,
    { notice, problem, typed }: { notice?: Said; problem?: Said; typed?: { person: string; reason: string } },
  ): Promise<string> {
    const { say } = visit.speaker;
    const now = new Date();
    const asked = { words: [], filters: {}, after: undefined, limit: ROWS };
    const { rows } = await dependencies.recoveries.list(visit.organization, asked);
    const mayAct = visit.roles.has('admin');
    return recoveriesPage({
      frame: visit.frame(PATH),
      csrf: visit.csrf,
      action: PATH,
      notice,
      problem,
      typed,
      mayAct,
      recoveries: rows.map((recovery) => {
        const state = recoveryState(recovery, now);
        const waits = state === 'waiting' && mayAct;
        return {
          id: recovery.id,
          person: recovery.email,
          reason: recovery.reason,
          asked: say(RECOVERIES.askedBy, { admin: recovery.asked_by_name, time: visit.at(recovery.asked_at) }),
          state: say(STATES[state]),
          mayConfirm: waits && ![recovery.asked_by, recovery.person].includes(visit.person.id),
          mayCancel: waits,
        };
      }),
    });
  }
}

const STATES = {
  waiting: RECOVERIES.waiting,
  confirmed: RECOVERIES.isConfirmed,
  refused: RECOVERIES.isRefused,
  cancelled: RECOVERIES.isCancelled,
  over: RECOVERIES.isOver,
} as const satisfies Record<ReturnType<typeof recoveryState>, unknown>;

const PROBLEMS = {
  own_passkeys: RECOVERIES.ownPasskeys,
  same_person: RECOVERIES.samePerson,
  not_found: RECOVERIES.nobody,
  invalid_request: RECOVERIES.incomplete,
  over: RECOVERIES.wasOver,
} as const;
