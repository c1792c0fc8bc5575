// Writes messages in disguises; see README.md.
import { createInterface } from 'node:readline';
import cnchar from 'cnchar';
import trad from 'cnchar-trad';
import { pinyin } from 'pinyin-pro';
import hanzi from 'hanzi';

const [way, shareText] = process.argv.slice(2);
const random = randomFrom(20261122);
const pick = (list) => list[Math.floor(random() * list.length)];
const isHan = (c) => /\p{Script=Han}/u.test(c);

// randomFrom is a small generator of numbers from 0 to 1 (mulberry32).
function randomFrom(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const syllable = (c) => pinyin(c, { toneType: 'none', v: true });

// common are the 3,755 characters of the first level of GB 2312, by syllable.
function common() {
  const bySound = new Map();
  const decoder = new TextDecoder('gb2312');
  for (let row = 0xb0; row <= 0xd7; row++) {
    for (let cell = 0xa1; cell <= (row === 0xd7 ? 0xf9 : 0xfe); cell++) {
      const c = decoder.decode(Uint8Array.of(row, cell));
      const s = syllable(c);
      bySound.set(s, [...(bySound.get(s) ?? []), c]);
    }
  }
  return bySound;
}

// spans changes a share of the Han characters, one to three in a row.
function spans(text, share, change) {
  const chars = [...text];
  let out = '';
  for (let i = 0; i < chars.length; ) {
    if (!isHan(chars[i]) || random() >= share / 2) {
      out += chars[i++];
      continue;
    }
    for (let n = 1 + Math.floor(random() * 3); n > 0 && i < chars.length; n--, i++) {
      out += isHan(chars[i]) ? change(chars[i]) : chars[i];
    }
  }
  return out;
}

// gaps puts something between every other two Han characters.
function gaps(text, share, list) {
  const chars = [...text];
  return chars.map((c, i) => (isHan(c) && i + 1 < chars.length && isHan(chars[i + 1]) && random() < share ? c + pick(list) : c)).join('');
}

function ways() {
  const share = Number(shareText ?? ({ 'zero-width': 0.5, separators: 0.5 }[way] ?? 0.3));
  switch (way) {
    case 'traditional':
      cnchar.use(trad);
      return (text) => cnchar.convert.simpleToTrad(text);
    case 'fashion':
      cnchar.use(trad);
      return (text) => spans(text, share, (c) => cnchar.convert.simpleToSpark(c));
    case 'zero-width':
      return (text) => gaps(text, share, ['\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad']);
    case 'separators':
      return (text) => gaps(text, share, [' ', '.', '*', '-', '_', '~', '|', '/', '·', '^', '+', '#']);
    case 'emoji':
      return (text) => gaps(text, share, ['😀', '🔥', '❤️', '🌹', '👍', '🐷', '💰', '🎈']);
    case 'homophones': {
      const bySound = common();
      return (text) => spans(text, share, (c) => pick((bySound.get(syllable(c)) ?? [c]).filter((o) => o !== c)) ?? c);
    }
    case 'pinyin':
      return (text) => spans(text, share, syllable);
    case 'initials':
      return (text) => spans(text, share, (c) => syllable(c)[0]);
    case 'split': {
      const log = console.log;
      console.log = () => {}; // the library tells its progress
      hanzi.start();
      console.log = log;
      return (text) =>
        spans(text, share, (c) => {
          const parts = hanzi.decompose(c, 1)?.components ?? [];
          return parts.length === 2 && parts.every((p) => [...p].length === 1) ? parts.join('') : c;
        });
    }
  }
  console.error('usage: node evade.mjs WAY [SHARE]; README.md lists the ways');
  process.exit(2);
}

const disguise = ways();
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(disguise(line) + '\n');
}
