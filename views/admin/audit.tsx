import { page } from '../layout.tsx';
import { Foreign, Told, visible } from '../text.tsx';
import { AUDIT, STORY } from '../words/console-audit.ts';
import { useSpeaker } from '../words/context.tsx';
import type { Said } from '../words/words.ts';
import { LevelMark } from './agents.tsx';
import { Facts, Section } from './detail.tsx';
import { type AdminList, AdminListing, Pill, Table, type Tone } from './list.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

/** A clock time, and the exact one for whoever asks. */
export interface Moment {
  said: Said;
  exact: string;
}

export interface AuditPage {
  frame: AdminFrame;
  list: Omit<AdminList, 'label' | 'columns' | 'rows'>;
  events: readonly AuditRow[];
}

export interface AuditRow {
  id: string;
  at: Moment;
  /** Whoever did it, and through whom: a person, then agents, the acting one last. */
  who: readonly { name: string; id: string }[];
  what: Said;
  /** What the person read, of the task or the question behind it. */
  about: string | undefined;
  /** Its key, where the event names one. */
  action: string | undefined;
  system: string | undefined;
  decision: 'allowed' | 'refused' | 'reported';
  outcome: string;
  /** The story of its task, or what belongs to its question. */
  story: string | undefined;
}

/** What an event was, by its colour: a refusal is seen from afar. */
const TONES: Readonly<Record<AuditRow['decision'], Tone>> = { allowed: 'good', refused: 'bad', reported: 'over' };

/** A7: what happened in the organization. */
export const auditPage = (props: AuditPage): string => page(<Audit {...props} />, props.frame);

function Audit({ frame, list, events }: AuditPage) {
  const { say, markup } = useSpeaker();
  const columns = [
    { label: say(AUDIT.when) },
    { label: say(AUDIT.who) },
    { label: say(AUDIT.what) },
    { label: say(AUDIT.system) },
    { label: say(AUDIT.result) },
    {},
  ];
  const rows = events.map((event) => ({
    key: event.id,
    cells: [
      <When {...event.at} />,
      <Chain who={event.who} />,
      <div>
        <What {...event} />
        {event.about === undefined ? null : (
          <div class="quiet" dir="auto">
            <Told text={event.about} limit={160} />
          </div>
        )}
      </div>,
      event.system === undefined ? '–' : <Foreign text={event.system} limit={60} />,
      <div>
        <Pill tone={TONES[event.decision]}>{say(AUDIT[event.decision])}</Pill>
        {event.outcome === '' ? null : <span class="quiet"> {visible(event.outcome, 160)}</span>}
      </div>,
      event.story === undefined ? (
        ''
      ) : (
        <a class="row-link" href={event.story}>
          {say(AUDIT.story)}
          <span class="unseen"> {markup(AUDIT.storyOf, { what: visible(event.about ?? event.what, 80) })}</span>
        </a>
      ),
    ],
  }));
  return (
    <AdminLayout frame={frame} title={say(AUDIT.title)}>
      <h1>{say(AUDIT.title)}</h1>
      <p class="lead">{say(AUDIT.lead)}</p>
      <AdminListing {...list} label={say(AUDIT.title)} columns={columns} rows={rows} />
    </AdminLayout>
  );
}

const When = ({ said, exact }: Moment) => (
  <time datetime={exact} title={exact}>
    {said}
  </time>
);

const What = ({ what, action }: Pick<AuditRow, 'what' | 'action'>) => (
  <>
    <Told text={what} limit={160} />
    {action === undefined ? null : (
      <>
        {' '}
        <code>{visible(action, 80)}</code>
      </>
    )}
  </>
);

/** Names with their ids for whoever points at them. */
function Chain({ who }: { who: AuditRow['who'] }) {
  const { say } = useSpeaker();
  return (
    <span class="chain">
      {who.map(({ name, id }, index) => (
        <>
          {index === 0 ? null : (
            <>
              <span aria-hidden="true"> → </span>
              <span class="unseen">{` ${say(AUDIT.through)} `}</span>
            </>
          )}
          <span title={visible(id)}>
            <Foreign text={name} limit={60} />
          </span>
        </>
      ))}
    </span>
  );
}

