/** The demonstration's data: everybody has the same week, in memory, until the process ends. */
export interface Event {
  id: string;
  calendar: string;
  title: string;
  start: string;
  attendees: string[];
}

export interface Calendar {
  /** Both days included. Without them, everything. */
  between(from?: string, to?: string, calendar?: string): Event[];
  find(id: string): Event | undefined;
  add(event: Omit<Event, 'id' | 'calendar'>): Event;
}

const WEEK: readonly Event[] = [
  { id: 'evt_1', calendar: 'Work', title: 'Stand-up', start: '2026-11-24T09:00:00Z', attendees: ['ben@acme.example'] },
  {
    id: 'evt_2',
    calendar: 'Work',
    title: 'Design review',
    start: '2026-11-25T13:00:00Z',
    attendees: ['olga@acme.example'],
  },
  { id: 'evt_3', calendar: 'Private', title: 'Dentist', start: '2026-11-26T15:30:00Z', attendees: [] },
  {
    id: 'evt_4',
    calendar: 'Work',
    title: 'Lunch with Olga',
    start: '2026-11-27T11:00:00Z',
    attendees: ['olga@acme.example'],
  },
  {
    id: 'evt_5',
    calendar: 'Work',
    title: 'Release',
    start: '2026-11-28T08:00:00Z',
    attendees: ['ben@acme.example', 'olga@acme.example'],
  },
  { id: 'evt_6', calendar: 'Work', title: 'Planning', start: '2026-12-01T09:00:00Z', attendees: ['ben@acme.example'] },
];

/** One calendar per person. */
export function calendars(): (person: string) => Calendar {
  const all = new Map<string, Event[]>();
  return (person) => {
    const events = all.get(person) ?? structuredClone([...WEEK]);
    all.set(person, events);
    return {
      between: (from = '', to = '9999', calendar) =>
        events.filter(
          ({ start, calendar: its }) =>
            start.slice(0, 10) >= from && start.slice(0, 10) <= to && (calendar === undefined || its === calendar),
        ),
      find: (id) => events.find((event) => event.id === id),
      add(event) {
        const added = { id: `evt_${events.length + 1}`, calendar: 'Work', ...event };
        events.push(added);
        return added;
      },
    };
  };
}
