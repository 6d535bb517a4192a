import { type Frame, Layout, Pair, page } from './layout.tsx';
import { type HistoryEntry, Muted, type MyAgent, Pause, Resume, TaskList, Timeline } from './my-agents.tsx';
import { Foreign, Names, visible } from './text.tsx';

export interface AgentPage {
  frame: Frame;
  csrf: string;
  agent: Omit<MyAgent, 'recent'> & {
    /** "Registered by your organization". */
    registered: string;
    mayHandTo: readonly string[];
  };
  /** Asked, decided, used and what came of it, latest first. */
  timeline: readonly HistoryEntry[];
}

/** U9, one agent: who it is, who answers for it, what it may do, what it did. */
export const agentPage = (props: AgentPage): string => page(<Agent {...props} />);

function Agent({ frame, csrf, agent, timeline }: AgentPage) {
  return (
    <Layout frame={frame} title={visible(agent.name, 80)} current="agents" width="wide">
      <div class="heading">
        <h1>
          <Foreign text={agent.name} limit={80} />
        </h1>
        {agent.paused ? null : <Pause csrf={csrf} action={agent.pauseAction} name={agent.name} />}
      </div>
      <p class="lead">
        <Foreign text={agent.purpose} />
      </p>
      {agent.paused ? <Resume csrf={csrf} agent={agent} /> : <Muted csrf={csrf} agent={agent} />}
      <section class="panel" aria-labelledby="may">
        <h2 id="may">May do now</h2>
        <TaskList csrf={csrf} tasks={agent.tasks} />
        {agent.mayHandTo.length === 0 ? null : (
          <p>
            It may hand parts of its work to <Names names={agent.mayHandTo} />.
          </p>
        )}
        <p class="quiet">
          What you stop ends now, and work in progress may end with it. Data it has already read is not recalled.
        </p>
      </section>
      <section class="panel" aria-labelledby="who">
        <h2 id="who">Who it is</h2>
        <dl class="pairs">
          <Pair label="Owner">
            <Foreign text={agent.owner} limit={80} />
          </Pair>
          <Pair label="Checked">
            <Foreign text={agent.registered} limit={160} />
          </Pair>
          <Pair label="State">{agent.status}</Pair>
          <Pair label="Last used">{agent.lastUsed ?? 'never'}</Pair>
          <Pair label="Identifier">
            <code>{agent.id}</code>
          </Pair>
        </dl>
      </section>
      <section class="panel" aria-labelledby="history">
        <h2 id="history">What happened</h2>
        {timeline.length === 0 ? <p class="quiet">Nothing yet.</p> : <Timeline entries={timeline} />}
      </section>
    </Layout>
  );
}
