import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** That process and everything below it, as of now. */
export function familyOf(pid: number): Process[] {
  const all = processes();
  const below = (parent: number): Process[] =>
    all.filter((process) => process.parent === parent).flatMap((process) => [process, ...below(process.pid)]);
  return [...all.filter((process) => process.pid === pid), ...below(pid)];
}

/** Every process whose command line holds that text. */
export function mentioning(text: string): Process[] {
  return processes().filter(({ command }) => command.includes(text));
}

/** kill -9, the youngest first; those that have ended already are let be. */
export function killAll(family: readonly Process[]): void {
  for (const { pid } of [...family].reverse()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** Waits until none of them is left; answers those that are. */
export async function remaining(family: readonly Process[], seconds = 5): Promise<Process[]> {
  for (const deadline = Date.now() + seconds * 1000; ; await sleep(50)) {
    const alive = new Set(processes().map(({ pid }) => pid));
    const left = family.filter(({ pid }) => alive.has(pid));
    if (left.length === 0 || Date.now() > deadline) return left;
  }
}

/** Without those that have ended and wait for their parent to take notice. */
function processes(): Process[] {
  if (process.platform === 'linux') return fs.readdirSync('/proc').flatMap(fromProc);
  const { stdout } = spawnSync('ps', ['-Ao', 'pid=,ppid=,stat=,command='], { encoding: 'utf8' });
  return [...stdout.matchAll(/^\s*(\d+)\s+(\d+)\s+([^\sZ]\S*)\s+(.*)$/gm)].map(([, pid, parent, , command = '']) => ({
    pid: Number(pid),
    parent: Number(parent),
    command,
  }));
}

function fromProc(name: string): Process[] {
  if (!/^\d+$/.test(name)) return [];
  try {
    // pid (name) state ppid …, where the name may hold spaces and brackets.
    const stat = fs.readFileSync(`/proc/${name}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const command = fs.readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return state === 'Z' ? [] : [{ pid: Number(name), parent: Number(parent), command }];
  } catch {
    return []; // it ended meanwhile
  }
}
