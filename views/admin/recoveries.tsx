import { Field } from '../form.tsx';
import { Csrf, ErrorSummary, page } from '../layout.tsx';
import { Foreign, visible } from '../text.tsx';
import { RECOVERIES } from '../words/console-recovery.ts';
import { useSpeaker } from '../words/context.tsx';
import type { Said } from '../words/words.ts';
import { Table } from './list.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

export interface RecoveriesPage {
  frame: AdminFrame;
  csrf: string;
  action: string;
  notice: Said | undefined;
  problem: Said | undefined;
  typed: { person: string; reason: string } | undefined;
  /** Whoever only looks gets no forms. */
  mayAct: boolean;
  recoveries: readonly {
    id: string;
    person: string;
    reason: string;
    asked: Said;
    state: Said;
    mayConfirm: boolean;
    mayCancel: boolean;
  }[];
}

/** Two administrators for somebody who lost every passkey. */
export const recoveriesPage = (props: RecoveriesPage): string => page(<Recoveries {...props} />, props.frame);

function Recoveries({ frame, csrf, action, notice, problem, typed, mayAct, recoveries }: RecoveriesPage) {
  const { say } = useSpeaker();
  return (
    <AdminLayout frame={frame} title={say(RECOVERIES.title)} notice={notice} error={problem !== undefined}>
      <div class="heading">
        <h1>{say(RECOVERIES.title)}</h1>
      </div>
      <p class="lead">{say(RECOVERIES.lead)}</p>
      {problem === undefined ? null : (
        <ErrorSummary>
          <p>{problem}</p>
        </ErrorSummary>
      )}
      {recoveries.length === 0 ? (
        <p class="quiet empty">{say(RECOVERIES.none)}</p>
      ) : (
        <Table
          label={say(RECOVERIES.table)}
          columns={[
            { label: say(RECOVERIES.person) },
            { label: say(RECOVERIES.why) },
            { label: say(RECOVERIES.when) },
            { label: say(RECOVERIES.state) },
            { label: say(RECOVERIES.answer) },
          ]}
          rows={recoveries.map((recovery) => ({
            key: recovery.id,
            cells: [
              <Foreign text={recovery.person} limit={80} />,
              <Foreign text={recovery.reason} limit={200} />,
              recovery.asked,
              recovery.state,
              recovery.mayCancel ? (
                <form method="post" action={action}>
                  <Csrf value={csrf} />
                  {recovery.mayConfirm ? (
                    <button
                      type="submit"
                      name="confirm"
                      value={recovery.id}
                      class="button small danger"
                      aria-label={say(RECOVERIES.confirmFor, { person: visible(recovery.person, 80) })}
                    >
                      {say(RECOVERIES.confirm)}
                    </button>
                  ) : null}{' '}
                  <button
                    type="submit"
                    name="cancel"
                    value={recovery.id}
                    class="button small"
                    aria-label={say(RECOVERIES.cancelFor, { person: visible(recovery.person, 80) })}
                  >
                    {say(RECOVERIES.cancel)}
                  </button>
                </form>
              ) : (
                '–'
              ),
            ],
          }))}
        />
      )}
      {mayAct ? (
        <section class="panel" aria-labelledby="ask">
          <h2 id="ask">{say(RECOVERIES.ask)}</h2>
          <form class="form" method="post" action={action}>
            <Csrf value={csrf} />
            <Field
              name="person"
              label={say(RECOVERIES.email)}
              type="email"
              autocomplete="off"
              verbatim
              value={typed?.person}
            />
            <Field
              name="reason"
              label={say(RECOVERIES.why)}
              hint={say(RECOVERIES.whyHint)}
              autocomplete="off"
              maxLength={200}
              value={typed?.reason}
            />
            <button type="submit" class="button danger" data-testid="submit">
              {say(RECOVERIES.ask)}
            </button>
          </form>
        </section>
      ) : null}
    </AdminLayout>
  );
}
