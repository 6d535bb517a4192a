import { Csrf, ErrorSummary, page } from '../layout.tsx';
import { Foreign, visible } from '../text.tsx';
import { REVIEWS } from '../words/console-review.ts';
import { useSpeaker } from '../words/context.tsx';
import type { Said } from '../words/words.ts';
import { Table } from './list.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

export interface ReviewsPage {
  frame: AdminFrame;
  csrf: string;
  action: string;
  /** "2 confirmed, 1 narrowed", after some were answered. */
  notice: Said | undefined;
  /** What could not be done, and why. */
  problems: readonly Said[];
  agents: readonly {
    id: string;
    href: string;
    name: string;
    owner: string;
    due: Said;
    overdue: boolean;
    allowed: string;
    unused: readonly string[];
    lastUsed: Said;
  }[];
  more: boolean;
}

/** A9: what is due for review, one answer each and none chosen beforehand. */
export const reviewsPage = (props: ReviewsPage): string => page(<Reviews {...props} />, props.frame);

function Reviews({ frame, csrf, action, notice, problems, agents, more }: ReviewsPage) {
  const { say, number } = useSpeaker();
  return (
    <AdminLayout frame={frame} title={say(REVIEWS.title)} notice={notice} error={problems.length > 0}>
      <div class="heading">
        <h1>
          {say(REVIEWS.title)} <span class="count">{number(agents.length)}</span>
        </h1>
      </div>
      <p class="lead">{say(REVIEWS.lead)}</p>
      {problems.length === 0 ? null : (
        <ErrorSummary>
          <ul>
            {problems.map((problem) => (
              <li>{problem}</li>
            ))}
          </ul>
        </ErrorSummary>
      )}
      {agents.length === 0 ? (
        <p class="quiet empty">{say(REVIEWS.nothingDue)}</p>
      ) : (
        <form class="form" method="post" action={action}>
          <Csrf value={csrf} />
          <Table
            label={say(REVIEWS.table)}
            columns={[
              { label: say(REVIEWS.agent) },
              { label: say(REVIEWS.owner) },
              { label: say(REVIEWS.due) },
              { label: say(REVIEWS.mayAskFor) },
              { label: say(REVIEWS.notUsed) },
              { label: say(REVIEWS.lastUsed) },
              { label: say(REVIEWS.answer) },
            ]}
            rows={agents.map((agent) => ({
              key: agent.id,
              cells: [
                <a class="row-link" href={agent.href}>
                  <Foreign text={agent.name} limit={60} />
                </a>,
                <Foreign text={agent.owner} limit={60} />,
                agent.overdue ? <span class="flags">{agent.due}</span> : agent.due,
                agent.allowed,
                agent.unused.length === 0 ? '–' : agent.unused.join(', '),
                agent.lastUsed,
                <select
                  class="input"
                  name={`verdict ${agent.id}`}
                  aria-label={say(REVIEWS.answerFor, { agent: visible(agent.name, 60) })}
                >
                  <option value="">{say(REVIEWS.notNow)}</option>
                  <option value="confirm">{say(REVIEWS.keep)}</option>
                  {agent.unused.length === 0 ? null : <option value="narrow">{say(REVIEWS.remove)}</option>}
                  <option value="retire">{say(REVIEWS.end)}</option>
                </select>,
              ],
            }))}
          />
          {more ? <p class="quiet">{say(REVIEWS.more)}</p> : null}
          <div class="form-end">
            <button type="submit" class="button primary" data-testid="submit">
              {say(REVIEWS.submit)}
            </button>
          </div>
        </form>
      )}
    </AdminLayout>
  );
}
