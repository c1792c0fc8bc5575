// Tells how much of what `qunying inspect` finds in messages it still finds in
// their disguises: node kept.mjs QUNYING CLASS messages.txt; see README.md.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [qunying, cls, file] = process.argv.slice(2);
const evade = fileURLToPath(new URL('evade.mjs', import.meta.url));
const ways = ['traditional', 'zero-width', 'separators', 'emoji', 'homophones', 'pinyin', 'initials', 'split', 'fashion'];

// run gives text to a program and returns what it prints.
function run(command, args, input) {
  const out = spawnSync(command, args, { input, encoding: 'utf8', maxBuffer: 1 << 30 });
  if (out.status !== 0) throw new Error(`${command}: ${out.stderr || out.error}`);
  return out.stdout;
}

// found tells for each message whether its score is at least a half.
const found = (text) =>
  run(qunying, ['inspect', '--json'], text)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).scores[cls] >= 0.5);

const count = (list) => list.filter(Boolean).length;
const messages = readFileSync(file, 'utf8');
const before = found(messages);
console.log(`as written: ${count(before)} of ${before.length}`);
for (const way of ways) {
  const after = found(run(process.execPath, [evade, way], messages));
  const kept = count(after.filter((hit, i) => hit && before[i]));
  console.log(`${way}: ${(kept / count(before)).toFixed(3)} of these kept, ${count(after)} found`);
}
