/** What an approval `a` hangs on, as `stopKeys` spells it. */
const KEYS = `
  array['organization:' || a.organization, 'agent:' || a.agent, 'person:' || a.person,
        'pair:' || a.agent || '|' || a.person, 'client:' || a.client_id, 'approval:' || a.id]
  || array(select 'resource:' || (x ->> 'resource') from jsonb_array_elements(a.actions) x)`;

/** Of an approval `a`: a stop overtook it while it waited. */
export const STOPPED = `
  exists (select from stop_epochs s
          where s.organization = a.organization and (s.at >= a.asked_at or s.held_by <> '{}') and s.key = any(${KEYS}))`;

/** Of an approval `a`: what overtook it is a security stop that stands. */
export const STOPPED_BY_SECURITY = `
  exists (select from stop_epochs s join stops t on t.organization = s.organization and t.id = any(s.held_by)
          where s.organization = a.organization and s.key = any(${KEYS}) and t.security)`;
