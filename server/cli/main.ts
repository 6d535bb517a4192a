import { Command, CommanderError } from 'commander';

import { agentCommands } from './agents.ts';
import { approvalCommands } from './approvals.ts';
import { catalogueCommands } from './catalogue.ts';
import { completionCommand } from './completion.ts';
import { directoryCommands } from './directory.ts';
import { doctorCommand } from './doctor.ts';
import { evidenceCommands } from './evidence.ts';
import { showExamples } from './examples.ts';
import { EXIT, Failure } from './failure.ts';
import { fileCommands } from './files.ts';
import { groupCommands } from './groups.ts';
import { issuerCommands } from './issuers.ts';
import { FORMATS, type Format } from './output.ts';
import { policyCommands } from './policies.ts';
import { promptCommands } from './prompts.ts';
import { reachCommands } from './reach.ts';
import { registrationCommands } from './registrations.ts';
import { registryCommands } from './registry.ts';
import { reviewCommands } from './reviews.ts';
import { signInCommands } from './sign-in.ts';
import { signInProviderCommands } from './sign-in-providers.ts';
import { stopCommands } from './stops.ts';

/** `countersign`: a thin client of the admin API. docs/command-line.md. */
const program = new Command('countersign')
  .description('Administers a Countersign server: agents and who may do what, evidence, and the stop.')
  .option('--issuer <url>', 'the server (ISSUER; else the one that the key of this host is for)')
  .option('--key <file>', 'the key of the operator (else DATA_DIR/cli-key.json)')
  .option(
    '-o, --output <format>',
    FORMATS.join(', '),
    (value: string) => {
      if (!FORMATS.includes(value as Format)) throw new Failure('usage', `--output is one of ${FORMATS.join(', ')}`);
      return value;
    },
    'table',
  )
  .option('--no-input', 'never ask: what would have to be asked is refused')
  .option('-y, --yes', 'answers every question with yes')
  .configureOutput({ writeOut: (text) => process.stdout.write(text), writeErr: (text) => process.stderr.write(text) })
  .showHelpAfterError('(--help shows how it is used)')
  .exitOverride();

signInCommands(program);
directoryCommands(program);
registryCommands(program);
registrationCommands(program);
agentCommands(program);
reviewCommands(program);
approvalCommands(program);
catalogueCommands(program);
issuerCommands(program);
signInProviderCommands(program);
policyCommands(program);
groupCommands(program);
promptCommands(program);
reachCommands(program);
evidenceCommands(program);
stopCommands(program);
fileCommands(program);
doctorCommand(program);
completionCommand(program);
showExamples(program);
for (const command of everyCommand(program)) command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  } else if (error instanceof Failure) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.code;
  } else {
    process.stderr.write(`${(error as Error).stack ?? String(error)}\n`);
    process.exitCode = EXIT.error;
  }
}

function everyCommand(command: Command): Command[] {
  return command.commands.flatMap((one) => [one, ...everyCommand(one)]);
}
