import type { Command } from 'commander';

/** By command: what its help begins with. Of those that are not named here the options say enough. */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  '': [
    'countersign login',
    "countersign agents list --filter 'status:active flag:dormant'",
    'countersign stop agent "Finance Agent" --reason "suspected injection"',
  ],
  agents: [
    "countersign agents list --filter 'level:high' --watch",
    'countersign agents explain "Travel Helper"',
    'countersign agents pause "Travel Helper" --reason "odd requests"',
  ],
  'agents list': [
    "countersign agents list --filter 'status:active flag:ownerless' -o wide",
    'countersign agents list --all -o jsonl > agents.jsonl',
  ],
  'agents create': [
    'countersign agents create "Room Finder" --owner olga@acme.example --deputy ada@acme.example \\',
    '  --purpose "Finds a free room" --actions calendar.events.read --out key.json',
  ],
  'agents review': ['countersign agents review "Travel Helper" --verdict narrow --reason "reads, and never invites"'],
  'agents rotate-key': ['countersign agents rotate-key key.json', 'countersign agents rotate-key key.json --finish'],
  reviews: ['countersign reviews start "Autumn" --filter \'level:high\' --days 30', 'countersign reviews list'],
  tokens: ['countersign tokens create --owner olga@acme.example --deputy ada@acme.example --uses 5'],
  edges: ['countersign edges add "Travel Planner" "Room Scout" --actions calendar.events.read'],
  catalogue: ['countersign catalogue lint rooms.yaml', 'countersign catalogue preview rooms.yaml --language de'],
  policies: [
    'countersign policies try --agent "Finance Agent" --person anna@acme.example \\',
    '  --action payments.refund.create --parameters refund.json',
  ],
  evidence: [
    "countersign evidence list --agent 'Finance Agent' --type token.refused",
    "countersign evidence list --filter 'person:anna@acme.example decision:refused after:2026-11-01'",
    'countersign evidence chain tsk_1',
  ],
  context: ['countersign context list', 'countersign context use https://agents.acme.example'],
  stop: [
    'countersign stop agent "Finance Agent" --reason "suspected prompt injection"',
    'countersign stop owner tom@acme.example --reason "left the company"',
    'countersign stop system https://payments.acme.example --reason "incident 42"',
    'countersign stop all --reason "incident 42"',
    'countersign stop task tsk_1 --reason "not what she meant"',
  ],
  approvals: [
    "countersign approvals list --filter 'is:waiting level:critical'",
    'countersign approvals show apr_1',
    "countersign approvals deny apr_1 apr_2 --reason 'not tonight'",
  ],
  apply: ['countersign diff -f agents/', 'countersign apply -f agents/ --yes'],
  export: ['countersign export > acme.yaml'],
  people: ['countersign people add nora@acme.example --name "Nora Noe" --roles auditor'],
};

/** How a command is used is read sooner than what its options are. */
export function showExamples(command: Command, path: readonly string[] = []): void {
  const examples = EXAMPLES[path.join(' ')];
  if (examples) command.addHelpText('before', `${examples.map((example) => `  ${example}`).join('\n')}\n`);
  for (const one of command.commands) showExamples(one, [...path, one.name()]);
}
