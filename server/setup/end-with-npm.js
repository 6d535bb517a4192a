// Loaded by `node --import` in the npm scripts: when the npm that started this process is gone, kill -9 included, the
// process ends as by SIGTERM instead of staying behind. Workers that inherit the flag end with their parent likewise.
const parent = process.ppid;
const watch = setInterval(() => {
  if (process.ppid === parent) return;
  clearInterval(watch);
  setTimeout(() => process.exit(1), 10_000).unref();
  process.kill(process.pid, 'SIGTERM');
}, 250);
watch.unref();
