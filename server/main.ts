import { setFlagsFromString } from 'node:v8';

import { ConfigurationError, readConfig, StartupError } from './config.ts';
import { type Running, start } from './start.ts';

// A poll that was held is old when it becomes garbage, and V8 lets garbage of that age double the heap and more before it
// looks (bench/README.md, "Many who wait"). Half of the memory, for a twentieth of a millisecond of processor per poll.
setFlagsFromString('--heap-growing-percent=60');

/** Exit codes: 0 stopped as asked, 1 a fault, 2 a setting or the machine has to be changed. */
try {
  const running = await start(readConfig(process.env));
  welcome(running);
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      running.close().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
} catch (error) {
  if (error instanceof ConfigurationError || error instanceof StartupError) {
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
  process.stderr.write(`${(error as Error).stack ?? String(error)}\n`);
  process.exit(1);
}

function welcome({ issuer, demo, managementPort }: Running): void {
  const lines = ['', `  Countersign is ready at ${issuer}`, ''];
  if (demo) {
    lines.push(
      '  Sign in as       person@acme.example (or owner@, approver@, admin@acme.example)',
      `  with password    ${demo.password}`,
      '  Watch a story    npm run demo   (in another terminal; -- --interactive to approve yourself)',
      '',
    );
  } else {
    lines.push('  First run?       npm run cli -- bootstrap   prints a link that makes the first administrator', '');
  }
  lines.push(`  Health, metrics  http://127.0.0.1:${managementPort}/health/ready`, '  Stop             Ctrl-C', '');
  process.stdout.write(`${lines.join('\n')}\n`);
}
