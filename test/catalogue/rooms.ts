/** A system with one action that reads, for tests of who may describe it. */
export const roomsOf = (resource: string, owner: string, key = `rooms${resource.length}.read`) => `
- resource: ${resource}
  name: Rooms
  owner: ${owner}
  actions:
    - key: ${key}
      version: 1
      verb: read
      parameters: { type: object, additionalProperties: false, properties: {} }
      critical: []
      headline: "read the rooms"
      button: Allow reading
      effect: Reads only
      facts:
        what: Read the rooms
        system: "{@system}, {@email}"
        data: All of them
        changes: Nothing. It cannot create, change or send
        impact: It will see what is in there
      reversible: true
      level: { default: low }
      narrowable: []
      durations: { default: once, max: P1D }
      samples: [{}]
`;
