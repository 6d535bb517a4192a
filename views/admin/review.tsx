import { Csrf, page } from '../layout.tsx';
import { Foreign, visible } from '../text.tsx';
import { Table } from './list.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

export interface ReviewsPage {
  frame: AdminFrame;
  csrf: string;
  action: string;
  /** "2 confirmed, 1 narrowed", after some were answered. */
  notice: string | undefined;
  /** What could not be done, and why. */
  problems: readonly string[];
  agents: readonly {
    id: string;
    href: string;
    name: string;
    owner: string;
    due: string;
    overdue: boolean;
    allowed: string;
    unused: readonly string[];
    lastUsed: string;
  }[];
  more: boolean;
}

/** A9: what is due for review, one answer each and none chosen beforehand. */
export const reviewsPage = (props: ReviewsPage): string => page(<Reviews {...props} />, props.frame);

function Reviews({ frame, csrf, action, notice, problems, agents, more }: ReviewsPage) {
  return (
    <AdminLayout frame={frame} title="Reviews" notice={notice} error={problems.length > 0}>
      <div class="heading">
        <h1>
          Reviews <span class="count">{agents.length}</span>
        </h1>
      </div>
      <p class="lead">
        Due within 14 days, or overdue. Keep what is needed, take away what was not used for 90 days, or end it. What is
        overdue is suspended.
      </p>
      {problems.length === 0 ? null : (
        <ul class="error-summary" role="alert">
          {problems.map((problem) => (
            <li>{problem}</li>
          ))}
        </ul>
      )}
      {agents.length === 0 ? (
        <p class="quiet empty">Nothing is due.</p>
      ) : (
        <form class="form" method="post" action={action}>
          <Csrf value={csrf} />
          <Table
            label="Agents to review"
            columns={[
              { label: 'Agent' },
              { label: 'Owner' },
              { label: 'Due' },
              { label: 'May ask for' },
              { label: 'Not used for 90 days' },
              { label: 'Last used' },
              { label: 'Answer' },
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
                <select class="input" name={`verdict ${agent.id}`} aria-label={`Answer for ${visible(agent.name, 60)}`}>
                  <option value="">not now</option>
                  <option value="confirm">keep</option>
                  {agent.unused.length === 0 ? null : <option value="narrow">remove what was not used</option>}
                  <option value="retire">end it</option>
                </select>,
              ],
            }))}
          />
          {more ? <p class="quiet">More are due: these come first.</p> : null}
          <div class="form-end">
            <button type="submit" class="button primary" data-testid="submit">
              Answer these
            </button>
          </div>
        </form>
      )}
    </AdminLayout>
  );
}