export interface StoryPage {
  frame: AdminFrame;
  /** "Meeting Helper for Anna Berg". */
  title: Said;
  sentence: string;
  level: 'low' | 'medium' | 'high' | 'critical';
  state: { tone: Tone; said: Said };
  /** The seven parts, in their order. */
  parts: readonly StoryPart[];
  /** What was refused or stopped on the way. */
  beside: readonly AuditRow[];
  hashes: readonly (readonly [label: Said, value: string])[];
  events: readonly AuditRow[];
  download: string;
}

export interface StoryPart {
  name: Said;
  lines: readonly { at?: Moment | undefined; what: string; quiet?: readonly string[]; code?: string | undefined }[];
  /** What is missing: a gap is said, and not left out. */
  gap?: Said | undefined;
  link?: { href: string; text: Said } | undefined;
}

/** A7: the story of one task, every link of it. */
export const storyPage = (props: StoryPage): string => page(<StoryOf {...props} />, props.frame);

function StoryOf({ frame, title, sentence, level, state, parts, beside, hashes, events, download }: StoryPage) {
  const { say } = useSpeaker();
  return (
    <AdminLayout frame={frame} title={title} above={[{ href: '/admin/audit', label: say(STORY.back) }]}>
      <div class="heading">
        <div class="title">
          <h1>{title}</h1>
          <Pill tone={state.tone}>{state.said}</Pill>
        </div>
      </div>
      <p class="lead" dir="auto">
        <Told text={sentence} limit={400} />
      </p>
      <p>
        <LevelMark level={level} />
      </p>
      <Section title={say(STORY.seven)}>
        <ol class="story" data-testid="story">
          {parts.map(({ name, lines, gap, link }) => (
            <li>
              <h3>{name}</h3>
              <div>
                {lines.map(({ at, what, quiet = [], code }) => (
                  <p>
                    {at === undefined ? null : (
                      <>
                        <When {...at} />{' '}
                      </>
                    )}
                    <Told text={what} limit={300} />
                    {quiet.map((one) => (
                      <span class="quiet">
                        {' · '}
                        <Told text={one} limit={160} />
                      </span>
                    ))}
                    {code === undefined ? null : (
                      <>
                        {' '}
                        <code>{visible(code)}</code>
                      </>
                    )}
                  </p>
                ))}
                {gap === undefined ? null : <p class="quiet gap">{gap}</p>}
                {link === undefined ? null : (
                  <p>
                    <a class="small-link" href={link.href}>
                      {link.text}
                    </a>
                  </p>
                )}
              </div>
            </li>
          ))}
        </ol>
      </Section>
      {beside.length === 0 ? null : (
        <Section title={say(STORY.beside)}>
          <Events label={say(STORY.beside)} events={beside} />
        </Section>
      )}
      <Section title={say(STORY.hashes)}>
        <Facts facts={hashes.map(([label, value]) => [label, <code class="whole">{value}</code>] as const)} />
      </Section>
      <details class="part">
        <summary>{say(STORY.everyEvent, { count: events.length })}</summary>
        <Events label={say(STORY.everyEvent, { count: events.length })} events={events} />
      </details>
      <div class="take">
        <a class="small-link" href={download} download>
          {say(STORY.download)}
        </a>
      </div>
    </AdminLayout>
  );
}

function Events({ label, events }: { label: string; events: readonly AuditRow[] }) {
  const { say } = useSpeaker();
  return (
    <Table
      label={label}
      columns={[
        { label: say(AUDIT.when) },
        { label: say(AUDIT.who) },
        { label: say(AUDIT.what) },
        { label: say(AUDIT.system) },
        { label: say(AUDIT.result) },
      ]}
      rows={events.map((event) => ({
        key: event.id,
        cells: [
          <When {...event.at} />,
          <Chain who={event.who} />,
          <div>
            <What {...event} />
          </div>,
          event.system === undefined ? '–' : <Foreign text={event.system} limit={60} />,
          <div>
            <Pill tone={TONES[event.decision]}>{say(AUDIT[event.decision])}</Pill>
            {event.outcome === '' ? null : <span class="quiet"> {visible(event.outcome, 160)}</span>}
          </div>,
        ],
      }))}
    />
  );
}
