// What the fake camera and microphone take in. The built-in picture is so plain that no encoder needs a megabit for it,
// and the built-in sound is a short beep a second that nobody would call speech. Chromium plays the files in a loop.

import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { scratch } from './scratch.js';

const WIDTH = 1280;
const HEIGHT = 720;
const FRAMES = 15;
/** Steps of brightness that grain adds, up and down: about what a camera shows in a dim room. */
const GRAIN = 12;

const SOUND_HZ = 48_000;
const SOUND_SECS = 2;

/** A person before a wall, with a camera's grain: YUV4MPEG2. */
export function writeCameraFile() {
  const path = join(scratch('camera'), 'camera.y4m');
  const file = openSync(path, 'w');
  writeSync(file, `YUV4MPEG2 W${WIDTH} H${HEIGHT} F30:1 Ip A1:1 C420jpeg\n`);
  const random = lcg(1);
  for (let number = 0; number < FRAMES; number += 1) {
    writeSync(file, 'FRAME\n');
    writeSync(file, frame(number / FRAMES, random));
  }
  closeSync(file);
  return path;
}

/** A steady voice: 150 Hz that swells four times a second, 16-bit WAV. */
export function writeMicrophoneFile() {
  const samples = Buffer.alloc(SOUND_HZ * SOUND_SECS * 2);
  for (let at = 0; at < samples.length / 2; at += 1) {
    const second = at / SOUND_HZ;
    const swell = 0.6 + 0.4 * Math.sin(2 * Math.PI * 4 * second);
    samples.writeInt16LE(Math.round(12_000 * swell * Math.sin(2 * Math.PI * 150 * second)), at * 2);
  }
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20); // PCM
  header.writeUInt16LE(1, 22); // one channel
  header.writeUInt32LE(SOUND_HZ, 24);
  header.writeUInt32LE(SOUND_HZ * 2, 28); // bytes a second
  header.writeUInt16LE(2, 32); // bytes a sample
  header.writeUInt16LE(16, 34); // bits a sample
  header.write('data', 36);
  header.writeUInt32LE(samples.length, 40);
  const path = join(scratch('microphone'), 'microphone.wav');
  writeFileSync(path, Buffer.concat([header, samples]));
  return path;
}

/** A soft wall, and somebody before it who sways once in a loop. */
function frame(phase, random) {
  const quarter = (WIDTH * HEIGHT) / 4;
  const yuv = Buffer.alloc(WIDTH * HEIGHT + 2 * quarter);
  const sway = Math.sin(phase * 2 * Math.PI) * 24;
  for (let y = 0; y < HEIGHT; y += 1) {
    for (let x = 0; x < WIDTH; x += 1) {
      const grain = (random() % (2 * GRAIN)) - GRAIN;
      yuv[y * WIDTH + x] = (isPerson(x - sway, y) ? 96 : 170 + ((x + y) >> 6)) + grain;
    }
  }
  for (let y = 0; y < HEIGHT / 2; y += 1) {
    for (let x = 0; x < WIDTH / 2; x += 1) {
      const at = WIDTH * HEIGHT + (y * WIDTH) / 2 + x;
      const person = isPerson(2 * x - sway, 2 * y);
      yuv[at] = person ? 112 : 132;
      yuv[at + quarter] = person ? 146 : 124;
    }
  }
  return yuv;
}

function isPerson(x, y) {
  const head = ((x - 640) / 110) ** 2 + ((y - 290) / 140) ** 2 < 1;
  const shoulders = ((x - 640) / 300) ** 2 + ((y - 720) / 270) ** 2 < 1;
  return head || shoulders;
}

/** Numbers that are the same in every run (Numerical Recipes' constants). */
function lcg(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 16;
  };
}
