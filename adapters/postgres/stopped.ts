/** Of an approval `a`: a stop overtook it while it waited. */
export const STOPPED = `
  exists (select from stop_epochs s
          where s.organization = a.organization and (s.at >= a.asked_at or s.held_by <> '{}')
            and s.key = any(array['organization:' || a.organization, 'agent:' || a.agent, 'person:' || a.person,
                                  'pair:' || a.agent || '|' || a.person, 'client:' || a.client_id]
                            || array(select 'resource:' || (x ->> 'resource') from jsonb_array_elements(a.actions) x)))`;
